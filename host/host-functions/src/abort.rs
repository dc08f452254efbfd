//! Why a run ends without going back to the guest.

use flowhost_store::StoreError;

/// The end of a run, thrown through the guest.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Abort {
    /// The plugin broke the contract or met a bound.
    #[error("{message}")]
    Fault {
        /// A stable code of the class *fault*.
        code: &'static str,
        /// One sentence without a full stop.
        message: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host has no memory left for it.
    #[error("the host has no memory left")]
    OutOfMemory,
    /// What the run has read doesn't hold any more.
    #[error("what was read has changed meanwhile")]
    Conflict,
}

impl Abort {
    pub(crate) fn fault(code: &'static str, message: impl Into<String>) -> Self {
        Self::Fault { code, message: message.into() }
    }

    /// No stack could be had for an evaluation.
    pub(super) fn from_stack_error(error: std::io::Error) -> Self {
        tracing::warn!("an evaluation has no stack: {error}");
        Self::OutOfMemory
    }

    pub(crate) fn host_call_limit(limit: u64) -> Self {
        Self::fault("limit-host-calls", format!("the plugin made more than {limit} host calls"))
    }

    pub(crate) fn host_byte_limit(limit: usize) -> Self {
        Self::fault("limit-host-bytes", format!("the plugin passed more than {limit} bytes through host calls"))
    }
}
