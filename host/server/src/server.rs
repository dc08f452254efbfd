//! The service: opens its listeners, serves, and drains.

use crate::access::Keyring;
use crate::app::App;
use crate::drain::Drain;
use crate::listener::Acceptor;
use crate::router::router;
use crate::settings::Settings;
use crate::tls::Tls;
use flowhost::Host;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The reason why the service can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// An address can't be used.
    #[error("can't listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The certificate can't be used.
    #[error("{0}")]
    Tls(String),
}

/// A service with open listeners.
pub struct Server {
    app: Arc<App>,
    listeners: Vec<TcpListener>,
    tls: Option<Arc<Tls>>,
}

impl Server {
    /// Opens the listeners. Clients can connect from then on; [`Server::run`] answers them.
    ///
    /// # Errors
    /// An address or the certificate can't be used.
    pub async fn bind(host: Arc<Host>, settings: Settings) -> Result<Self, ServeError> {
        let tls = settings.tls.clone().map(Tls::new).transpose()?.map(Arc::new);
        let mut listeners = Vec::with_capacity(settings.listen.len());
        for address in &settings.listen {
            let listener = TcpListener::bind(address).await;
            listeners.push(listener.map_err(|error| ServeError::Listen(*address, error))?);
        }
        let keyring = Keyring::new(Arc::clone(host.store()));
        let app = Arc::new(App::new(host, settings, keyring, Drain::default()));
        Ok(Self { app, listeners, tls })
    }

    /// Returns the addresses as URLs, for example `http://127.0.0.1:8080`.
    pub fn urls(&self) -> Vec<String> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let addresses = self.listeners.iter().filter_map(|listener| listener.local_addr().ok());
        addresses.map(|address| format!("{scheme}://{address}")).collect()
    }

    /// Returns the handle that starts the drain.
    pub fn drain(&self) -> Drain {
        self.app.drain.clone()
    }

    /// Reads the certificate again when the returned function is called.
    pub fn reload_tls(&self) -> impl Fn() + Send + Sync + 'static {
        let tls = self.tls.clone();
        move || tls.iter().for_each(|tls| tls.reload())
    }

    /// Serves until the drain has ended.
    pub async fn run(self) {
        let Self { app, listeners, tls } = self;
        let acceptor = Acceptor {
            router: router(&app),
            connections: Arc::new(Semaphore::new(app.settings.max_connections)),
            app: Arc::clone(&app),
            tls,
        };
        let refreshing = {
            let app = Arc::clone(&app);
            tokio::spawn(async move { app.keyring.refresh().await })
        };
        let mut tasks = JoinSet::new();
        for listener in listeners {
            tasks.spawn(acceptor.clone().run(listener));
        }
        app.drain.started().await;
        tokio::time::sleep(app.settings.drain_delay).await;
        app.drain.close();
        let ended = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(app.settings.drain_timeout, ended).await.is_err() {
            app.drain.cancel();
            while tasks.join_next().await.is_some() {}
        }
        refreshing.abort();
    }
}
