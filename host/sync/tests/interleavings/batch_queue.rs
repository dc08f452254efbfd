//! The batch queue: no item is lost or applied twice, and every caller gets a reply.

use crate::check;
use crate::log_handler::{Log, LogError, LogHandler};
use flowhost_sync::{BatchQueue, QueueError};
use shuttle::future::block_on;
use shuttle::thread;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

type Queue = BatchQueue<LogHandler>;

const CALLERS: u32 = 3;

fn queue(log: &Log) -> Arc<Queue> {
    Arc::new(block_on(Queue::start("batch-queue", log.clone())).ok().unwrap())
}

/// Runs `caller` on a thread for each caller.
fn run_callers(queue: &Arc<Queue>, caller: impl Fn(&Queue, u32) + Send + Sync + 'static) {
    let caller = Arc::new(caller);
    let threads: Vec<_> = (0..CALLERS)
        .map(|number| {
            let (queue, caller) = (Arc::clone(queue), Arc::clone(&caller));
            thread::spawn(move || caller(&queue, number))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn sorted(log: &Log) -> Vec<u32> {
    let mut applied = log.applied();
    applied.sort_unstable();
    applied
}

#[test]
fn every_item_is_applied_once_and_gets_a_reply() {
    check(|| {
        let log = Log::default();
        let queue = queue(&log);
        let seen = log.clone();
        run_callers(&queue, move |queue, caller| {
            for number in [2 * caller, 2 * caller + 1] {
                assert_eq!(block_on(queue.submit(number)), Ok(number));
                assert!(seen.applied().contains(&number));
            }
        });
        assert_eq!(sorted(&log), (0..2 * CALLERS).collect::<Vec<_>>());
    });
}

#[test]
fn enqueued_items_are_applied_in_order_before_the_queue_ends() {
    check(|| {
        let log = Log::default();
        let queue = queue(&log);
        run_callers(&queue, |queue, caller| {
            for number in [2 * caller, 2 * caller + 1] {
                assert_eq!(block_on(queue.enqueue(number, None)), Ok(()));
            }
        });
        drop(queue);
        assert_eq!(sorted(&log), (0..2 * CALLERS).collect::<Vec<_>>());
        let applied = log.applied();
        let position = |number| applied.iter().position(|applied| *applied == number);
        assert!((0..CALLERS).all(|caller| position(2 * caller) < position(2 * caller + 1)));
    });
}

/// Polls a future once and drops it; returns whether it was ready.
fn poll_once_then_drop(future: impl Future) -> bool {
    matches!(pin!(future).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(_))
}

#[test]
fn a_dropped_caller_does_not_affect_others() {
    check(|| {
        let log = Log::default();
        let queue = queue(&log);
        run_callers(&queue, |queue, caller| match caller {
            0 => drop(poll_once_then_drop(queue.submit(0))),
            _ => assert_eq!(block_on(queue.submit(caller)), Ok(caller)),
        });
        drop(queue);
        let applied = sorted(&log);
        // The caller was dropped before its item was queued, or the item is applied once.
        assert!(applied == [0, 1, 2] || applied == [1, 2], "{applied:?}");
    });
}

#[test]
fn an_error_of_a_batch_is_returned_to_every_caller() {
    check(|| {
        let log = Log { failing_number: Some(0), ..Log::default() };
        let queue = queue(&log);
        let seen = log.clone();
        run_callers(&queue, move |queue, caller| match block_on(queue.submit(caller)) {
            Ok(number) => assert!(number == caller && caller != 0 && seen.applied().contains(&caller)),
            Err(error) => {
                assert_eq!(error, QueueError::Handler(LogError::Refused));
                assert!(!seen.applied().contains(&caller));
            }
        });
        // The queue continues.
        assert_eq!(block_on(queue.submit(7)), Ok(7));
    });
}

/// Asserts at its drop that the number was applied before.
struct DropRecorder(Log, u32);

impl Drop for DropRecorder {
    fn drop(&mut self) {
        assert!(self.0.applied().contains(&self.1));
    }
}

#[test]
fn a_guard_is_dropped_after_its_item_was_applied() {
    check(|| {
        let log = Log::default();
        let queue = queue(&log);
        let seen = log.clone();
        run_callers(&queue, move |queue, caller| {
            let guard = Box::new(DropRecorder(seen.clone(), caller));
            assert_eq!(block_on(queue.enqueue(caller, Some(guard))), Ok(()));
        });
        drop(queue);
        assert_eq!(sorted(&log), (0..CALLERS).collect::<Vec<_>>());
    });
}

#[test]
fn a_failed_start_is_an_error() {
    check(|| {
        let log = Log { is_closed: true, ..Log::default() };
        let error = block_on(Queue::start("batch-queue", log)).err();
        assert_eq!(error, Some(QueueError::Handler(LogError::Closed)));
    });
}
