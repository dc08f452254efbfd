//! The results of an invocation: outcome or failure.

use flowhost_error::ErrorCode;
use flowhost_error::text::single_line;
use flowhost_host_functions::Warning;
use flowhost_store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The result of an invocation: the port at which the flow continues, and the changes of the session.
///
/// The writes of an outcome without an error are durable. An outcome with an error has changed nothing. The caller applies
/// `entities` and `cleared` to the session that it stores. [`Usage`] has times in microseconds and sizes in bytes.
///
/// # Errors
/// [`Outcome::error`] has a stable code. `ErrorCode::find` gives its class: a refusal of a rule, or a fault of the plugin.
///
/// ```
/// use flowhost_host_functions::Session;
/// use flowhost_invocation::Outcome;
///
/// /// Applies an outcome to the session and returns the port at which the flow continues.
/// fn apply_outcome(session: &mut Session, outcome: Outcome) -> String {
///     session.entities.extend(outcome.entities);
///     for entity in &outcome.cleared {
///         session.entities.remove(entity);
///     }
///     outcome.port
/// }
///
/// # fn main() -> Result<(), serde_json::Error> {
/// // `flowhost invoke` prints outcomes in this format.
/// let outcome: Outcome = serde_json::from_str(
///     r#"{"port": "next", "entities": {"blocked": false}, "cleared": ["answer"], "error": null, "warnings": [],
///         "replayed": false, "usage": {"cpu_us": 25, "wall_us": 140, "host_calls": 4, "memory_bytes": 65536}}"#,
/// )?;
/// let mut session = Session::new("acme", "whatsapp", "56987654321");
/// session.entities.insert("answer".to_owned(), "yes".into());
/// assert_eq!(apply_outcome(&mut session, outcome), "next");
/// assert_eq!(session.entities.keys().collect::<Vec<_>>(), ["blocked"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// One of the action's ports; `error` after a refusal or a fault.
    pub port: String,
    /// Entities to set. On the port `error`: the manifest's `on-error` values.
    pub entities: BTreeMap<String, Json>,
    /// Entities to clear.
    pub cleared: Vec<String>,
    /// The reason for the port `error`.
    pub error: Option<OutcomeError>,
    /// Warnings for the designer of the flow.
    pub warnings: Vec<Warning>,
    /// Whether this is the stored answer to an earlier invocation with the same key. A replayed invocation changes
    /// nothing.
    pub replayed: bool,
    /// The resources that the invocation used.
    pub usage: Usage,
}

/// The reason why an invocation exited through the port `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutcomeError {
    /// A stable code.
    pub code: String,
    /// One sentence without a full stop.
    pub message: String,
    /// The parameter that caused the error.
    pub parameter: Option<String>,
}

/// The resources that an invocation used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// CPU time on its worker, microseconds.
    pub cpu_us: u64,
    /// Time from its start to its outcome, microseconds.
    pub wall_us: u64,
    /// Host calls that the plugin made.
    pub host_calls: u64,
    /// Linear memory of the plugin's instance, bytes.
    pub memory_bytes: u64,
}

/// A request that the host did not carry out. It changed nothing, and nothing is stored under its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
#[non_exhaustive]
pub struct Failure {
    /// A stable code: `action-not-found`, `request-invalid`, `request-too-large`, `session-invalid`, `key-reused`,
    /// `store-unavailable`, `store-conflict`, `overloaded`, `store-read-only`, `store-full`, `store-newer`, `quota`.
    pub code: String,
    /// One sentence without a full stop.
    pub message: String,
    /// Whether the same request may succeed later without a change.
    pub retryable: bool,
}

impl Failure {
    /// Creates a failure that the same request would meet again.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code: code.as_str().to_owned(), message: single_line(message.into()), retryable: false }
    }

    /// Creates a failure that may not occur again.
    pub fn transient(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { retryable: true, ..Self::new(code, message) }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { code: error.code().as_str().to_owned(), message: error.to_string(), retryable: error.is_retryable() }
    }
}

impl From<crate::catalog::ActionNotFound> for Failure {
    fn from(error: crate::catalog::ActionNotFound) -> Self {
        Self::new(ErrorCode::ActionNotFound, error.message)
    }
}

impl From<flowhost_host_functions::SessionError> for Failure {
    fn from(error: flowhost_host_functions::SessionError) -> Self {
        Self::new(ErrorCode::SessionInvalid, error.to_string())
    }
}
