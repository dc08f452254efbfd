//! Timestamps as every backend stores them: whole microseconds since 1970, UTC.

use chrono::{DateTime, Utc};
use std::time::Duration;

/// Converts a timestamp to microseconds since 1970. Smaller units are truncated.
pub fn to_micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// Converts the result of [`to_micros`] back to a timestamp. Returns the epoch for a number out of range.
pub fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// Truncates a timestamp to the precision of a store.
pub(super) fn truncate_to_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    from_micros(to_micros(at))
}

/// Converts a duration to microseconds, saturating at the maximum.
pub fn duration_to_micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
