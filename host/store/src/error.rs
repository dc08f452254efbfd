//! Errors of stores.

use flowhost_error::ErrorCode;

/// An error of a store. The store has changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store is unreachable, or busy for too long. A retry may succeed.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The content of the store is unusable: its file is damaged or in another format. A retry does not help.
    #[error("the store is unusable: {0}; restore it from a copy, or use another store")]
    Unusable(String),
    /// The store is read-only.
    #[error("the store is read-only: {0}; give the process write access to the file and its folder")]
    ReadOnly(String),
    /// The disk or the quota is full.
    #[error("the store is full: {0}; free some space and try again")]
    Full(String),
    /// A newer release has migrated the store.
    #[error("the store was written by a newer release: {0}; use that release or another store")]
    NewerVersion(String),
}

impl StoreError {
    /// Returns the stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unavailable(_) | Self::Unusable(_) => ErrorCode::StoreUnavailable,
            Self::ReadOnly(_) => ErrorCode::StoreReadOnly,
            Self::Full(_) => ErrorCode::StoreFull,
            Self::NewerVersion(_) => ErrorCode::StoreNewer,
        }
    }

    /// Returns whether a retry of the same request may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
