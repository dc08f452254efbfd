//! A fake store: commits are numbers, and the store records the applied ones.

use crate::sync::{Arc, Mutex, step};
use async_trait::async_trait;

/// A commit with this number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitRequest(pub(crate) u32);

/// The outcome of an applied commit: its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitOutcome(pub(crate) u32);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("{0}")]
    Unavailable(String),
}

#[async_trait]
pub(crate) trait Store: Send + Sync + 'static {
    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError>;
}

#[async_trait]
pub(crate) trait Committer: Send {
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError>;
}

/// A store with configurable failures. Clones share their data.
#[derive(Clone, Default)]
pub(crate) struct FakeStore {
    pub(crate) applied: Arc<Mutex<Vec<u32>>>,
    /// A transaction with this commit fails.
    pub(crate) failing_commit: Option<u32>,
    /// Opening a committer fails.
    pub(crate) is_closed: bool,
}

impl FakeStore {
    /// The applied commits, in order.
    pub(crate) fn applied(&self) -> Vec<u32> {
        self.applied.lock().unwrap().clone()
    }
}

#[async_trait]
impl Store for FakeStore {
    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        match self.is_closed {
            true => Err(StoreError::Unavailable("closed".to_owned())),
            false => Ok(Box::new(self.clone())),
        }
    }
}

#[async_trait]
impl Committer for FakeStore {
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError> {
        assert!(!batch.is_empty());
        // Other threads may run before the commit.
        step();
        if batch.iter().any(|commit| Some(commit.0) == self.failing_commit) {
            return Err(StoreError::Unavailable("refused".to_owned()));
        }
        self.applied.lock().unwrap().extend(batch.iter().map(|commit| commit.0));
        step();
        Ok(batch.iter().map(|commit| CommitOutcome(commit.0)).collect())
    }
}
