//! What can go wrong with a store.

/// A store failure: nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It can't be reached, or is busy for too long; trying again may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// It holds what this release can't use: its file is damaged, or something else. Trying again does not help.
    #[error("the store can't be used: {0}; restore it from a copy, or use another store")]
    Unusable(String),
    /// It can only be read.
    #[error("the store can't be written: {0}; give the process write access to the file and its folder")]
    ReadOnly(String),
    /// The disk or the quota is full.
    #[error("the store is full: {0}; free some space and try again")]
    Full(String),
    /// A newer release has migrated it.
    #[error("the store was written by a newer release: {0}; use that release or another store")]
    NewerVersion(String),
}

impl StoreError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) | Self::Unusable(_) => "store-unavailable",
            Self::ReadOnly(_) => "store-read-only",
            Self::Full(_) => "store-full",
            Self::NewerVersion(_) => "store-newer",
        }
    }

    /// Whether the same request may succeed later without a change.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
