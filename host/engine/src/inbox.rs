//! The queues through which a worker gets its tasks.
//!
//! Tasks that are their tenant's only one have a queue of their own, so that they do not wait behind hundreds of tasks of
//! another tenant. The worker takes alternately from both.

use crossbeam_queue::SegQueue;
use futures_util::task::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::task::coop;

/// Which queue of a worker a task joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// The task is the only one of its tenant.
    First,
    /// The tenant has other tasks.
    Ordinary,
}

struct Queues<T> {
    first: SegQueue<T>,
    ordinary: SegQueue<T>,
    waker: AtomicWaker,
    /// Whether the sender is gone.
    is_closed: AtomicBool,
    /// Whether the receiver is gone.
    is_abandoned: AtomicBool,
}

impl<T> Queues<T> {
    fn queue(&self, priority: Priority) -> &SegQueue<T> {
        match priority {
            Priority::First => &self.first,
            Priority::Ordinary => &self.ordinary,
        }
    }

    fn clear(&self) {
        while self.first.pop().or_else(|| self.ordinary.pop()).is_some() {}
    }
}

/// The oldest item of each queue.
type Received<T> = [Option<(T, Priority)>; 2];

/// The end into which callers put tasks.
pub struct Sender<T>(Arc<Queues<T>>);

/// The end from which the worker takes tasks.
pub struct Receiver<T>(Arc<Queues<T>>);

/// Two queues with a sender and a receiver.
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let queues = Arc::new(Queues {
        first: SegQueue::new(),
        ordinary: SegQueue::new(),
        waker: AtomicWaker::new(),
        is_closed: AtomicBool::new(false),
        is_abandoned: AtomicBool::new(false),
    });
    (Sender(Arc::clone(&queues)), Receiver(queues))
}

impl<T> Sender<T> {
    /// Adds an item and wakes the worker. Returns false if the receiver is gone; the item is dropped then.
    pub fn send(&self, item: T, priority: Priority) -> bool {
        self.0.queue(priority).push(item);
        // The receiver clears the queues after it has set this: one of both sees the item.
        if self.0.is_abandoned.load(Ordering::SeqCst) {
            self.0.clear();
            return false;
        }
        self.0.waker.wake();
        true
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.is_closed.store(true, Ordering::SeqCst);
        self.0.waker.wake();
    }
}

impl<T> Receiver<T> {
    /// Takes the oldest item of each queue. Returns `None` for a sender that is gone and empty queues.
    ///
    /// Items count against the runtime's cooperative budget: without it a busy worker would never serve its timers.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Received<T>>> {
        if self.is_empty() {
            self.0.waker.register(cx.waker());
            // An item may have arrived before the waker was registered.
            let is_closed = self.0.is_closed.load(Ordering::SeqCst);
            if self.is_empty() {
                return if is_closed { Poll::Ready(None) } else { Poll::Pending };
            }
        }
        let progress = ready!(coop::poll_proceed(cx));
        progress.made_progress();
        let take = |priority| self.0.queue(priority).pop().map(|item| (item, priority));
        Poll::Ready(Some([take(Priority::First), take(Priority::Ordinary)]))
    }

    fn is_empty(&self) -> bool {
        self.0.first.is_empty() && self.0.ordinary.is_empty()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.is_abandoned.store(true, Ordering::SeqCst);
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn poll<T>(receiver: &mut Receiver<T>) -> Poll<Option<Vec<T>>> {
        let poll = receiver.poll_recv(&mut Context::from_waker(Waker::noop()));
        poll.map(|items| items.map(|items| items.into_iter().flatten().map(|(item, _)| item).collect()))
    }

    #[test]
    fn items_of_both_queues_are_received_alternately() {
        let (sender, mut receiver) = channel();
        for item in 0..3 {
            assert!(sender.send(item, Priority::Ordinary));
        }
        assert!(sender.send(10, Priority::First));
        assert_eq!(poll(&mut receiver), Poll::Ready(Some(vec![10, 0])));
        assert_eq!(poll(&mut receiver), Poll::Ready(Some(vec![1])));
        drop(sender);
        assert_eq!(poll(&mut receiver), Poll::Ready(Some(vec![2])));
        assert_eq!(poll(&mut receiver), Poll::Ready(None));
    }

    #[test]
    fn items_without_a_receiver_are_dropped() {
        let (sender, receiver) = channel();
        let item = Arc::new(());
        assert!(sender.send(Arc::clone(&item), Priority::First));
        drop(receiver);
        assert!(!sender.send(Arc::clone(&item), Priority::Ordinary));
        assert_eq!(Arc::strong_count(&item), 1);
    }
}
