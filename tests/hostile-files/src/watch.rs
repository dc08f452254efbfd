//! How long a parser may compute, and how much it may allocate.

use crate::allocation;
use rustix::time::{ClockId, clock_gettime};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The time of computing that any input may take, on the slowest machine, with every check compiled in.
pub(crate) const LONG: Duration = Duration::from_millis(50);
/// The bytes that may be allocated at once.
pub(crate) const LARGE: i64 = 64 << 20;
/// The same for compiling a component, and for files of thousands of nodes, tenants and campaigns.
const LENGTHY: Duration = Duration::from_secs(2);

/// The greatest cost of handling an input.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// The time of computing of one watched piece of work.
    pub time: Duration,
    /// The bytes allocated at once by one watched piece of work.
    pub most: i64,
    /// The bytes allocated by one watched piece of work, freed or not.
    pub total: i64,
}

static COST: Mutex<Cost> = Mutex::new(Cost { time: Duration::ZERO, most: 0, total: 0 });

/// The greatest costs since the last call, each by itself.
pub fn take_cost() -> Cost {
    std::mem::take(&mut *COST.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The bytes that the process has allocated now, and the most that it had since the last call.
pub fn process_memory() -> (i64, i64) {
    allocation::process()
}

/// Does `work`, for which this thread may compute no longer than [`LONG`] and allocate no more than [`LARGE`] at once.
/// While it is paused or waits for a processor, no time passes.
pub(crate) fn quick<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (result, cost) = measured(work);
    assert!(cost.time < LONG, "{what} took {:?}", cost.time);
    assert!(cost.most < LARGE, "{what} allocated {} bytes at once", cost.most);
    let mut known = COST.lock().unwrap_or_else(PoisonError::into_inner);
    known.time = known.time.max(cost.time);
    known.most = known.most.max(cost.most);
    known.total = known.total.max(cost.total);
    result
}

/// Does `work` that compiles a component, reads a large file, or prepares something once.
pub(crate) fn lengthy<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (result, cost) = measured(work);
    assert!(cost.time < LENGTHY, "{what} took {:?}", cost.time);
    result
}

fn measured<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    allocation::begin();
    let before = computed();
    let result = work();
    let time = computed().saturating_sub(before);
    let allocated = allocation::allocated();
    (result, Cost { time, most: allocated.most, total: allocated.total })
}

fn computed() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
