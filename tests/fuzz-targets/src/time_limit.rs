//! Limits for the CPU time and the memory of a parser.

use crate::allocation;
use rustix::time::{ClockId, clock_gettime};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Limit for the CPU time of an input, with all debug assertions, on a slow machine.
pub(crate) const TIME_LIMIT: Duration = Duration::from_millis(50);
/// Limit for the bytes allocated at the same time.
pub(crate) const MEMORY_LIMIT: i64 = 64 << 20;
/// Limit for the CPU time of compiling a component, and of files with thousands of nodes, tenants and campaigns.
const SLOW_TIME_LIMIT: Duration = Duration::from_secs(2);

/// The maximum cost of the measured operations.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// The CPU time of one measured operation.
    pub time: Duration,
    /// The maximum of bytes allocated at the same time by one measured operation.
    pub peak: i64,
    /// The sum of all allocations of one measured operation, freed or not.
    pub total: i64,
}

static COST: Mutex<Cost> = Mutex::new(Cost { time: Duration::ZERO, peak: 0, total: 0 });

/// The maximum of each cost since the last call. The maxima may belong to different operations.
pub fn take_cost() -> Cost {
    std::mem::take(&mut *COST.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The bytes that the process has allocated now, and the maximum since the last call.
pub fn process_memory() -> (i64, i64) {
    allocation::process_bytes()
}

/// Runs `work` and asserts that it stays below [`TIME_LIMIT`] and [`MEMORY_LIMIT`]. CPU time does not include the time
/// in which the thread waits for a processor.
pub(crate) fn within_time_limit<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (result, cost) = measure(work);
    assert!(cost.time < TIME_LIMIT, "{what} took {:?}", cost.time);
    assert!(cost.peak < MEMORY_LIMIT, "{what} allocated {} bytes at once", cost.peak);
    result
}

/// Runs `work` and asserts that it stays below the longer limit: compiles a component, reads a large file, or
/// initialises tables.
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
    let cost = Cost { time, peak: allocated.peak, total: allocated.total };
    let mut known = COST.lock().unwrap_or_else(PoisonError::into_inner);
    known.time = known.time.max(cost.time);
    known.peak = known.peak.max(cost.peak);
    known.total = known.total.max(cost.total);
    (result, cost)
}

fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
