//! The clock for the expiry of idempotency keys. It belongs to the store and is independent of the time of an
//! invocation.

use super::timestamp::{duration_to_micros, to_micros};
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The source of a store's time. Tests provide their own; otherwise it is [`SystemClock`].
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the time of day, which an administrator may change.
    fn now(&self) -> DateTime<Utc>;

    /// Returns the time since a fixed origin. It is monotonic.
    fn elapsed(&self) -> Duration;
}

/// The clocks of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn elapsed(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}

/// Tolerance between a reading and the expected time in microseconds: one minute. Small corrections of the clock are
/// within it.
const TOLERANCE_MICROS: u64 = 60_000_000;

/// Time in microseconds for which all readings must agree on an unexpected time before the clock accepts it: one hour.
const CONFIRMATION_MICROS: i64 = 60 * 60 * 1_000_000;

/// A clock that ignores a single wrong reading.
///
/// The clock trusts the time of day at its creation, and then expects it to advance with the elapsed time. After a jump
/// of the time of day, the clock accepts the new time only when all readings of one hour agree on it.
pub struct IdempotencyClock {
    clock: Arc<dyn Clock>,
    state: Mutex<ClockState>,
}

/// The state of the clock. An offset is the time of day minus the elapsed time, in microseconds.
struct ClockState {
    offset: i64,
    /// A different offset of the last readings, and the elapsed time at the first of them.
    candidate: Option<(i64, i64)>,
}

impl IdempotencyClock {
    /// Creates a clock that reads `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let offset = to_micros(clock.now()).saturating_sub(duration_to_micros(clock.elapsed()));
        Self { clock, state: Mutex::new(ClockState { offset, candidate: None }) }
    }

    /// Returns the time in microseconds since 1970.
    pub fn now_micros(&self) -> i64 {
        let elapsed = duration_to_micros(self.clock.elapsed());
        let offset = to_micros(self.clock.now()).saturating_sub(elapsed);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let agrees_with = |expected: i64| offset.abs_diff(expected) <= TOLERANCE_MICROS;
        match state.candidate {
            _ if agrees_with(state.offset) => *state = ClockState { offset, candidate: None },
            Some((candidate, since)) if agrees_with(candidate) => {
                if elapsed.saturating_sub(since) >= CONFIRMATION_MICROS {
                    *state = ClockState { offset, candidate: None };
                }
            }
            _ => state.candidate = Some((offset, elapsed)),
        }
        state.offset.saturating_add(elapsed)
    }
}

impl Default for IdempotencyClock {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}
