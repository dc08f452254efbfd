//! Errors that end a run without returning to the guest.

use flowhost_error::ErrorCode;
use flowhost_store::StoreError;

/// An error that host functions throw through the guest.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Abort {
    /// The plugin broke the contract or exceeded a limit.
    #[error("{message}")]
    Fault {
        /// A stable code of the class *fault*.
        code: ErrorCode,
        /// One sentence without a full stop.
        message: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host's memory budget is exhausted.
    #[error("the host has no memory left")]
    OutOfMemory,
    /// Data that the run has read changed concurrently.
    #[error("data that was read has changed meanwhile")]
    Conflict,
}

impl Abort {
    /// Creates an abort with the code of a fault.
    pub fn fault(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Fault { code, message: message.into() }
    }

    /// Converts the failure to allocate a stack for an evaluation.
    pub(super) fn from_stack_error(error: std::io::Error) -> Self {
        tracing::warn!("the stack of an evaluation can't be allocated: {error}");
        Self::OutOfMemory
    }

    /// Creates the abort for a run with more than `limit` host calls.
    pub fn host_call_limit(limit: u64) -> Self {
        Self::fault(ErrorCode::LimitHostCalls, format!("the plugin made more than {limit} host calls"))
    }

    /// Creates the abort for a run whose host calls carry more than `limit` bytes.
    pub fn host_byte_limit(limit: usize) -> Self {
        Self::fault(ErrorCode::LimitHostBytes, format!("the plugin passed more than {limit} bytes through host calls"))
    }
}
