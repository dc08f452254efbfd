//! Reads of one tenant that are asked at the same moment make one trip.
//!
//! Nothing is waited for: what has gathered while others of the worker had their turns goes along. A trip costs ten times
//! what a lookup in it costs.

use super::read::{SqliteReader, Trip};
use crate::store::{Lookup, ReadRequest, Reader, Snapshot, StoreError};
use async_trait::async_trait;
use futures_util::future::{Either, select};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::PoisonError;
use std::task::Poll;
use tokio::sync::oneshot;

/// Lookups of one trip that several share.
const MAX_LOOKUPS: usize = 64;

/// A read that nobody has made yet.
pub(super) struct Asked {
    request: ReadRequest,
    answer: oneshot::Sender<Snapshot>,
}

#[async_trait]
impl Reader for SqliteReader {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        let in_group = match self.grouping && is_small(request) {
            true => self.read_in_group(request).await,
            false => None,
        };
        match in_group {
            Some(result) => result,
            None => {
                let _turn = self.turns.acquire().await.map_err(closed)?;
                self.make(&Trip::of(request)).await
            }
        }
    }
}

impl SqliteReader {
    /// `None`: whoever made the trip has failed or was stopped.
    async fn read_in_group(&self, request: &ReadRequest) -> Option<Result<Snapshot, StoreError>> {
        let (answer, mut answered) = oneshot::channel();
        self.asked().push(Asked { request: request.clone(), answer });
        others_first().await;
        loop {
            let turn = match select(&mut answered, pin!(self.turns.acquire())).await {
                Either::Left((answer, _)) => return answer.ok().map(Ok),
                Either::Right((Err(error), _)) => return Some(Err(closed(error))),
                Either::Right((Ok(turn), _)) => turn,
            };
            let group = self.gather(&request.tenant);
            if group.is_empty() {
                // Its own went along with others already.
                drop(turn);
                return answered.await.ok().map(Ok);
            }
            // Where older ones filled the trip its own is still asked, and it takes another turn.
            let snapshots = self.make_for(&group).await.ok()?;
            give(group, snapshots);
        }
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is asked for the tenant, the oldest first.
    fn gather(&self, tenant: &str) -> Vec<Asked> {
        let mut room = MAX_LOOKUPS;
        let mut asked = self.asked();
        let belongs = |asked: &mut Asked| {
            if asked.answer.is_closed() {
                return true;
            }
            let fits = asked.request.tenant == tenant && asked.request.lookups.len() <= room;
            if fits {
                room -= asked.request.lookups.len();
            }
            fits
        };
        let mut group: Vec<_> = asked.extract_if(.., belongs).collect();
        group.retain(|asked| !asked.answer.is_closed());
        group
    }

    async fn make_for(&self, group: &[Asked]) -> Result<Vec<Snapshot>, StoreError> {
        let mut known = group.iter().map(|asked| asked.request.known_version);
        let first = known.next().flatten();
        let known_version = first.filter(|first| known.all(|other| other == Some(*first)));
        let tenant = group.first().map_or("", |asked| &asked.request.tenant);
        let mut trip = Trip { tenant, known_version, lookups: Vec::with_capacity(MAX_LOOKUPS) };
        // Where in the trip the answers to each request's lookups are.
        let mut places = Vec::with_capacity(group.len());
        for Asked { request, .. } in group {
            let lookups = request.lookups.iter().map(|lookup| {
                trip.lookups.iter().position(|other| *other == lookup).unwrap_or_else(|| {
                    trip.lookups.push(lookup);
                    trip.lookups.len() - 1
                })
            });
            places.push(lookups.collect::<Vec<_>>());
        }
        let Snapshot { version, tenant, answers } = self.make(&trip).await?;
        let each = |places: Vec<usize>| Snapshot {
            version,
            tenant: tenant.clone(),
            answers: places.into_iter().filter_map(|place| answers.get(place).cloned()).collect(),
        };
        Ok(places.into_iter().map(each).collect())
    }
}

fn give(group: Vec<Asked>, snapshots: Vec<Snapshot>) {
    for (Asked { answer, .. }, snapshot) in group.into_iter().zip(snapshots) {
        // Whoever asked may be gone.
        drop(answer.send(snapshot));
    }
}

/// Whether it may go along with others: pages are long, and each makes another text of the statement.
fn is_small(request: &ReadRequest) -> bool {
    let page = |lookup: &Lookup| matches!(lookup, Lookup::ReadyPage { .. } | Lookup::LatestReady { .. });
    request.lookups.len() <= MAX_LOOKUPS / 4 && !request.lookups.iter().any(page)
}

/// Lets every other job that is ready have its turn.
async fn others_first() {
    let mut had = false;
    poll_fn(|cx| match std::mem::replace(&mut had, true) {
        true => Poll::Ready(()),
        false => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

fn closed(error: tokio::sync::AcquireError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
