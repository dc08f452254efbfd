//! Runs the keyed lock and the batch queue in many interleavings of their threads, which shuttle schedules.
//!
//! There are too many interleavings to run all of them. Half of the runs are chosen evenly. The other half delays a few
//! threads for long, which finds defects that need a rare order. Shuttle prints an interleaving that breaks a property,
//! and its function `replay` runs it again. A deadlock, which a lost wake-up leaves, breaks every property.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod batch_queue;
mod keyed_lock;
mod log_handler;

use shuttle::sync::atomic::{AtomicBool, Ordering};

/// Interleavings of each kind that are run for each property.
const ITERATIONS: usize = 5_000;

/// Points at which a thread is delayed for long, in interleavings of the second kind.
const PCT_DEPTH: usize = 3;

/// Runs a property in interleavings of both kinds.
fn check(property: fn()) {
    shuttle::check_random(property, ITERATIONS);
    shuttle::check_pct(property, ITERATIONS, PCT_DEPTH);
}

/// A point at which another thread may continue.
fn step() {
    AtomicBool::new(false).load(Ordering::SeqCst);
}
