//! The state that all requests share.

use crate::access::Keyring;
use crate::drain::Drain;
use crate::health::Readiness;
use crate::layers::Rates;
use crate::settings::Settings;
use flowhost::Host;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Maximum number of long texts that are parsed at the same time.
const MAX_LONG_PREPARATIONS: usize = 2;

/// The state that all requests share.
pub(crate) struct App {
    pub(crate) host: Arc<Host>,
    pub(crate) settings: Settings,
    pub(crate) keyring: Keyring,
    pub(crate) rates: Rates,
    pub(crate) readiness: Readiness,
    pub(crate) drain: Drain,
    /// Permits of requests in progress.
    pub(crate) requests: Arc<Semaphore>,
    /// Permits for parsing long texts.
    pub(crate) preparations: Semaphore,
}

impl App {
    pub(crate) fn new(host: Arc<Host>, settings: Settings, keyring: Keyring, drain: Drain) -> Self {
        Self {
            readiness: Readiness::new(Arc::clone(host.store())),
            rates: Rates::new(settings.rate_limit),
            requests: Arc::new(Semaphore::new(settings.max_requests)),
            preparations: Semaphore::new(MAX_LONG_PREPARATIONS),
            host,
            settings,
            keyring,
            drain,
        }
    }
}
