//! The clock of the tests.

use crate::samples::at;
use chrono::{DateTime, TimeDelta, Utc};
use flowhost_store::Clock;
use std::sync::Mutex;
use std::time::Duration;

/// A clock that a test sets. It starts at [`at`] 0.
#[derive(Debug, Default)]
pub struct ManualClock(Mutex<(TimeDelta, Duration)>);

impl ManualClock {
    /// Advances the time of day and the elapsed time.
    pub fn advance(&self, seconds: u32) {
        self.0.lock().unwrap().1 += Duration::from_secs(seconds.into());
    }

    /// Changes the time of day only, like an administrator who sets the clock.
    pub fn jump(&self, by: TimeDelta) {
        self.0.lock().unwrap().0 += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        let (set, elapsed) = *self.0.lock().unwrap();
        at(0) + set + elapsed
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().1
    }
}
