//! A process-wide lock that allows one compilation at a time, regardless of the number of hosts.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

static BUSY: Mutex<bool> = Mutex::new(false);
static RELEASED: Condvar = Condvar::new();

/// A guard that holds the lock until it is dropped.
pub(super) struct CompileLock(());

impl CompileLock {
    /// Waits for the lock.
    pub(super) fn acquire() -> Self {
        let busy = BUSY.lock().unwrap_or_else(PoisonError::into_inner);
        let mut busy = RELEASED.wait_while(busy, |busy| *busy).unwrap_or_else(PoisonError::into_inner);
        *busy = true;
        Self(())
    }

    /// Waits at most `limit` for the lock.
    pub(super) fn acquire_within(limit: Duration) -> Option<Self> {
        let busy = BUSY.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = RELEASED.wait_timeout_while(busy, limit, |busy| *busy);
        let (mut busy, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *busy {
            return None;
        }
        *busy = true;
        Some(Self(()))
    }
}

impl Drop for CompileLock {
    fn drop(&mut self) {
        *BUSY.lock().unwrap_or_else(PoisonError::into_inner) = false;
        RELEASED.notify_one();
    }
}
