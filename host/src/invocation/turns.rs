//! Taking turns: what concerns one thing is done by one invocation of this process at a time.

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Arc, AsyncMutex, Mutex, OwnedMutexGuard, PoisonError, Weak};
use std::collections::HashMap;
use std::hash::Hash;

/// Locks by name, made when first asked for and forgotten when nobody holds or awaits them.
#[derive(Debug)]
pub(crate) struct Turns<K> {
    locks: Arc<Locks<K>>,
}

#[derive(Debug)]
struct Locks<K> {
    by_key: Mutex<HashMap<K, Weak<AsyncMutex<()>>>>,
    /// How many there are, for those who only want to know whether there are any.
    count: AtomicUsize,
}

/// Somebody's turn; ends when dropped.
pub(crate) struct Turn<K: Eq + Hash> {
    // Before the place, which sees then whether anybody else is left.
    _guard: OwnedMutexGuard<()>,
    _place: Place<K>,
}

/// A place in the queue. Forgets the lock when it is the last one.
struct Place<K: Eq + Hash> {
    key: K,
    lock: Option<Arc<AsyncMutex<()>>>,
    locks: Arc<Locks<K>>,
}

impl<K: Eq + Hash> Locks<K> {
    /// Looks at them, or changes them, while nobody else does.
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<K, Weak<AsyncMutex<()>>>) -> T) -> T {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut by_key);
        self.count.store(by_key.len(), Ordering::SeqCst);
        result
    }
}

impl<K: Eq + Hash + Clone> Turns<K> {
    pub(crate) fn new() -> Self {
        Self { locks: Arc::new(Locks { by_key: Mutex::new(HashMap::new()), count: AtomicUsize::new(0) }) }
    }

    /// Waits for the turn. Cancel-safe: a dropped wait leaves the queue.
    pub(crate) async fn take(&self, key: K) -> Turn<K> {
        let lock = self.locks.with(|locks| {
            let known = locks.get(&key).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let lock = Arc::new(AsyncMutex::new(()));
                locks.insert(key.clone(), Arc::downgrade(&lock));
                lock
            })
        });
        let place = Place { key, lock: Some(Arc::clone(&lock)), locks: Arc::clone(&self.locks) };
        let guard = lock.lock_owned().await;
        Turn { _guard: guard, _place: place }
    }

    /// Whether nobody holds or awaits any turn.
    pub(crate) fn none_is_taken(&self) -> bool {
        self.locks.count.load(Ordering::SeqCst) == 0
    }

    /// Whether somebody holds or awaits the turn.
    pub(crate) fn is_taken(&self, key: &K) -> bool {
        self.locks.with(|locks| locks.get(key).is_some_and(|lock| lock.strong_count() > 0))
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.locks.with(|locks| locks.len())
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let (key, lock) = (&self.key, self.lock.take());
        self.locks.with(|locks| {
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
    fn the_second_waits_for_the_first_and_nothing_stays_behind() {
        let turns = Turns::new();
        assert!(turns.none_is_taken());
        let Poll::Ready(first) = poll(pin!(turns.take("a"))) else { unreachable!("nobody else is there") };
        assert!(!turns.none_is_taken() && turns.is_taken(&"a") && !turns.is_taken(&"b"));
        let mut second = pin!(turns.take("a"));
        assert!(poll(second.as_mut()).is_pending());
        assert!(poll(pin!(turns.take("b"))).is_ready());
        drop(first);
        assert!(!turns.none_is_taken());
        assert!(poll(second.as_mut()).is_ready());
        assert!(turns.none_is_taken());
        assert_eq!(turns.len(), 0);
    }

    #[test]
    fn a_wait_that_is_given_up_leaves_the_queue() {
        let turns = Turns::new();
        let Poll::Ready(first) = poll(pin!(turns.take("a"))) else { unreachable!("nobody else is there") };
        {
            let mut second = pin!(turns.take("a"));
            assert!(poll(second.as_mut()).is_pending());
        }
        drop(first);
        assert_eq!(turns.len(), 0);
    }
}
