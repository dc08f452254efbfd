//! The committer thread: applies the staged writes of many invocations in one transaction with one sync.

use crate::store::{CommitOutcome, CommitRequest, Committer, Store, StoreError};
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Arc, mpsc, oneshot, runtime};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Maximum number of commits in one transaction.
const MAX_BATCH: usize = 256;

/// Maximum number of queued commits. Further callers wait for a free entry.
const MAX_QUEUE: usize = 4_096;

struct QueuedCommit {
    commit: CommitRequest,
    /// Dropped after the commit has been applied or has failed.
    _guard: Option<Box<dyn Send>>,
    answer: Option<oneshot::Sender<Result<CommitOutcome, StoreError>>>,
}

/// A handle to the committer thread.
pub(crate) struct CommitQueue {
    entries: Option<mpsc::Sender<QueuedCommit>>,
    thread: Option<JoinHandle<()>>,
}

impl CommitQueue {
    /// Opens the store's writing connection on a separate thread.
    pub(crate) async fn start(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let (entries, inbox) = mpsc::channel(MAX_QUEUE);
        let (ready, started) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("flowhost-committer".to_owned())
            .spawn(move || run(&*store, inbox, ready))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        started.await.map_err(|_| committer_stopped())??;
        Ok(Self { entries: Some(entries), thread: Some(thread) })
    }

    /// Queues a commit and waits for its outcome. The committer applies the commit even if the caller drops this
    /// future.
    pub(crate) async fn commit(
        &self,
        commit: CommitRequest,
        guard: Option<Box<dyn Send>>,
    ) -> Result<CommitOutcome, StoreError> {
        let (answer, verdict) = oneshot::channel();
        self.send(QueuedCommit { commit, _guard: guard, answer: Some(answer) }).await?;
        verdict.await.map_err(|_| committer_stopped())?
    }

    /// Queues a commit for the next transaction without waiting for its outcome. The committer drops `guard`
    /// afterwards.
    pub(crate) async fn enqueue(&self, commit: CommitRequest, guard: Option<Box<dyn Send>>) -> Result<(), StoreError> {
        self.send(QueuedCommit { commit, _guard: guard, answer: None }).await
    }

    async fn send(&self, entry: QueuedCommit) -> Result<(), StoreError> {
        let entries = self.entries.as_ref().ok_or_else(committer_stopped)?;
        entries.send(entry).await.map_err(|_| committer_stopped())
    }
}

impl Drop for CommitQueue {
    /// Waits until all queued commits have been applied, then ends the thread.
    fn drop(&mut self) {
        self.entries = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn committer_stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".to_owned())
}

fn run(store: &dyn Store, mut inbox: mpsc::Receiver<QueuedCommit>, ready: oneshot::Sender<Result<(), StoreError>>) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(StoreError::Unavailable(error.to_string())))),
    };
    runtime.block_on(async move {
        let mut committer = match catch_panic(store.committer()).await {
            Ok(committer) => Some(committer),
            Err(error) => return drop(ready.send(Err(error))),
        };
        drop(ready.send(Ok(())));
        let mut entries = Vec::with_capacity(MAX_BATCH);
        while inbox.recv_many(&mut entries, MAX_BATCH).await > 0 {
            commit_batch(store, &mut committer, &mut entries).await;
        }
    });
}

/// Applies a batch and answers each of its commits. A committer that panics is replaced.
async fn commit_batch(store: &dyn Store, committer: &mut Option<Box<dyn Committer>>, entries: &mut Vec<QueuedCommit>) {
    let (batch, rest): (Vec<_>, Vec<_>) =
        entries.drain(..).map(|QueuedCommit { commit, _guard, answer }| (commit, (_guard, answer))).unzip();
    match apply(store, committer, &batch).await {
        Ok(verdicts) => {
            for ((guard, answer), verdict) in rest.into_iter().zip(verdicts) {
                drop(guard);
                drop(answer.map(|answer| answer.send(Ok(verdict))));
            }
        }
        Err(error) => {
            tracing::warn!("{} commits failed: {error}", batch.len());
            for (guard, answer) in rest {
                drop(guard);
                drop(answer.map(|answer| answer.send(Err(error.clone()))));
            }
        }
    }
}

/// Applies a batch with the committer in `slot`. The slot is empty while the committer works, and stays empty if it
/// panics.
async fn apply(
    store: &dyn Store,
    slot: &mut Option<Box<dyn Committer>>,
    batch: &[CommitRequest],
) -> Result<Vec<CommitOutcome>, StoreError> {
    let mut committer = match slot.take() {
        Some(committer) => committer,
        None => catch_panic(store.committer()).await?,
    };
    catch_panic(async {
        let result = committer.commit(batch).await;
        *slot = Some(committer);
        result
    })
    .await
}

/// Converts a panic of the future into an error.
async fn catch_panic<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        let poll = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)));
        poll.unwrap_or_else(|_| {
            let message = "the writer stopped because of an internal error and is restarted";
            Poll::Ready(Err(StoreError::Unavailable(message.to_owned())))
        })
    })
    .await
}
