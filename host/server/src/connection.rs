//! One connection: HTTP/1.1 or HTTP/2 with the timeouts of the settings.

use crate::settings::{MAX_HEADER_BYTES, Settings};
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use tokio::io::{AsyncRead, AsyncWrite};

/// Maximum number of headers.
const MAX_HEADERS: usize = 100;

/// Returns the builder of connections. Without a timer, hyper's timeout of headers has no effect.
pub(crate) fn builder(settings: &Settings) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_timeout)
        .max_headers(MAX_HEADERS)
        .keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(settings.idle_timeout))
        .keep_alive_timeout(settings.header_timeout);
    builder
}

/// Serves a connection until it ends. `close` completes when it shall accept no further request.
pub(crate) async fn serve<S>(
    builder: &Builder<TokioExecutor>,
    stream: S,
    router: Router,
    close: impl Future<Output = ()>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = close => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(target: "flowhost::http", %error, "a connection ended with an error");
    }
}
