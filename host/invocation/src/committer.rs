//! The committer of a host: one thread applies the staged writes of many invocations in one transaction and one sync.

use flowhost_store::{CommitOutcome, CommitRequest, Committer, Store, StoreError};
use flowhost_sync::{BatchHandler, BatchQueue, QueueError};
use std::sync::Arc;

/// Applies batches of commits to a store.
struct StoreCommitter(Box<dyn Committer>);

impl BatchHandler for StoreCommitter {
    type Source = Arc<dyn Store>;
    type Item = CommitRequest;
    type Reply = CommitOutcome;
    type Error = StoreError;

    async fn open(store: &Arc<dyn Store>) -> Result<Self, StoreError> {
        store.committer().await.map(Self)
    }

    async fn apply(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError> {
        let result = self.0.commit(batch).await;
        if let Err(error) = &result {
            tracing::warn!("{} commits failed: {error}", batch.len());
        }
        result
    }
}

/// The queue of commits that wait for the committer.
pub(crate) struct CommitQueue(BatchQueue<StoreCommitter>);

impl CommitQueue {
    /// Opens the store's writing connection on a thread of its own.
    pub(crate) async fn start(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        BatchQueue::start("flowhost-committer", store).await.map(Self).map_err(store_error)
    }

    /// Queues a commit and waits for its outcome. The commit is applied even if the caller drops this future meanwhile.
    pub(crate) async fn commit(&self, commit: CommitRequest) -> Result<CommitOutcome, StoreError> {
        self.0.submit(commit).await.map_err(store_error)
    }

    /// Queues a commit that joins a later transaction, without an outcome. `guard` is dropped when it was applied or has
    /// failed.
    pub(crate) async fn enqueue(&self, commit: CommitRequest, guard: Option<Box<dyn Send>>) -> Result<(), StoreError> {
        self.0.enqueue(commit, guard).await.map_err(store_error)
    }
}

fn store_error(error: QueueError<StoreError>) -> StoreError {
    match error {
        QueueError::Handler(error) => error,
        QueueError::NotStarted(error) => StoreError::Unavailable(error),
        QueueError::Stopped => StoreError::Unavailable("the committer has stopped".to_owned()),
        QueueError::Panicked => {
            StoreError::Unavailable("the committer panicked because of a defect, and starts again".to_owned())
        }
    }
}
