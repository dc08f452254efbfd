//! Locks by key: at most one invocation of this process holds the lock of a key at a time.

use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::primitives::{Arc, AsyncMutex, Mutex, OwnedMutexGuard, PoisonError, Weak};
use std::collections::HashMap;
use std::hash::Hash;

/// A table of locks, created on first use and removed when no task holds or awaits them.
#[derive(Debug)]
pub struct KeyedLocks<K> {
    table: Arc<LockTable<K>>,
}

#[derive(Debug)]
struct LockTable<K> {
    by_key: Mutex<HashMap<K, Weak<AsyncMutex<()>>>>,
    /// Number of locks, readable without locking the table.
    count: AtomicUsize,
}

/// A guard of one key's lock, released when dropped.
pub struct KeyedLockGuard<K: Eq + Hash> {
    // Declared before `_slot`, so that the guard is dropped first and the slot sees the final reference count.
    _guard: OwnedMutexGuard<()>,
    _slot: LockSlot<K>,
}

/// An entry of a holder or waiter. The last one removes the lock from the table.
struct LockSlot<K: Eq + Hash> {
    key: K,
    lock: Option<Arc<AsyncMutex<()>>>,
    table: Arc<LockTable<K>>,
}

impl<K: Eq + Hash> LockTable<K> {
    /// Calls `work` with exclusive access to the table, and updates the count.
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<K, Weak<AsyncMutex<()>>>) -> T) -> T {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut by_key);
        self.count.store(by_key.len(), Ordering::SeqCst);
        result
    }
}

impl<K: Eq + Hash + Clone> Default for KeyedLocks<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Eq + Hash + Clone> KeyedLocks<K> {
    /// Creates an empty table.
    pub fn new() -> Self {
        Self { table: Arc::new(LockTable { by_key: Mutex::new(HashMap::new()), count: AtomicUsize::new(0) }) }
    }

    /// Acquires the lock of a key. Cancel-safe: dropping the future leaves the queue.
    pub async fn lock(&self, key: K) -> KeyedLockGuard<K> {
        let lock = self.table.with(|locks| {
            let existing = locks.get(&key).and_then(Weak::upgrade);
            existing.unwrap_or_else(|| {
                let lock = Arc::new(AsyncMutex::new(()));
                locks.insert(key.clone(), Arc::downgrade(&lock));
                lock
            })
        });
        let slot = LockSlot { key, lock: Some(Arc::clone(&lock)), table: Arc::clone(&self.table) };
        let guard = lock.lock_owned().await;
        KeyedLockGuard { _guard: guard, _slot: slot }
    }

    /// Returns whether no task holds or awaits any lock.
    pub fn is_empty(&self) -> bool {
        self.table.count.load(Ordering::SeqCst) == 0
    }

    /// Returns whether a task holds or awaits the lock of this key.
    pub fn is_locked(&self, key: &K) -> bool {
        self.table.with(|locks| locks.get(key).is_some_and(|lock| lock.strong_count() > 0))
    }

    #[cfg(all(test, not(feature = "shuttle")))]
    fn len(&self) -> usize {
        self.table.with(|locks| locks.len())
    }
}

impl<K: Eq + Hash> Drop for LockSlot<K> {
    fn drop(&mut self) {
        let (key, lock) = (&self.key, self.lock.take());
        self.table.with(|locks| {
            drop(lock);
            if locks.get(key).is_some_and(|lock| lock.strong_count() == 0) {
                locks.remove(key);
            }
        });
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn the_second_lock_waits_and_no_entry_remains() {
        let locks = KeyedLocks::new();
        assert!(locks.is_empty());
        let Poll::Ready(first) = poll(pin!(locks.lock("a"))) else { unreachable!("no other task holds the lock") };
        assert!(!locks.is_empty() && locks.is_locked(&"a") && !locks.is_locked(&"b"));
        let mut second = pin!(locks.lock("a"));
        assert!(poll(second.as_mut()).is_pending());
        assert!(poll(pin!(locks.lock("b"))).is_ready());
        drop(first);
        assert!(!locks.is_empty());
        assert!(poll(second.as_mut()).is_ready());
        assert!(locks.is_empty());
        assert_eq!(locks.len(), 0);
    }

    #[test]
    fn a_cancelled_wait_leaves_the_queue() {
        let locks = KeyedLocks::new();
        let Poll::Ready(first) = poll(pin!(locks.lock("a"))) else { unreachable!("no other task holds the lock") };
        {
            let mut second = pin!(locks.lock("a"));
            assert!(poll(second.as_mut()).is_pending());
        }
        drop(first);
        assert_eq!(locks.len(), 0);
    }
}
