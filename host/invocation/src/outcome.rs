//! What an invocation answers.

use flowhost_domain::refusal::single_line;
use flowhost_host_functions::Warning;
use flowhost_store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// How an invocation ended: which port the flow takes, and what that changes in the session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// One of the action's ports; `error` after a refusal or a fault.
    pub port: String,
    /// Entities to set. On the port `error`: the manifest's `on-error` values.
    pub entities: BTreeMap<String, Json>,
    /// Entities to clear.
    pub cleared: Vec<String>,
    /// Why it left by `error`.
    pub error: Option<OutcomeError>,
    /// What the designer should know.
    pub warnings: Vec<Warning>,
    /// Whether this is the answer to an earlier invocation with the same key: nothing was done this time.
    pub replayed: bool,
    /// What it cost.
    pub usage: Usage,
}

/// Why an invocation left by the port `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeError {
    /// A stable code.
    pub code: String,
    /// One sentence without a full stop.
    pub message: String,
    /// The parameter to blame.
    pub parameter: Option<String>,
}

/// What an invocation cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Time of computing on its worker, microseconds.
    pub cpu_us: u64,
    /// Time from its start to its outcome, microseconds.
    pub wall_us: u64,
    /// Host calls that the plugin made.
    pub host_calls: u64,
    /// Linear memory of the plugin's instance, bytes.
    pub memory_bytes: u64,
}

/// A request that was not carried out: nothing changed, nothing is kept under its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
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
    /// A failure that the same request meets again.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: single_line(message.into()), retryable: false }
    }

    /// A failure that may pass.
    pub fn transient(code: &str, message: impl Into<String>) -> Self {
        Self { retryable: true, ..Self::new(code, message) }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { code: error.code().to_owned(), message: error.to_string(), retryable: error.is_retryable() }
    }
}

impl From<crate::catalog::ActionNotFound> for Failure {
    fn from(error: crate::catalog::ActionNotFound) -> Self {
        Self::new("action-not-found", error.message)
    }
}

impl From<flowhost_host_functions::SessionError> for Failure {
    fn from(error: flowhost_host_functions::SessionError) -> Self {
        Self::new("session-invalid", error.to_string())
    }
}
