//! The time by which idempotency keys live: the store's own, never an invocation's.

use super::instant::{span, to_micros};
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
const SLACK: u64 = 60_000_000;

/// Microseconds for which all readings must agree on an unexpected time before keys live by it.
const PROBATION: i64 = 60 * 60 * 1_000_000;

/// A clock that one wrong reading does not move.
///
/// It trusts the time of day at its creation, and expects it to advance with the elapsed time from then on. The clock may
/// jump ahead or back: the new time counts only after all readings of an hour have agreed on it.
pub(super) struct KeyClock {
    clock: Arc<dyn Clock>,
    trust: Mutex<Trust>,
}

/// Offsets are the time of day less the elapsed time, microseconds.
struct Trust {
    offset: i64,
    /// Another offset, which the last readings gave, and the elapsed time at the first of them.
    doubtful: Option<(i64, i64)>,
}

impl KeyClock {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let offset = to_micros(clock.now()).saturating_sub(span(clock.elapsed()));
        Self { clock, trust: Mutex::new(Trust { offset, doubtful: None }) }
    }

    /// Microseconds since 1970.
    pub(super) fn micros(&self) -> i64 {
        let elapsed = span(self.clock.elapsed());
        let offset = to_micros(self.clock.now()).saturating_sub(elapsed);
        let mut trust = self.trust.lock().unwrap_or_else(PoisonError::into_inner);
        let keeps_to = |expected: i64| offset.abs_diff(expected) <= SLACK;
        match trust.doubtful {
            _ if keeps_to(trust.offset) => *trust = Trust { offset, doubtful: None },
            Some((doubtful, since)) if keeps_to(doubtful) => {
                if elapsed.saturating_sub(since) >= PROBATION {
                    *trust = Trust { offset, doubtful: None };
                }
            }
            _ => trust.doubtful = Some((offset, elapsed)),
        }
        trust.offset.saturating_add(elapsed)
    }
}

impl Default for KeyClock {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}
