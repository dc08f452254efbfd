//! Dates in the formats of schedules and in formats of a pattern. The input has three lines: a zone, a date, a pattern.

use crate::expression::StubLocale;
use crate::{message_checks, time_limit};
use chrono::{DateTime, Datelike as _, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use flowhost::ErrorCode;
use flowhost::domain::schedule;
use flowhost::expression::limits::MAX_STEPS;
use flowhost::expression::{Budget, Expression, Scope, SessionView, Value};
use serde_json::json;

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let mut lines = text.splitn(3, '\n');
    let (zone, date, pattern) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default(), lines.next());
    time_limit::within_time_limit("the date", || check_schedule(date, zone_or_any(zone)));
    time_limit::within_time_limit("the pattern", || check_pattern(date, pattern.unwrap_or("dd/MM/yyyy HH:mm:ss")));
}

/// The zone of that name, or an arbitrary zone if it does not exist.
fn zone_or_any(zone: &str) -> Tz {
    let any = || TZ_VARIANTS[zone.bytes().map(usize::from).sum::<usize>() % TZ_VARIANTS.len()];
    zone.parse().unwrap_or_else(|_| any())
}

fn check_schedule(date: &str, zone: Tz) {
    let at = match schedule::parse(date, zone) {
        Ok(at) => at,
        Err(refusal) => {
            assert_eq!((refusal.code, refusal.argument), (ErrorCode::ScheduleInvalid, Some("schedule")));
            return message_checks::check_message(&refusal.message);
        }
    };
    assert!((0..=9999).contains(&at.year()), "{at}");
    assert_eq!(at.timestamp_subsec_nanos(), 0);
    let written = schedule::format(at, zone);
    let again = schedule::parse(&written, zone).unwrap();
    // In an hour that the clock repeats, the written time means the earlier one.
    assert!(again <= at, "{again} {at}");
    assert_eq!(schedule::format(again, zone), written);
    assert_eq!(schedule::parse(&at.to_rfc3339(), zone).unwrap(), at);
}

fn check_pattern(date: &str, pattern: &str) {
    let entities = json!({ "date": date, "pattern": pattern });
    let scope = Scope {
        entities: entities.as_object().unwrap(),
        variables: None,
        session: SessionView { id: "s", channel: "widget", user: "u" },
        now: DateTime::<Utc>::UNIX_EPOCH,
        locale: &StubLocale,
    };
    let evaluate = |source: &str| Expression::parse(source).unwrap().evaluate(&scope, &mut Budget::new(MAX_STEPS));
    match evaluate("parseDate(date, pattern)") {
        Ok(value) => {
            assert!(matches!(value, Value::Timestamp(_)), "{value:?}");
            let written = evaluate("formatDate(parseDate(date, pattern), pattern)").unwrap();
            assert_eq!(written, Value::Text(date.to_owned()));
        }
        Err(error) => message_checks::check_message(&error.message),
    }
    // A pattern that `parseDate` rejects may still be valid for `formatDate`.
    if let Err(error) = evaluate("formatDate(now, pattern)") {
        message_checks::check_message(&error.message);
    }
}
