//! Accepts connections up to a limit, and serves each on its own task.

use crate::app::App;
use crate::connection;
use crate::tls::Tls;
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Pause after a failed accept, for example because the process has no free file descriptor.
const PAUSE: Duration = Duration::from_millis(50);

/// The parts that the connections of a listener share.
#[derive(Clone)]
pub(crate) struct Acceptor {
    pub(crate) app: Arc<App>,
    pub(crate) router: Router,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) connections: Arc<Semaphore>,
}

impl Acceptor {
    /// Accepts connections until the drain closes, and waits until all of them have ended.
    pub(crate) async fn run(self, listener: TcpListener) {
        let mut tasks = JoinSet::new();
        loop {
            let accepted = async {
                // A further connection is not accepted. The semaphore is never closed.
                let permit = Arc::clone(&self.connections).acquire_owned().await;
                (listener.accept().await, permit)
            };
            let (accepted, permit) = tokio::select! {
                accepted = accepted => accepted,
                () = self.app.drain.closing() => break,
                Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            };
            match accepted {
                Ok((stream, _)) => {
                    let this = self.clone();
                    tasks.spawn(async move {
                        this.serve(stream).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(target: "flowhost::http", %error, "a connection was not accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(listener);
        while tasks.join_next().await.is_some() {}
    }

    async fn serve(&self, stream: TcpStream) {
        // Responses are written at once, also small ones.
        stream.set_nodelay(true).ok();
        let settings = &self.app.settings;
        let builder = connection::builder(settings);
        let drain = self.app.drain.clone();
        let close = async move { drain.closing().await };
        let served = async {
            match &self.tls {
                None => {
                    // hyper has no timeout until it has recognised the version of the protocol.
                    if let Ok(Ok(1)) = tokio::time::timeout(settings.header_timeout, stream.peek(&mut [0])).await {
                        connection::serve(&builder, stream, self.router.clone(), close).await;
                    }
                }
                Some(tls) => {
                    let handshake = tls.acceptor().accept(stream);
                    if let Ok(Ok(stream)) = tokio::time::timeout(settings.header_timeout, handshake).await {
                        connection::serve(&builder, stream, self.router.clone(), close).await;
                    }
                }
            }
        };
        tokio::select! {
            () = served => {}
            () = self.app.drain.cancelled() => {}
        }
    }
}
