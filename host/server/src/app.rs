//! The state that all requests share.

use crate::access::Keyring;
use crate::drain::Drain;
use crate::health::Readiness;
use crate::layers::Rates;
use crate::settings::Settings;
use crate::tenant_requests::TenantRequests;
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
    /// Requests in progress of each tenant.
    pub(crate) tenants: Arc<TenantRequests>,
    /// Permits for parsing long texts.
    pub(crate) preparations: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(host: Arc<Host>, settings: Settings, keyring: Keyring, drain: Drain) -> Self {
        Self {
            readiness: Readiness::new(Arc::clone(host.store())),
            rates: Rates::new(settings.rate_limit),
            requests: Arc::new(Semaphore::new(settings.max_requests)),
            preparations: Arc::new(Semaphore::new(MAX_LONG_PREPARATIONS)),
            tenants: TenantRequests::new(settings.max_requests),
            host,
            settings,
            keyring,
            drain,
        }
    }
}
