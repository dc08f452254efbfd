//! Preemption of background tasks: new work for a worker ends the slice of its background task at once.
//!
//! Epoch ticks also end the slice, but they come from a thread that a busy system may schedule late.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use wasmtime::Engine;

/// A waker that wakes a worker and makes the guest code that runs on it yield.
pub(crate) struct PreemptingWaker {
    engine: Engine,
    worker: Waker,
    armed: AtomicBool,
    /// Whether a wake has occurred since the waker was armed.
    requested: AtomicBool,
}

thread_local! {
    /// The waker of the worker on this thread.
    static CURRENT: RefCell<Option<Arc<PreemptingWaker>>> = const { RefCell::new(None) };
}

/// Returns whether the worker on this thread has other work than its background task.
pub fn is_preempted() -> bool {
    CURRENT.with_borrow(|current| current.as_ref().is_some_and(|current| current.requested.load(Ordering::Relaxed)))
}

impl PreemptingWaker {
    /// Creates the waker of the worker on this thread. The worker's guests run on `engine`.
    pub(crate) fn new(engine: Engine, worker: Waker) -> Arc<Self> {
        let new = Arc::new(Self { engine, worker, armed: AtomicBool::new(false), requested: AtomicBool::new(false) });
        CURRENT.set(Some(Arc::clone(&new)));
        new
    }

    /// From now on every wake preempts the running guest.
    pub(crate) fn arm(&self) {
        self.requested.store(false, Ordering::SeqCst);
        self.armed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn disarm(&self) {
        self.armed.store(false, Ordering::SeqCst);
    }
}

impl Wake for PreemptingWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.armed.load(Ordering::SeqCst) {
            self.requested.store(true, Ordering::Relaxed);
            self.engine.increment_epoch();
        }
        self.worker.wake_by_ref();
    }
}
