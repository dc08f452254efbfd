//! Ends the slice of a job that computes for long as soon as there is something else for its worker to do. The ticks that
//! end it otherwise come from a thread, for which a busy system has a processor late.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use wasmtime::Engine;

/// Wakes a worker, and makes guest code that computes on it meanwhile let go of it.
pub(crate) struct PreemptingWaker {
    engine: Engine,
    worker: Waker,
    armed: AtomicBool,
    /// Whether something has woken the worker since it was armed.
    requested: AtomicBool,
}

thread_local! {
    /// That of the worker whose thread this is.
    static CURRENT: RefCell<Option<Arc<PreemptingWaker>>> = const { RefCell::new(None) };
}

/// Whether the worker whose thread this is has something else to do than what it computes in the background.
pub(crate) fn is_preempted() -> bool {
    CURRENT.with_borrow(|current| current.as_ref().is_some_and(|current| current.requested.load(Ordering::Relaxed)))
}

impl PreemptingWaker {
    /// For the worker whose thread this is, and whose guests run on this engine.
    pub(crate) fn new(engine: Engine, worker: Waker) -> Arc<Self> {
        let new = Arc::new(Self { engine, worker, armed: AtomicBool::new(false), requested: AtomicBool::new(false) });
        CURRENT.set(Some(Arc::clone(&new)));
        new
    }

    /// From now on whoever wakes the worker ends what it computes.
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
