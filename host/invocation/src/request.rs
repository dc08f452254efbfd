//! The request of an invocation.

use super::capture::CaptureMode;
use super::node::PreparedNode;
use super::outcome::Failure;
use flowhost_error::ErrorCode;
use flowhost_host_functions::{Recorder, Session};
use std::sync::Arc;

/// Longest idempotency key, bytes.
const MAX_KEY_BYTES: usize = 256;

/// A request: the node to invoke, the session, and the idempotency key.
///
/// The host charges session and parameters to [`Limits::request_bytes`](flowhost_engine::Limits::request_bytes). It
/// checks the request when [`Host::invoke`](crate::Host::invoke) receives it.
///
/// # Errors
/// A key of 0 or more than 256 bytes, or a key without an id of the session, is the failure `request-invalid`. A key that
/// another request has used is `key-reused`.
///
/// ```
/// use flowhost_host_functions::Session;
/// use flowhost_invocation::{Host, Request};
/// use flowhost_store::{MemoryStore, apply};
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let tenants = r#"{"tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
/// #   "channels": ["whatsapp"]}]}"#;
/// # let store = MemoryStore::new();
/// # apply(&store, tenants).await?;
/// # let host = Host::builder().workers(1).open(store).await?;
/// # let parameters = json!({"CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "contact_id"});
/// # let node = host.prepare("campaign-contact-manager@1", parameters.as_object().ok_or("not an object")?)?;
/// let mut session = Session::new("acme", "whatsapp", "56987654321");
/// session.id = "s-1".to_owned();
/// let request = Request::new(node, session).with_key("s-1/n1/1");
///
/// let first = host.invoke(request.clone()).await?;
/// let second = host.invoke(request.clone()).await?;
/// assert!(!first.replayed && second.replayed);
/// assert_eq!(second.entities, first.entities);
///
/// let failure = host.invoke(request.with_key("")).await.err().ok_or("an empty key fails")?;
/// assert_eq!((failure.code.as_str(), failure.retryable), ("request-invalid", false));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request {
    /// The prepared node.
    pub node: PreparedNode,
    /// The session. It alone determines whose data the action sees.
    pub session: Arc<Session>,
    /// The idempotency key, 1 to 256 bytes without NUL, scoped to the tenant. A repeated request with the same key has
    /// no further effect and returns the same outcome. A key needs a session with its own id, see
    /// [`Session::has_own_id`].
    pub key: Option<String>,
    /// The recorder of the calls, or the recording that answers them.
    pub(super) capture: Option<CaptureMode>,
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
            capture: None,
            #[cfg(feature = "testing")]
            trace: None,
        }
    }

    /// Sets the recorder that receives everything that the invocation does. [`Recorder::take_recording`] returns the
    /// recording after the outcome.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Arc<Recorder>) -> Self {
        self.capture = Some(CaptureMode::Record(recorder));
        self
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
