//! Explores interleavings of the host's threads: compiles source files of the host with shuttle's primitives.
//!
//! There are too many interleavings to try all, so they are random. Half of them have a uniform distribution. The
//! others delay a few threads for a long time, which finds defects that need a rare order. Shuttle prints an
//! interleaving that violates a property, and its `replay` runs it again. A deadlock, for example after a lost wake-up,
//! violates every property.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test panics")]

/// Source files of the host. The modules of this crate replace the other modules that they import from `crate`.
#[path = "../../src"]
mod host {
    #[path = "engine/cache.rs"]
    pub(crate) mod cache;
    #[path = "invocation/committer.rs"]
    pub(crate) mod committer;
    #[path = "invocation/keyed_lock.rs"]
    pub(crate) mod keyed_lock;
    #[path = "engine/private_files.rs"]
    pub(crate) mod private_files;
    #[path = "catalog/snapshot_cell.rs"]
    pub(crate) mod snapshot_cell;
}
mod store;
mod sync;

mod cache;
mod commits;
mod keyed_lock;
mod snapshot_cell;

/// Interleavings of each kind for each property.
const ITERATIONS: usize = 5_000;

/// Interleavings of each kind for each property of files, which are slower.
const FILE_ITERATIONS: usize = 200;

/// The number of delays in an interleaving of the second kind (probabilistic concurrency testing).
const PCT_DEPTH: usize = 3;

/// The names of properties with their functions.
macro_rules! checks {
    ($($property:path),* $(,)?) => { [$((stringify!($property), $property as fn())),*] };
}

fn main() {
    let properties = checks![
        commits::every_commit_is_applied_once_and_answered,
        commits::enqueued_commits_are_applied_before_shutdown,
        commits::a_dropped_caller_does_not_affect_others,
        commits::a_failed_transaction_is_reported_to_every_caller,
        commits::a_guard_is_dropped_after_its_commit,
        commits::a_failed_start_is_reported,
        keyed_lock::a_lock_is_exclusive,
        keyed_lock::a_lock_is_granted_in_order,
        keyed_lock::a_cancelled_wait_does_not_affect_others,
        keyed_lock::several_locks_are_acquired_in_order,
        snapshot_cell::no_change_is_lost,
        snapshot_cell::readers_see_one_state,
        cache::readers_see_nothing_or_a_whole_entry,
        cache::a_crashed_writer_leaves_nothing_or_a_whole_entry,
    ];
    let filter = std::env::args().nth(1);
    let matches_filter = |name: &str| filter.as_ref().is_none_or(|filter| name.contains(filter));
    for (name, property) in properties.into_iter().filter(|(name, _)| matches_filter(name)) {
        let iterations = if name.starts_with("cache::") { FILE_ITERATIONS } else { ITERATIONS };
        shuttle::check_random(property, iterations);
        shuttle::check_pct(property, iterations, PCT_DEPTH);
        println!("{name}: holds in {} interleavings", 2 * iterations);
    }
}
