//! Keyed locks: each lock has one holder at a time, in the order of the requests, also if a waiter is cancelled.

use crate::host::keyed_lock::KeyedLocks;
use crate::sync::{Arc, Mutex, step, thread};
use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicBool, Ordering};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

type Key = &'static str;

fn locks() -> Arc<KeyedLocks<Key>> {
    Arc::new(KeyedLocks::new())
}

/// Asserts that no lock is held or awaited, and that the table has no entries for released locks.
fn assert_no_locks_left(locks: &KeyedLocks<Key>) {
    assert!(!locks.is_locked(&"a") && !locks.is_locked(&"b") && locks.is_empty());
    let shown = format!("{locks:?}");
    assert!(!shown.contains("\"a\"") && !shown.contains("\"b\""), "{shown}");
}

/// A section that only one thread at a time may execute.
#[derive(Default)]
struct CriticalSection(AtomicBool);

impl CriticalSection {
    fn run_alone(&self) {
        assert!(!self.0.swap(true, Ordering::SeqCst), "two threads hold the lock");
        step();
        self.0.store(false, Ordering::SeqCst);
    }
}

pub(crate) fn a_lock_is_exclusive() {
    let (locks, section) = (locks(), Arc::new(CriticalSection::default()));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (locks, section) = (Arc::clone(&locks), Arc::clone(&section));
            thread::spawn(move || {
                for _ in 0..2 {
                    let guard = block_on(locks.lock("a"));
                    assert!(locks.is_locked(&"a") && !locks.is_empty());
                    section.run_alone();
                    drop(guard);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_no_locks_left(&locks);
}

/// A future that has requested the lock `a` and waits for it.
fn waiting_lock(
    locks: &Arc<KeyedLocks<Key>>,
) -> Pin<Box<dyn Future<Output = crate::host::keyed_lock::KeyedLockGuard<Key>> + Send>> {
    let locks = Arc::clone(locks);
    let mut wait = Box::pin(async move { locks.lock("a").await });
    assert!(matches!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    wait
}

pub(crate) fn a_lock_is_granted_in_order() {
    let (locks, order) = (locks(), Arc::new(Mutex::new(Vec::new())));
    let first = block_on(locks.lock("a"));
    let waits: Vec<_> = (0..3).map(|_| waiting_lock(&locks)).collect();
    let threads: Vec<_> = waits
        .into_iter()
        .enumerate()
        .map(|(number, wait)| {
            let order = Arc::clone(&order);
            thread::spawn(move || {
                let guard = block_on(wait);
                order.lock().unwrap().push(number);
                drop(guard);
            })
        })
        .collect();
    drop(first);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*order.lock().unwrap(), [0, 1, 2]);
    assert_no_locks_left(&locks);
}

pub(crate) fn a_cancelled_wait_does_not_affect_others() {
    let (locks, section) = (locks(), Arc::new(CriticalSection::default()));
    let first = block_on(locks.lock("a"));
    let (given_up, waiting) = (waiting_lock(&locks), waiting_lock(&locks));
    let leaves = thread::spawn(move || drop(given_up));
    let (visited, also) = (Arc::clone(&section), Arc::clone(&section));
    let waits = thread::spawn(move || {
        let guard = block_on(waiting);
        visited.run_alone();
        drop(guard);
    });
    let again = Arc::clone(&locks);
    let comes = thread::spawn(move || {
        let guard = block_on(again.lock("a"));
        also.run_alone();
        drop(guard);
    });
    drop(first);
    [leaves, waits, comes].into_iter().for_each(|thread| thread.join().unwrap());
    assert_no_locks_left(&locks);
}

pub(crate) fn several_locks_are_acquired_in_order() {
    let (locks, sections) = (locks(), Arc::new([CriticalSection::default(), CriticalSection::default()]));
    let threads: Vec<_> = [&["a", "b"][..], &["a", "b"], &["b"]]
        .into_iter()
        .map(|keys| {
            let (locks, sections) = (Arc::clone(&locks), Arc::clone(&sections));
            thread::spawn(move || {
                let mut held = Vec::new();
                for key in keys {
                    held.push(block_on(locks.lock(key)));
                    sections[usize::from(*key == "b")].run_alone();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_no_locks_left(&locks);
}
