//! The commit queue: it applies every commit exactly once and answers every caller.

use crate::host::committer::CommitQueue;
use crate::store::{CommitOutcome, CommitRequest, FakeStore, StoreError};
use crate::sync::{Arc, thread};
use shuttle::future::block_on;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

const CALLERS: u32 = 3;

fn queue(tape: &FakeStore) -> Arc<CommitQueue> {
    Arc::new(block_on(CommitQueue::start(Arc::new(tape.clone()))).unwrap())
}

/// Runs `caller` on one thread for each caller and joins the threads.
fn run_callers(queue: &Arc<CommitQueue>, caller: impl Fn(&CommitQueue, u32) + Send + Sync + 'static) {
    let caller = Arc::new(caller);
    let threads: Vec<_> = (0..CALLERS)
        .map(|number| {
            let (queue, caller) = (Arc::clone(queue), Arc::clone(&caller));
            thread::spawn(move || caller(&queue, number))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn sorted(tape: &FakeStore) -> Vec<u32> {
    let mut applied = tape.applied();
    applied.sort_unstable();
    applied
}

pub(crate) fn every_commit_is_applied_once_and_answered() {
    let tape = FakeStore::default();
    let queue = queue(&tape);
    let seen = tape.clone();
    run_callers(&queue, move |queue, caller| {
        for commit in [2 * caller, 2 * caller + 1] {
            assert_eq!(block_on(queue.commit(CommitRequest(commit), None)), Ok(CommitOutcome(commit)));
            assert!(seen.applied().contains(&commit));
        }
    });
    assert_eq!(sorted(&tape), (0..2 * CALLERS).collect::<Vec<_>>());
}

pub(crate) fn enqueued_commits_are_applied_before_shutdown() {
    let tape = FakeStore::default();
    let queue = queue(&tape);
    run_callers(&queue, |queue, caller| {
        for commit in [2 * caller, 2 * caller + 1] {
            assert_eq!(block_on(queue.enqueue(CommitRequest(commit), None)), Ok(()));
        }
    });
    drop(queue);
    assert_eq!(sorted(&tape), (0..2 * CALLERS).collect::<Vec<_>>());
    // The commits of one caller are in order.
    let applied = tape.applied();
    let place = |commit| applied.iter().position(|applied| *applied == commit);
    assert!((0..CALLERS).all(|caller| place(2 * caller) < place(2 * caller + 1)));
}

/// Polls a future once, drops it, and returns whether it completed.
fn poll_once_then_drop(future: impl Future) -> bool {
    matches!(pin!(future).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(_))
}

pub(crate) fn a_dropped_caller_does_not_affect_others() {
    let tape = FakeStore::default();
    let queue = queue(&tape);
    run_callers(&queue, |queue, caller| match caller {
        0 => drop(poll_once_then_drop(queue.commit(CommitRequest(0), None))),
        _ => assert_eq!(block_on(queue.commit(CommitRequest(caller), None)), Ok(CommitOutcome(caller))),
    });
    drop(queue);
    let applied = sorted(&tape);
    // The caller was dropped before it entered the queue, or its commit was applied once.
    assert!(applied == [0, 1, 2] || applied == [1, 2], "{applied:?}");
}

pub(crate) fn a_failed_transaction_is_reported_to_every_caller() {
    let tape = FakeStore { failing_commit: Some(0), ..FakeStore::default() };
    let queue = queue(&tape);
    let seen = tape.clone();
    run_callers(&queue, move |queue, caller| match block_on(queue.commit(CommitRequest(caller), None)) {
        Ok(verdict) => assert!(verdict == CommitOutcome(caller) && caller != 0 && seen.applied().contains(&caller)),
        Err(StoreError::Unavailable(why)) => assert!(why == "refused" && !seen.applied().contains(&caller)),
    });
    // The committer continues after the failure.
    assert_eq!(block_on(queue.commit(CommitRequest(7), None)), Ok(CommitOutcome(7)));
}

/// Asserts on drop that this commit was applied.
struct DropRecorder(FakeStore, u32);

impl Drop for DropRecorder {
    fn drop(&mut self) {
        assert!(self.0.applied().contains(&self.1));
    }
}

pub(crate) fn a_guard_is_dropped_after_its_commit() {
    let tape = FakeStore::default();
    let queue = queue(&tape);
    let seen = tape.clone();
    run_callers(&queue, move |queue, caller| {
        let hold = Box::new(DropRecorder(seen.clone(), caller));
        match caller {
            0 => assert_eq!(block_on(queue.commit(CommitRequest(caller), Some(hold))), Ok(CommitOutcome(caller))),
            _ => assert_eq!(block_on(queue.enqueue(CommitRequest(caller), Some(hold))), Ok(())),
        }
    });
    drop(queue);
    assert_eq!(sorted(&tape), (0..CALLERS).collect::<Vec<_>>());
}

pub(crate) fn a_failed_start_is_reported() {
    let tape = FakeStore { is_closed: true, ..FakeStore::default() };
    let started = block_on(CommitQueue::start(Arc::new(tape)));
    assert!(started.is_err_and(|error| error == StoreError::Unavailable("closed".to_owned())));
}
