//! The settings of the service, with their defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of a [`Server`](crate::Server).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The addresses that serve all routes. Port 0: the system chooses one.
    pub listen: Vec<SocketAddr>,
    /// An address that serves `/metrics`, `/healthz` and `/readyz` without a key.
    pub metrics_listen: Option<SocketAddr>,
    /// The certificate and its private key. `None`: no TLS.
    pub tls: Option<TlsFiles>,
    /// Maximum number of connections. A further one is not accepted.
    pub max_connections: usize,
    /// Maximum number of requests at once. A further one is `overloaded`. One tenant may have at most half of them.
    pub max_requests: usize,
    /// Maximum size of a body, bytes.
    pub max_body: usize,
    /// Maximum time for a TLS handshake and for the header of a request.
    pub header_timeout: Duration,
    /// Maximum time without a byte of the body.
    pub body_timeout: Duration,
    /// Maximum time without a request on a connection.
    pub idle_timeout: Duration,
    /// Maximum time of a request from the end of its header. In a stream: of each line.
    pub request_timeout: Duration,
    /// Requests per second of one key. 0: no limit.
    pub rate_limit: u32,
    /// Time between the start of a drain and the end of new connections.
    pub drain_delay: Duration,
    /// Maximum time of the requests in progress after that.
    pub drain_timeout: Duration,
}

/// The files of a certificate, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and its chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Maximum size of a flow or of an apply file, bytes.
pub(crate) const MAX_FLOW_BYTES: usize = 16 << 20;

/// Maximum size of one line of a stream, bytes.
pub(crate) const MAX_LINE_BYTES: usize = 4 << 20;

/// Maximum size of a request's target, bytes.
pub(crate) const MAX_TARGET_BYTES: usize = 8 << 10;

/// Maximum size of all headers, bytes.
pub(crate) const MAX_HEADER_BYTES: usize = 16 << 10;

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8080))],
            metrics_listen: None,
            tls: None,
            max_connections: 10_240,
            max_requests: 8_192,
            max_body: 8 << 20,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            request_timeout: Duration::from_secs(30),
            rate_limit: 0,
            drain_delay: Duration::ZERO,
            drain_timeout: Duration::from_secs(30),
        }
    }
}
