//! Conversions between types: `int`, `uint`, `double`, `string`, `bytes`, `bool`, `timestamp`, `duration`, `type`, `dyn`.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::datum::{Datum, Text};
use super::super::error::{Fault, Outcome, shortened};
use super::super::evaluate::Run;
use super::super::operator;
use super::super::value::rfc3339;
use super::Entry;
use super::number::{self, shortest_number};
use super::text::Growing;
use super::utf8::pieces;

pub(super) const GLOBALS: &[Entry] = &[
    ("int", int),
    ("uint", uint),
    ("double", double),
    ("string", string),
    ("bytes", bytes),
    ("bool", bool),
    ("timestamp", timestamp),
    ("duration", duration),
    ("type", type_of),
    ("dyn", dynamic),
];

/// Steps for reading an instant or a duration.
const STEPS_PER_CALENDAR: usize = 8;
/// Bytes of a number, an instant, a duration or a time zone.
pub(super) const LONGEST_NUMBER: usize = 64;
/// Steps for reading a whole number.
const STEPS_PER_INTEGER: usize = 2;

fn no_number(text: &str, what: &str) -> Box<Fault> {
    Fault::failed(format!("the text `{}` is no {what}", shortened(text)))
}

fn parsed<T: std::str::FromStr>(run: &mut Run<'_>, text: &str, what: &str) -> Outcome<T> {
    run.fuel.spend(STEPS_PER_INTEGER)?;
    let short = (text.len() <= LONGEST_NUMBER).then_some(text);
    short.and_then(|text| text.parse().ok()).ok_or_else(|| no_number(text, what))
}

fn out_of_range() -> Box<Fault> {
    Fault::failed("the number is out of range")
}

fn int<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let integer = match arguments {
        [Datum::Integer(integer)] => *integer,
        [Datum::Unsigned(unsigned)] => i64::try_from(*unsigned).map_err(|_| out_of_range())?,
        // Both ends of the range are refused: the nearest numbers beyond them round to the same.
        [Datum::Number(number)] if *number > i64::MIN as f64 && *number < i64::MAX as f64 => *number as i64,
        [Datum::Number(_)] => return Err(out_of_range()),
        [Datum::Text(text)] => parsed(run, text, "integer")?,
        [Datum::Timestamp(instant)] => instant.timestamp(),
        _ => return Ok(None),
    };
    Ok(Some(Datum::Integer(integer)))
}

fn uint<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let unsigned = match arguments {
        [Datum::Unsigned(unsigned)] => *unsigned,
        [Datum::Integer(integer)] => u64::try_from(*integer).map_err(|_| out_of_range())?,
        [Datum::Number(number)] if *number > -1.0 && *number < u64::MAX as f64 => *number as u64,
        [Datum::Number(_)] => return Err(out_of_range()),
        [Datum::Text(text)] => parsed(run, text, "unsigned integer")?,
        _ => return Ok(None),
    };
    Ok(Some(Datum::Unsigned(unsigned)))
}

fn double<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let number = match arguments {
        [Datum::Number(number)] => *number,
        [Datum::Integer(integer)] => *integer as f64,
        [Datum::Unsigned(unsigned)] => *unsigned as f64,
        [Datum::Text(text)] => {
            run.fuel.spend(number::reading(text))?;
            parsed(run, text, "number")?
        }
        _ => return Ok(None),
    };
    Ok(Some(Datum::Number(number)))
}

fn bool<'a>(_run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let boolean = match arguments {
        [Datum::Boolean(boolean)] => *boolean,
        [Datum::Text(text)] => match &**text {
            "1" | "t" | "true" | "TRUE" | "True" => true,
            "0" | "f" | "false" | "FALSE" | "False" => false,
            other => return Err(no_number(other, "boolean")),
        },
        _ => return Ok(None),
    };
    Ok(Some(Datum::Boolean(boolean)))
}

fn bytes<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    match arguments {
        [Datum::Bytes(_)] => Ok(arguments.first().cloned()),
        [Datum::Text(text)] => {
            run.fuel.spend_bytes(text.len())?;
            Ok(Some(Datum::Bytes(text.as_bytes().to_vec().into())))
        }
        _ => Ok(None),
    }
}

fn string<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    run.fuel.spend(2)?;
    let text = match arguments {
        [Datum::Text(_)] => return Ok(arguments.first().cloned()),
        [Datum::Boolean(boolean)] => boolean.to_string(),
        [Datum::Integer(integer)] => integer.to_string(),
        [Datum::Unsigned(unsigned)] => unsigned.to_string(),
        [Datum::Number(number)] => shortest_number(*number),
        [Datum::Timestamp(instant)] => rfc3339(*instant),
        [Datum::Duration(duration)] => seconds(*duration),
        [Datum::Bytes(bytes)] => {
            let mut text = Growing::default();
            for piece in pieces(bytes) {
                let piece = str::from_utf8(piece).map_err(|_| Fault::failed("the bytes are not UTF-8 text"))?;
                text.push_each(run, piece)?;
            }
            return Ok(Some(text.into_datum()));
        }
        _ => return Ok(None),
    };
    Ok(Some(Datum::text(text)))
}

fn type_of<'a>(_run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    Ok(match arguments {
        [value] => Some(Datum::Type(value.type_name())),
        _ => None,
    })
}

/// A value whatever its type: types are only known while evaluating, so this is the value itself.
fn dynamic<'a>(_run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    Ok(match arguments {
        [value] => Some(value.clone()),
        _ => None,
    })
}

fn timestamp<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    run.fuel.spend(STEPS_PER_CALENDAR)?;
    let instant = match arguments {
        [Datum::Timestamp(instant)] => Some(*instant),
        [Datum::Integer(seconds)] => DateTime::from_timestamp(*seconds, 0),
        [Datum::Text(text)] => match instant_of(text) {
            Some(instant) => Some(instant),
            None => return Err(no_number(text, "timestamp such as 2027-02-01T10:00:00Z")),
        },
        _ => return Ok(None),
    };
    match instant.and_then(operator::timestamp) {
        Some(datum) => Ok(Some(datum)),
        None => Err(Fault::failed("the timestamp is outside the years 1 to 9999")),
    }
}

fn instant_of(text: &Text<'_>) -> Option<DateTime<Utc>> {
    let short = (text.len() <= LONGEST_NUMBER).then_some(text)?;
    DateTime::parse_from_rfc3339(short).ok().map(|instant| instant.with_timezone(&Utc))
}

fn duration<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    run.fuel.spend(STEPS_PER_CALENDAR)?;
    match arguments {
        [Datum::Text(text)] if text.len() > LONGEST_NUMBER => Err(no_number(text, "duration such as 90m or 1h30m")),
        [Datum::Duration(_)] => Ok(arguments.first().cloned()),
        [Datum::Text(text)] => match duration_of(text).and_then(operator::duration) {
            Some(datum) => Ok(Some(datum)),
            None => Err(no_number(text, "duration such as 90m or 1h30m, or it is out of range")),
        },
        _ => Ok(None),
    }
}

/// A duration from signed decimal numbers with units, largest or not first: `1h30m`, `-1.5s`, `0`.
fn duration_of(text: &str) -> Option<TimeDelta> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Some(TimeDelta::zero());
    }
    let mut total = 0_i128;
    let mut rest = unsigned;
    while !rest.is_empty() {
        let number_end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, unit_on) = rest.split_at(number_end);
        let unit_end =
            unit_on.find(|character: char| character.is_ascii_digit() || character == '.').unwrap_or(unit_on.len());
        let (unit, next) = unit_on.split_at(unit_end);
        let nanoseconds: i64 = match unit {
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1_000,
            "ns" => 1,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total = total.checked_add(whole.checked_mul(nanoseconds.into())?)?;
        let mut scale = nanoseconds;
        for digit in fraction.chars() {
            scale /= 10;
            total = total.checked_add(i128::from(scale) * i128::from(digit.to_digit(10)?))?;
        }
        rest = next;
    }
    if unsigned.is_empty() {
        return None;
    }
    let signed = if text.starts_with('-') { -total } else { total };
    i64::try_from(signed).ok().map(TimeDelta::nanoseconds)
}

/// A duration as seconds with the unit, as `string` and `format` show it.
pub(super) fn seconds(duration: TimeDelta) -> String {
    let nanoseconds = i128::from(duration.num_nanoseconds().unwrap_or_default());
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let magnitude = nanoseconds.unsigned_abs();
    let mut text = format!("{sign}{}", magnitude / 1_000_000_000);
    let fraction = magnitude % 1_000_000_000;
    if fraction > 0 {
        let digits = format!("{fraction:09}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text.push('s');
    text
}
