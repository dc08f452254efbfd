//! How long a parser may compute, and how much it may allocate.

use crate::allocation;
use rustix::time::{ClockId, clock_gettime};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The time of computing that any input may take, on the slowest machine, with every check compiled in.
pub(crate) const TIME_LIMIT: Duration = Duration::from_millis(50);
/// The bytes that may be allocated at once.
pub(crate) const MEMORY_LIMIT: i64 = 64 << 20;
/// The same for compiling a component, and for files of thousands of nodes, tenants and campaigns.
const SLOW_TIME_LIMIT: Duration = Duration::from_secs(2);

/// The greatest cost of handling an input.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// The time of computing of one watched piece of work.
    pub time: Duration,
    /// The bytes allocated at once by one watched piece of work.
    pub peak: i64,
    /// The bytes allocated by one watched piece of work, freed or not.
    pub total: i64,
}

static COST: Mutex<Cost> = Mutex::new(Cost { time: Duration::ZERO, peak: 0, total: 0 });

/// The greatest costs since the last call, each by itself.
pub fn take_cost() -> Cost {
    std::mem::take(&mut *COST.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The bytes that the process has allocated now, and the most that it had since the last call.
pub fn process_memory() -> (i64, i64) {
    allocation::process_bytes()
}

/// Does `work`, for which this thread may compute no longer than [`TIME_LIMIT`] and allocate no more than [`MEMORY_LIMIT`] at once.
/// While it is paused or waits for a processor, no time passes.
pub(crate) fn within_time_limit<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (result, cost) = measure(work);
    assert!(cost.time < TIME_LIMIT, "{what} took {:?}", cost.time);
    assert!(cost.peak < MEMORY_LIMIT, "{what} allocated {} bytes at once", cost.peak);
    let mut known = COST.lock().unwrap_or_else(PoisonError::into_inner);
    known.time = known.time.max(cost.time);
    known.peak = known.peak.max(cost.peak);
    known.total = known.total.max(cost.total);
    result
}

/// Does `work` that compiles a component, reads a large file, or prepares something once.
pub(crate) fn within_slow_time_limit<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (result, cost) = measure(work);
    assert!(cost.time < SLOW_TIME_LIMIT, "{what} took {:?}", cost.time);
    result
}

fn measure<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    allocation::reset();
    let before = thread_cpu_time();
    let result = work();
    let time = thread_cpu_time().saturating_sub(before);
    let allocated = allocation::allocated();
    (result, Cost { time, peak: allocated.peak, total: allocated.total })
}

fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
