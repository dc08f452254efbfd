//! Synchronisation of the host's threads: keyed locks, and a queue whose items one thread applies in batches.
//!
//! The feature `shuttle` replaces the primitives, so that a test runs the code in many interleavings of its threads.

mod batch_queue;
mod keyed_lock;
mod primitives;

pub use batch_queue::{BatchHandler, BatchQueue, QueueError};
pub use keyed_lock::{KeyedLockGuard, KeyedLocks};
