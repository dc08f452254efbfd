//! The thread that advances the epoch of every engine, so that guest code yields at every tick.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{JoinHandle, Thread};
use wasmtime::Engine;

/// Ticks without work after which the thread parks until a worker is busy. An idle host therefore causes no wake-ups.
const IDLE_TICKS: u32 = 100;

struct TickerShared {
    busy: AtomicUsize,
    parked: AtomicBool,
    stop: AtomicBool,
}

/// The ticker thread. It runs until this is dropped.
pub struct EpochTicker {
    shared: Arc<TickerShared>,
    handle: Thread,
    thread: Option<JoinHandle<()>>,
}

/// A worker's handle to report whether it has work.
#[derive(Clone)]
pub struct ActivityHandle {
    shared: Arc<TickerShared>,
    thread: Thread,
}

impl EpochTicker {
    /// Starts the thread for these engines.
    pub fn start(engines: Vec<Engine>) -> std::io::Result<Self> {
        let shared = Arc::new(TickerShared {
            busy: AtomicUsize::new(0),
            parked: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let seen = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("flowhost-ticker".to_owned()).spawn(move || run(&engines, &seen))?;
        Ok(Self { shared, handle: thread.thread().clone(), thread: Some(thread) })
    }

    /// Returns a handle for a thread that runs guests.
    pub fn activity_handle(&self) -> ActivityHandle {
        ActivityHandle { shared: Arc::clone(&self.shared), thread: self.handle.clone() }
    }
}

impl Drop for EpochTicker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            self.handle.unpark();
            // The thread holds nothing that a panic in it could have left inconsistent.
            drop(thread.join());
        }
    }
}

impl ActivityHandle {
    /// Reports that the worker has work from now on.
    pub fn set_busy(&self) {
        self.shared.busy.fetch_add(1, Ordering::SeqCst);
        if self.shared.parked.swap(false, Ordering::SeqCst) {
            self.thread.unpark();
        }
    }

    /// Reports that the worker is idle from now on.
    pub fn set_idle(&self) {
        self.shared.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

fn run(engines: &[Engine], shared: &TickerShared) {
    // Without this, Linux wakes a thread up to 50 µs late.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1_000));
    let mut idle = 0;
    while !shared.stop.load(Ordering::SeqCst) {
        idle = if shared.busy.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
        if idle < IDLE_TICKS {
            std::thread::sleep(super::EPOCH_PERIOD);
        } else {
            shared.parked.store(true, Ordering::SeqCst);
            // A worker that became busy between the store above and the park below has unparked this thread already.
            if shared.busy.load(Ordering::SeqCst) == 0 && !shared.stop.load(Ordering::SeqCst) {
                std::thread::park();
            }
            shared.parked.store(false, Ordering::SeqCst);
            idle = 0;
        }
        for engine in engines {
            engine.increment_epoch();
        }
    }
}
