//! Dates in a tenant's zone, for host functions that do not evaluate an expression.

use super::date_pattern::DatePattern;
use super::error::truncated;
use super::scope::Locale;
use chrono::{DateTime, Datelike, Utc};

/// Maximum bytes of a date or its pattern.
const MAX_BYTES: usize = 1_000;

/// The argument that a function of this module rejects, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateError {
    /// The pattern is not valid.
    Pattern(String),
    /// The time, or the text of the date, is not valid.
    Date(String),
}

/// Formats a time in the locale's zone with a pattern such as `dd/MM/yyyy HH:mm:ss`. Drops fractions of a second.
///
/// # Errors
/// The pattern, or a time whose local year is not 1 to 9999.
pub fn format_date(at: DateTime<Utc>, pattern: &str, locale: &dyn Locale) -> Result<String, DateError> {
    let pattern = parse_pattern(pattern)?;
    let local = locale.to_local(at);
    if !(1..=9999).contains(&local.year()) {
        return Err(DateError::Date("the time is not in the years 1 to 9999".to_owned()));
    }
    Ok(pattern.format(local))
}

/// Parses a date in the locale's zone with a pattern. Absent parts of the time are zero.
///
/// # Errors
/// The pattern, or a text that is not a date of this form.
pub fn parse_date(text: &str, pattern: &str, locale: &dyn Locale) -> Result<DateTime<Utc>, DateError> {
    let parsed = parse_pattern(pattern)?;
    if !parsed.has_whole_date() {
        return Err(DateError::Pattern("the pattern needs dd, MM and yyyy".to_owned()));
    }
    let invalid = |reason: &str| {
        let (text, pattern) = (truncated(text), truncated(pattern));
        DateError::Date(format!("`{text}` is not a date of the form {pattern}: {reason}"))
    };
    if text.len() > MAX_BYTES {
        return Err(invalid("it is too long"));
    }
    let local = parsed.parse_date(text).map_err(|reason| invalid(&reason))?;
    let at = locale.to_utc(local);
    if (1..=9999).contains(&at.year()) { Ok(at) } else { Err(invalid("it is outside the years 1 to 9999")) }
}

fn parse_pattern(pattern: &str) -> Result<DatePattern, DateError> {
    if pattern.len() > MAX_BYTES {
        return Err(DateError::Pattern(format!("the pattern is longer than {MAX_BYTES} bytes; shorten it")));
    }
    DatePattern::parse(pattern).map_err(DateError::Pattern)
}
