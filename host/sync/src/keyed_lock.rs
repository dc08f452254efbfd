//! Taking turns: what concerns one thing is done by one invocation of this process at a time.

use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::primitives::{Arc, AsyncMutex, Mutex, OwnedMutexGuard, PoisonError, Weak};
use std::collections::HashMap;
use std::hash::Hash;

/// Locks by name, made when first asked for and forgotten when nobody holds or awaits them.
#[derive(Debug)]
pub struct KeyedLocks<K> {
    table: Arc<LockTable<K>>,
}

#[derive(Debug)]
struct LockTable<K> {
    by_key: Mutex<HashMap<K, Weak<AsyncMutex<()>>>>,
    /// How many there are, for those who only want to know whether there are any.
    count: AtomicUsize,
}

/// Somebody's turn; ends when dropped.
pub struct KeyedLockGuard<K: Eq + Hash> {
    // Before the place, which sees then whether anybody else is left.
    _guard: OwnedMutexGuard<()>,
    _slot: LockSlot<K>,
}

/// A place in the queue. Forgets the lock when it is the last one.
struct LockSlot<K: Eq + Hash> {
    key: K,
    lock: Option<Arc<AsyncMutex<()>>>,
    table: Arc<LockTable<K>>,
}

impl<K: Eq + Hash> LockTable<K> {
    /// Looks at them, or changes them, while nobody else does.
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<K, Weak<AsyncMutex<()>>>) -> T) -> T {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut by_key);
        self.count.store(by_key.len(), Ordering::SeqCst);
        result
    }
}

impl<K: Eq + Hash + Clone> KeyedLocks<K> {
    pub fn new() -> Self {
        Self { table: Arc::new(LockTable { by_key: Mutex::new(HashMap::new()), count: AtomicUsize::new(0) }) }
    }

    /// Waits for the turn. Cancel-safe: a dropped wait leaves the queue.
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

    /// Whether nobody holds or awaits any turn.
    pub fn is_empty(&self) -> bool {
        self.table.count.load(Ordering::SeqCst) == 0
    }

    /// Whether somebody holds or awaits the turn.
    pub fn is_locked(&self, key: &K) -> bool {
        self.table.with(|locks| locks.get(key).is_some_and(|lock| lock.strong_count() > 0))
    }

    #[cfg(test)]
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

#[cfg(test)]
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
        let Poll::Ready(first) = poll(pin!(locks.lock("a"))) else { unreachable!("nobody else is there") };
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
        let Poll::Ready(first) = poll(pin!(locks.lock("a"))) else { unreachable!("nobody else is there") };
        {
            let mut second = pin!(locks.lock("a"));
            assert!(poll(second.as_mut()).is_pending());
        }
        drop(first);
        assert_eq!(locks.len(), 0);
    }
}
