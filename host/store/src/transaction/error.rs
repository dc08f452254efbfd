//! Errors of a transaction.

use crate::StoreError;

/// The error of a read in a transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two round trips read different versions of one object. The invocation must retry with a new transaction.
    #[error("the data changed between two reads")]
    Conflict,
}

/// Returns the error for a reader whose results do not match the lookups: one result of the same kind is required for
/// each.
pub(super) fn protocol_error() -> TransactionError {
    StoreError::Unavailable("the reader's results do not match the lookups".to_owned()).into()
}
