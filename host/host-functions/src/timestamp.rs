//! Conversions between times of the contract and of the host.

use super::bindings::flow::action::types::Timestamp;
use chrono::{DateTime, Datelike, Utc};

/// The first and the last second of the years 1 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Converts a time. A time outside the years 1 to 9999 becomes the nearest one inside.
pub(super) fn to_wit(at: DateTime<Utc>) -> Timestamp {
    // The nanoseconds of a leap second exceed a second.
    let nanoseconds = at.timestamp_subsec_nanos().min(999_999_999);
    let seconds = at.timestamp().clamp(*SECONDS.start(), *SECONDS.end());
    match at.year() {
        1..=9999 => Timestamp { seconds, nanoseconds },
        ..=0 => Timestamp { seconds, nanoseconds: 0 },
        _ => Timestamp { seconds, nanoseconds: 999_999_999 },
    }
}

/// Converts a plugin's time. `None`: it is not in the years 1 to 9999, or its nanoseconds exceed a second.
pub(super) fn from_wit(at: Timestamp) -> Option<DateTime<Utc>> {
    let is_valid = SECONDS.contains(&at.seconds) && at.nanoseconds < 1_000_000_000;
    DateTime::from_timestamp(at.seconds, at.nanoseconds).filter(|_| is_valid)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_of_the_years_1_to_9999_round_trip() {
        for (seconds, nanoseconds) in [(*SECONDS.start(), 0), (0, 1), (-1, 999_999_999), (*SECONDS.end(), 999_999_999)]
        {
            let at = from_wit(Timestamp { seconds, nanoseconds }).unwrap();
            let again = to_wit(at);
            assert_eq!((again.seconds, again.nanoseconds), (seconds, nanoseconds));
        }
    }

    #[test]
    fn other_times_are_rejected_or_clamped() {
        for (seconds, nanoseconds) in
            [(*SECONDS.start() - 1, 0), (*SECONDS.end() + 1, 0), (0, 1_000_000_000), (i64::MAX, 0)]
        {
            assert!(from_wit(Timestamp { seconds, nanoseconds }).is_none(), "{seconds}");
        }
        assert_eq!(to_wit(DateTime::<Utc>::MAX_UTC).seconds, *SECONDS.end());
        assert_eq!(to_wit(DateTime::<Utc>::MIN_UTC).seconds, *SECONDS.start());
    }
}
