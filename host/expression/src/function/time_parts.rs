//! The parts of timestamps and durations: `getFullYear`, `getHours` and similar methods.

use std::str::FromStr;

use chrono::{Datelike, FixedOffset, NaiveDateTime, TimeDelta, Timelike};
use chrono_tz::Tz;

use super::super::error::{EvalError, EvalResult, truncated};
use super::super::evaluate::Evaluator;
use super::super::runtime_value::RuntimeValue;
use super::FunctionEntry;
use super::convert::MAX_NUMBER_BYTES;

pub(super) const METHODS: &[FunctionEntry] = &[
    ("getFullYear", |evaluator, arguments| time_part(evaluator, arguments, |local| local.year().into(), None)),
    ("getMonth", |evaluator, arguments| time_part(evaluator, arguments, |local| local.month0().into(), None)),
    ("getDate", |evaluator, arguments| time_part(evaluator, arguments, |local| local.day().into(), None)),
    ("getDayOfMonth", |evaluator, arguments| time_part(evaluator, arguments, |local| local.day0().into(), None)),
    ("getDayOfWeek", |evaluator, arguments| {
        time_part(evaluator, arguments, |local| local.weekday().num_days_from_sunday().into(), None)
    }),
    ("getDayOfYear", |evaluator, arguments| time_part(evaluator, arguments, |local| local.ordinal0().into(), None)),
    ("getHours", |evaluator, arguments| {
        time_part(evaluator, arguments, |local| local.hour().into(), Some(|duration| duration.num_hours()))
    }),
    ("getMinutes", |evaluator, arguments| {
        time_part(evaluator, arguments, |local| local.minute().into(), Some(|duration| duration.num_minutes()))
    }),
    ("getSeconds", |evaluator, arguments| {
        time_part(evaluator, arguments, |local| local.second().into(), Some(|duration| duration.num_seconds()))
    }),
    ("getMilliseconds", |evaluator, arguments| {
        time_part(
            evaluator,
            arguments,
            |local| milliseconds(local.nanosecond()),
            Some(|duration| i64::from(duration.subsec_millis())),
        )
    }),
];

/// Steps for finding a time zone by name and converting to its local time.
const STEPS_PER_ZONE: usize = 10;

fn milliseconds(nanoseconds: u32) -> i64 {
    i64::from(nanoseconds / 1_000_000)
}

fn time_part<'a>(
    evaluator: &mut Evaluator<'a>,
    arguments: &[RuntimeValue<'a>],
    of_instant: fn(NaiveDateTime) -> i64,
    of_duration: Option<fn(TimeDelta) -> i64>,
) -> EvalResult<Option<RuntimeValue<'a>>> {
    let integer = match arguments {
        [RuntimeValue::Timestamp(instant)] => of_instant(instant.naive_utc()),
        [RuntimeValue::Timestamp(instant), RuntimeValue::Text(zone)] => {
            evaluator.fuel.spend(STEPS_PER_ZONE)?;
            let name = if zone.len() <= MAX_NUMBER_BYTES { &**zone } else { "" };
            let local = match (parse_offset(name), Tz::from_str(name)) {
                (Some(offset), _) => instant.with_timezone(&offset).naive_local(),
                (_, Ok(zone)) => instant.with_timezone(&zone).naive_local(),
                _ => {
                    let message =
                        format!("`{}` is not a time zone such as America/Santiago or -03:00", truncated(zone));
                    return Err(EvalError::evaluation_failed(message));
                }
            };
            of_instant(local)
        }
        [RuntimeValue::Duration(duration)] => match of_duration {
            Some(of_duration) => of_duration(*duration),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(RuntimeValue::Integer(integer)))
}

/// Parses an offset from UTC: `-03:00`, `+05:30`, `02:00`.
fn parse_offset(text: &str) -> Option<FixedOffset> {
    let (hours, minutes) = text.trim_start_matches(['+', '-']).split_once(':')?;
    if text.len() > 6 || hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let seconds = hours.parse::<u32>().ok()? * 3600 + minutes.parse::<u32>().ok().filter(|minutes| *minutes < 60)? * 60;
    let seconds = i32::try_from(seconds).ok()?;
    if text.starts_with('-') { FixedOffset::west_opt(seconds) } else { FixedOffset::east_opt(seconds) }
}
