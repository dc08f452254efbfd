//! CPU time of the calling thread, with few reads of the CPU clock.
//!
//! Reading the CPU clock costs as much as a tenth of a small invocation. Workers therefore measure short polls by wall
//! time. They read the CPU clock only around polls longer than `PRECISION`, which the system may have preempted.

use cpu_time::ThreadTime;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Wall time up to which a measurement may count waiting for a processor as CPU time.
const PRECISION: Duration = Duration::from_micros(super::EPOCH_PERIOD.as_micros() as u64 / 2);

/// One reading of both clocks.
#[derive(Clone, Copy)]
struct Reading {
    wall: Instant,
    cpu: Duration,
}

thread_local! {
    static LAST: Cell<Option<Reading>> = const { Cell::new(None) };
}

/// Returns the CPU time of the calling thread since its start; `None` if the system does not measure it.
fn thread_cpu_time() -> Option<Duration> {
    ThreadTime::try_now().ok().map(|time| time.as_duration())
}

/// A timer for the CPU time of one thread.
#[derive(Debug, Clone, Copy)]
pub struct ThreadTimer {
    wall: Instant,
    cpu: Option<Duration>,
}

impl ThreadTimer {
    /// Starts a timer on the calling thread.
    pub fn start() -> Self {
        Self { wall: Instant::now(), cpu: thread_cpu_time() }
    }

    /// Returns the CPU time since the start, or the wall time if the system does not measure CPU time. Must be called
    /// on the thread that started the timer.
    pub fn elapsed(&self) -> Duration {
        match (self.cpu, thread_cpu_time()) {
            (Some(start), Some(now)) => now.saturating_sub(start),
            _ => self.wall.elapsed(),
        }
    }
}

/// Starts a measurement of the thread's CPU time at `now`. An exact measurement always reads the CPU clock. Any other
/// reads it only if the last reading is older than [`PRECISION`].
pub(super) fn start(now: Instant, exact: bool) {
    let is_recent = |last: Reading| now.saturating_duration_since(last.wall) <= PRECISION;
    if exact || !LAST.get().is_some_and(is_recent) {
        LAST.set(thread_cpu_time().map(|cpu| Reading { wall: now, cpu }));
    }
}

/// Returns the CPU time that the thread has used from `since`, for which [`start`] was called, until `now`. The result
/// is at most [`PRECISION`] too long, and never longer than the wall time.
pub(super) fn elapsed(since: Instant, now: Instant) -> Duration {
    let wall = now.saturating_duration_since(since);
    if wall <= PRECISION {
        return wall;
    }
    match (LAST.get(), thread_cpu_time()) {
        (Some(last), Some(cpu)) => wall.min(cpu.saturating_sub(last.cpu)),
        _ => wall,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn waiting_does_not_count_as_cpu_time() {
        let since = Instant::now();
        start(since, true);
        std::thread::park_timeout(Duration::from_millis(30));
        assert!(elapsed(since, Instant::now()) < Duration::from_millis(10));
    }

    #[test]
    fn cpu_time_is_measured() {
        let since = Instant::now();
        start(since, false);
        let timer = ThreadTimer::start();
        while timer.elapsed() < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        assert!(elapsed(since, Instant::now()) >= Duration::from_millis(20));
    }
}
