//! How long a parser may compute.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The same as a time of computing: more than any input may take, on the slowest machine, with every check compiled in.
pub(crate) const LONG: Duration = Duration::from_secs(2);

/// Does `work`, for which this thread may compute no longer than [`LONG`]. While it is paused or waits for a processor,
/// no time passes.
pub(crate) fn quick<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let before = computed();
    let result = work();
    let spent = computed().saturating_sub(before);
    assert!(spent < LONG, "{what} took {spent:?}");
    result
}

fn computed() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
