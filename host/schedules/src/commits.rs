//! The committer's queue: nothing is lost, nothing is done twice, everybody is answered.

use crate::host::committer::CommitQueue;
use crate::store::{Commit, StoreError, Tape, Verdict};
use crate::sync::{Arc, thread};
use shuttle::future::block_on;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

const CALLERS: u32 = 3;

fn queue(tape: &Tape) -> Arc<CommitQueue> {
    Arc::new(block_on(CommitQueue::start(Arc::new(tape.clone()))).unwrap())
}

/// Runs this on a thread for each caller.
fn at_once(queue: &Arc<CommitQueue>, caller: impl Fn(&CommitQueue, u32) + Send + Sync + 'static) {
    let caller = Arc::new(caller);
    let threads: Vec<_> = (0..CALLERS)
        .map(|number| {
            let (queue, caller) = (Arc::clone(queue), Arc::clone(&caller));
            thread::spawn(move || caller(&queue, number))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn sorted(tape: &Tape) -> Vec<u32> {
    let mut applied = tape.applied();
    applied.sort_unstable();
    applied
}

pub(crate) fn each_is_applied_once_and_answered() {
    let tape = Tape::default();
    let queue = queue(&tape);
    let seen = tape.clone();
    at_once(&queue, move |queue, caller| {
        for commit in [2 * caller, 2 * caller + 1] {
            assert_eq!(block_on(queue.commit(Commit(commit), None)), Ok(Verdict(commit)));
            assert!(seen.applied().contains(&commit));
        }
    });
    assert_eq!(sorted(&tape), (0..2 * CALLERS).collect::<Vec<_>>());
}

pub(crate) fn what_joins_is_applied_before_the_end() {
    let tape = Tape::default();
    let queue = queue(&tape);
    at_once(&queue, |queue, caller| {
        for commit in [2 * caller, 2 * caller + 1] {
            assert_eq!(block_on(queue.join(Commit(commit), None)), Ok(()));
        }
    });
    drop(queue);
    assert_eq!(sorted(&tape), (0..2 * CALLERS).collect::<Vec<_>>());
    // Each caller's in its order.
    let applied = tape.applied();
    let place = |commit| applied.iter().position(|applied| *applied == commit);
    assert!((0..CALLERS).all(|caller| place(2 * caller) < place(2 * caller + 1)));
}

/// Polls a future once, and answers whether it is done, or leaves it.
fn leave(future: impl Future) -> bool {
    matches!(pin!(future).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(_))
}

pub(crate) fn a_caller_that_goes_away_harms_nobody() {
    let tape = Tape::default();
    let queue = queue(&tape);
    at_once(&queue, |queue, caller| match caller {
        0 => drop(leave(queue.commit(Commit(0), None))),
        _ => assert_eq!(block_on(queue.commit(Commit(caller), None)), Ok(Verdict(caller))),
    });
    drop(queue);
    let applied = sorted(&tape);
    // It left before it was let in, or its commit is there once.
    assert!(applied == [0, 1, 2] || applied == [1, 2], "{applied:?}");
}

pub(crate) fn a_transaction_that_fails_is_answered_to_all_of_it() {
    let tape = Tape { refuses: Some(0), ..Tape::default() };
    let queue = queue(&tape);
    let seen = tape.clone();
    at_once(&queue, move |queue, caller| match block_on(queue.commit(Commit(caller), None)) {
        Ok(verdict) => assert!(verdict == Verdict(caller) && caller != 0 && seen.applied().contains(&caller)),
        Err(StoreError::Unavailable(why)) => assert!(why == "refused" && !seen.applied().contains(&caller)),
    });
    // The writer goes on.
    assert_eq!(block_on(queue.commit(Commit(7), None)), Ok(Verdict(7)));
}

/// Must go only after this commit was applied.
struct Held(Tape, u32);

impl Drop for Held {
    fn drop(&mut self) {
        assert!(self.0.applied().contains(&self.1));
    }
}

pub(crate) fn what_is_held_goes_after_the_commit() {
    let tape = Tape::default();
    let queue = queue(&tape);
    let seen = tape.clone();
    at_once(&queue, move |queue, caller| {
        let hold = Box::new(Held(seen.clone(), caller));
        match caller {
            0 => assert_eq!(block_on(queue.commit(Commit(caller), Some(hold))), Ok(Verdict(caller))),
            _ => assert_eq!(block_on(queue.join(Commit(caller), Some(hold))), Ok(())),
        }
    });
    drop(queue);
    assert_eq!(sorted(&tape), (0..CALLERS).collect::<Vec<_>>());
}

pub(crate) fn a_writer_that_does_not_start_says_so() {
    let tape = Tape { is_closed: true, ..Tape::default() };
    let started = block_on(CommitQueue::start(Arc::new(tape)));
    assert!(started.is_err_and(|error| error == StoreError::Unavailable("closed".to_owned())));
}
