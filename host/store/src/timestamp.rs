//! Instants as every backend keeps them: whole microseconds since 1970, UTC.

use chrono::{DateTime, Utc};
use std::time::Duration;

/// Microseconds since 1970; what is finer is cut off.
pub fn to_micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// The instant that [`to_micros`] made the number from; the epoch for one that no instant yields.
pub fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// The instant as a store gives it back.
pub(super) fn truncate_to_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    from_micros(to_micros(at))
}

/// A length of time in microseconds; the longest one for what is longer.
pub fn duration_to_micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
