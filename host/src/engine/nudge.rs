//! Ends the slice of a job that computes for long as soon as there is something else for its worker to do. The ticks that
//! end it otherwise come from a thread, for which a busy system has a processor late.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use wasmtime::Engine;

/// Wakes a worker, and makes guest code that computes on it meanwhile let go of it.
pub(crate) struct Nudge {
    engine: Engine,
    worker: Waker,
    armed: AtomicBool,
}

impl Nudge {
    /// For a worker whose guests run on this engine.
    pub(crate) fn new(engine: Engine, worker: Waker) -> Arc<Self> {
        Arc::new(Self { engine, worker, armed: AtomicBool::new(false) })
    }

    /// From now on whoever wakes the worker ends what it computes.
    pub(crate) fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn disarm(&self) {
        self.armed.store(false, Ordering::SeqCst);
    }
}

impl Wake for Nudge {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.armed.load(Ordering::SeqCst) {
            self.engine.increment_epoch();
        }
        self.worker.wake_by_ref();
    }
}
