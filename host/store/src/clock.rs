//! The time by which idempotency keys live: the store's own, never an invocation's.

use super::timestamp::{duration_to_micros, to_micros};
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The source of a store's time. Tests set it; everything else uses [`SystemClock`].
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time of day, which somebody may set.
    fn now(&self) -> DateTime<Utc>;

    /// The time since a fixed moment, which nobody can set.
    fn elapsed(&self) -> Duration;
}

/// The system's clocks.
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

/// Microseconds by which a reading may differ from the expected time. Small corrections of the clock stay within.
const TOLERANCE_MICROS: u64 = 60_000_000;

/// Microseconds for which all readings must agree on an unexpected time before keys live by it.
const CONFIRMATION_MICROS: i64 = 60 * 60 * 1_000_000;

/// A clock that one wrong reading does not move.
///
/// It trusts the time of day at its creation, and expects it to advance with the elapsed time from then on. The clock may
/// jump ahead or back: the new time counts only after all readings of an hour have agreed on it.
pub struct IdempotencyClock {
    clock: Arc<dyn Clock>,
    state: Mutex<ClockState>,
}

/// Offsets are the time of day less the elapsed time, microseconds.
struct ClockState {
    offset: i64,
    /// Another offset, which the last readings gave, and the elapsed time at the first of them.
    candidate: Option<(i64, i64)>,
}

impl IdempotencyClock {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let offset = to_micros(clock.now()).saturating_sub(duration_to_micros(clock.elapsed()));
        Self { clock, state: Mutex::new(ClockState { offset, candidate: None }) }
    }

    /// Microseconds since 1970.
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
