//! Errors of a transaction.

use crate::StoreError;

/// The error of a read in a transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two round trips read different versions of one object: the invocation must be retried with a new transaction.
    #[error("data that was read has changed meanwhile")]
    Conflict,
}

/// The error for a reader whose results do not match the lookups: one result for each lookup, of the same kind.
pub(super) fn protocol_error() -> TransactionError {
    StoreError::Unavailable("the reader's results do not match the lookups".to_owned()).into()
}
