//! An invocation as a caller asks for it.

use super::node::Node;
use crate::capability::Session;
use std::sync::Arc;

/// What to invoke, for whom, and under which key.
#[derive(Debug, Clone)]
pub struct Request {
    /// The prepared node.
    pub node: Node,
    /// The session. Nothing but this says whose things the action sees.
    pub session: Arc<Session>,
    /// The idempotency key, 1 to 256 bytes, scoped to the tenant: the same key again answers the same and does nothing.
    pub key: Option<String>,
}

impl Request {
    /// A request without a key.
    pub fn new(node: Node, session: impl Into<Arc<Session>>) -> Self {
        Self { node, session: session.into(), key: None }
    }

    /// Under this key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}
