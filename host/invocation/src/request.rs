//! The request of an invocation.

use super::node::PreparedNode;
use super::outcome::Failure;
use flowhost_error::ErrorCode;
use flowhost_host_functions::Session;
use std::sync::Arc;

/// Longest idempotency key, bytes.
const MAX_KEY_BYTES: usize = 256;

/// A request: the node to invoke, the session, and the idempotency key.
#[derive(Debug, Clone)]
pub struct Request {
    /// The prepared node.
    pub node: PreparedNode,
    /// The session. It alone determines whose data the action sees.
    pub session: Arc<Session>,
    /// The idempotency key, 1 to 256 bytes without NUL, scoped to the tenant. A repeated request with the same key has
    /// no further effect and returns the same outcome. A key needs a session with its own id, see
    /// [`Session::has_own_id`].
    pub key: Option<String>,
    /// The trace that the run fills, for tests of actions.
    #[cfg(feature = "testing")]
    pub trace: Option<Arc<flowhost_host_functions::RunTrace>>,
}

impl Request {
    /// Creates a request without a key.
    pub fn new(node: PreparedNode, session: impl Into<Arc<Session>>) -> Self {
        Self {
            node,
            session: session.into(),
            key: None,
            #[cfg(feature = "testing")]
            trace: None,
        }
    }

    /// Sets the trace that the run fills.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_trace(mut self, trace: Arc<flowhost_host_functions::RunTrace>) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Sets the idempotency key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Checks the key: its format, and whether the session has its own id, without which the request can't be repeated.
    pub(super) fn check_key(&self) -> Result<(), Failure> {
        let Some(key) = &self.key else { return Ok(()) };
        let problem = if key.is_empty() || key.len() > MAX_KEY_BYTES {
            format!("a key must have 1 to {MAX_KEY_BYTES} bytes")
        } else if key.contains('\0') {
            "a key must not contain NUL (U+0000); remove it".to_owned()
        } else if !self.session.has_own_id() {
            "a request with a key needs the session's `id`: a generated one differs each time, so that the key never \
             answers the same request again; give the session an `id`, or leave the key out"
                .to_owned()
        } else {
            return Ok(());
        };
        Err(Failure::new(ErrorCode::RequestInvalid, problem))
    }
}
