//! Keyed locks: each lock has one holder at a time, in the order of the requests, also if a waiter is cancelled.

use crate::{check, step};
use flowhost_sync::{KeyedLockGuard, KeyedLocks};
use shuttle::future::block_on;
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::thread;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
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

#[test]
fn a_lock_is_exclusive() {
    check(run_a_lock_is_exclusive);
}

fn run_a_lock_is_exclusive() {
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
fn waiting_lock(locks: &Arc<KeyedLocks<Key>>) -> Pin<Box<dyn Future<Output = KeyedLockGuard<Key>> + Send>> {
    let locks = Arc::clone(locks);
    let mut wait = Box::pin(async move { locks.lock("a").await });
    assert!(matches!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    wait
}

#[test]
fn a_lock_is_granted_in_order() {
    check(run_a_lock_is_granted_in_order);
}

fn run_a_lock_is_granted_in_order() {
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

#[test]
fn a_cancelled_wait_does_not_affect_others() {
    check(run_a_cancelled_wait_does_not_affect_others);
}

fn run_a_cancelled_wait_does_not_affect_others() {
    let (locks, section) = (locks(), Arc::new(CriticalSection::default()));
    let first = block_on(locks.lock("a"));
    let (cancelled, waiting) = (waiting_lock(&locks), waiting_lock(&locks));
    let cancelling = thread::spawn(move || drop(cancelled));
    let (visited, also) = (Arc::clone(&section), Arc::clone(&section));
    let waiting_thread = thread::spawn(move || {
        let guard = block_on(waiting);
        visited.run_alone();
        drop(guard);
    });
    let again = Arc::clone(&locks);
    let locking = thread::spawn(move || {
        let guard = block_on(again.lock("a"));
        also.run_alone();
        drop(guard);
    });
    drop(first);
    [cancelling, waiting_thread, locking].into_iter().for_each(|thread| thread.join().unwrap());
    assert_no_locks_left(&locks);
}

#[test]
fn several_locks_are_acquired_in_order() {
    check(run_several_locks_are_acquired_in_order);
}

fn run_several_locks_are_acquired_in_order() {
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
