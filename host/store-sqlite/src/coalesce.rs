//! Combines concurrent reads of one tenant into one round trip.
//!
//! No read waits for others. A batch contains the reads that other tasks of the worker have added in the meantime. A
//! round trip costs ten times as much as a lookup in it.

use super::reader::{ReadBatch, SqliteReader};
use async_trait::async_trait;
use flowhost_store::{Lookup, ReadRequest, Reader, Snapshot, StoreError};
use futures_util::future::{Either, select};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::PoisonError;
use std::task::Poll;
use tokio::sync::oneshot;

/// Maximum lookups of a shared round trip.
const MAX_BATCH_LOOKUPS: usize = 64;

/// A read that is not yet part of a round trip.
pub(super) struct PendingRead {
    request: ReadRequest,
    reply: oneshot::Sender<Snapshot>,
}

#[async_trait]
impl Reader for SqliteReader {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        let coalesced = match self.coalesce_reads && is_coalescible(request) {
            true => self.read_coalesced(request).await,
            false => None,
        };
        match coalesced {
            Some(result) => result,
            None => {
                let _permit = self.permits.acquire().await.map_err(semaphore_closed)?;
                self.execute(&ReadBatch::new(request)).await
            }
        }
    }
}

impl SqliteReader {
    /// Returns `None` if the task that executed the batch failed or was cancelled.
    async fn read_coalesced(&self, request: &ReadRequest) -> Option<Result<Snapshot, StoreError>> {
        let (reply, mut received) = oneshot::channel();
        self.lock_pending().push(PendingRead { request: request.clone(), reply });
        yield_now().await;
        loop {
            let permit = match select(&mut received, pin!(self.permits.acquire())).await {
                Either::Left((answer, _)) => return answer.ok().map(Ok),
                Either::Right((Err(error), _)) => return Some(Err(semaphore_closed(error))),
                Either::Right((Ok(permit), _)) => permit,
            };
            let batch = self.take_batch(&request.tenant);
            if batch.is_empty() {
                // Another task has already taken this read into its batch.
                drop(permit);
                return received.await.ok().map(Ok);
            }
            // If older reads filled the batch, this read is still pending and the loop continues.
            let snapshots = self.read_batch(&batch).await.ok()?;
            distribute(batch, snapshots);
        }
    }

    fn lock_pending(&self) -> std::sync::MutexGuard<'_, Vec<PendingRead>> {
        self.pending_reads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the pending reads of the tenant, the oldest first.
    fn take_batch(&self, tenant: &str) -> Vec<PendingRead> {
        let mut room = MAX_BATCH_LOOKUPS;
        let mut pending = self.lock_pending();
        let is_taken = |pending: &mut PendingRead| {
            if pending.reply.is_closed() {
                return true;
            }
            let fits = pending.request.tenant == tenant && pending.request.lookups.len() <= room;
            if fits {
                room -= pending.request.lookups.len();
            }
            fits
        };
        let mut batch: Vec<_> = pending.extract_if(.., is_taken).collect();
        batch.retain(|pending| !pending.reply.is_closed());
        batch
    }

    async fn read_batch(&self, batch: &[PendingRead]) -> Result<Vec<Snapshot>, StoreError> {
        let mut known = batch.iter().map(|pending| pending.request.known_version);
        let first = known.next().flatten();
        let known_version = first.filter(|first| known.all(|other| other == Some(*first)));
        let tenant = batch.first().map_or("", |pending| &pending.request.tenant);
        let mut merged = ReadBatch { tenant, known_version, lookups: Vec::with_capacity(MAX_BATCH_LOOKUPS) };
        // The positions of the results in the batch, by request.
        let mut positions = Vec::with_capacity(batch.len());
        for PendingRead { request, .. } in batch {
            let lookups = request.lookups.iter().map(|lookup| {
                merged.lookups.iter().position(|other| *other == lookup).unwrap_or_else(|| {
                    merged.lookups.push(lookup);
                    merged.lookups.len() - 1
                })
            });
            positions.push(lookups.collect::<Vec<_>>());
        }
        let Snapshot { version, tenant, results: answers } = self.execute(&merged).await?;
        let each = |positions: Vec<usize>| Snapshot {
            version,
            tenant: tenant.clone(),
            results: positions.into_iter().filter_map(|position| answers.get(position).cloned()).collect(),
        };
        Ok(positions.into_iter().map(each).collect())
    }
}

fn distribute(batch: Vec<PendingRead>, snapshots: Vec<Snapshot>) {
    for (PendingRead { reply: answer, .. }, snapshot) in batch.into_iter().zip(snapshots) {
        // The caller may have been cancelled.
        drop(answer.send(snapshot));
    }
}

/// Returns whether a read may share a round trip. Pages are long, and each changes the SQL of the statement.
fn is_coalescible(request: &ReadRequest) -> bool {
    let page = |lookup: &Lookup| {
        matches!(lookup, Lookup::ReadyPage { .. } | Lookup::LatestReadyRecords { .. } | Lookup::CampaignPage { .. })
    };
    request.lookups.len() <= MAX_BATCH_LOOKUPS / 4 && !request.lookups.iter().any(page)
}

/// Yields once, to let all other ready tasks run.
async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|cx| match std::mem::replace(&mut has_yielded, true) {
        true => Poll::Ready(()),
        false => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

fn semaphore_closed(error: tokio::sync::AcquireError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
