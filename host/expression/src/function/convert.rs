//! Conversions between types: `int`, `uint`, `double`, `string`, `bytes`, `bool`, `timestamp`, `duration`, `type`, `dyn`.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::error::{EvalError, EvalResult, truncated};
use super::super::evaluate::Evaluator;
use super::super::operator;
use super::super::runtime_value::{RuntimeValue, Text};
use super::super::value::rfc3339;
use super::FunctionEntry;
use super::number::{self, shortest_number};
use super::text::BoundedString;
use super::utf8::chunks;

pub(super) const GLOBALS: &[FunctionEntry] = &[
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

/// Steps for parsing a timestamp or a duration.
const STEPS_PER_CALENDAR: usize = 8;
/// Maximum bytes of a number, a timestamp, a duration or a time zone.
pub(super) const MAX_NUMBER_BYTES: usize = 64;
/// Steps for parsing an integer.
const STEPS_PER_INTEGER: usize = 2;
/// Steps for the message about a text that is not a number.
const STEPS_PER_ERROR: usize = 6;

fn not_a_number_error(text: &str, what: &str) -> Box<EvalError> {
    EvalError::evaluation_failed(format!("the text `{}` is not a valid {what}", truncated(text)))
}

fn parse_number<T: std::str::FromStr>(evaluator: &mut Evaluator<'_>, text: &str, what: &str) -> EvalResult<T> {
    evaluator.fuel.spend(STEPS_PER_INTEGER)?;
    let short = (text.len() <= MAX_NUMBER_BYTES).then_some(text);
    match short.and_then(|text| text.parse().ok()) {
        Some(number) => Ok(number),
        None => {
            evaluator.fuel.spend(STEPS_PER_ERROR)?;
            Err(not_a_number_error(text, what))
        }
    }
}

fn out_of_range_error() -> Box<EvalError> {
    EvalError::evaluation_failed("the number is out of range")
}

fn int<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    let integer = match arguments {
        [RuntimeValue::Integer(integer)] => *integer,
        [RuntimeValue::Unsigned(unsigned)] => i64::try_from(*unsigned).map_err(|_| out_of_range_error())?,
        // The function rejects both ends of the range, since neighbouring numbers outside the range round to them.
        [RuntimeValue::Number(number)] if *number > i64::MIN as f64 && *number < i64::MAX as f64 => *number as i64,
        [RuntimeValue::Number(_)] => return Err(out_of_range_error()),
        [RuntimeValue::Text(text)] => parse_number(evaluator, text, "integer")?,
        [RuntimeValue::Timestamp(instant)] => instant.timestamp(),
        _ => return Ok(None),
    };
    Ok(Some(RuntimeValue::Integer(integer)))
}

fn uint<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    let unsigned = match arguments {
        [RuntimeValue::Unsigned(unsigned)] => *unsigned,
        [RuntimeValue::Integer(integer)] => u64::try_from(*integer).map_err(|_| out_of_range_error())?,
        [RuntimeValue::Number(number)] if *number > -1.0 && *number < u64::MAX as f64 => *number as u64,
        [RuntimeValue::Number(_)] => return Err(out_of_range_error()),
        [RuntimeValue::Text(text)] => parse_number(evaluator, text, "unsigned integer")?,
        _ => return Ok(None),
    };
    Ok(Some(RuntimeValue::Unsigned(unsigned)))
}

fn double<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    let number = match arguments {
        [RuntimeValue::Number(number)] => *number,
        [RuntimeValue::Integer(integer)] => *integer as f64,
        [RuntimeValue::Unsigned(unsigned)] => *unsigned as f64,
        [RuntimeValue::Text(text)] => {
            evaluator.fuel.spend(number::parse_steps(text))?;
            parse_number(evaluator, text, "number")?
        }
        _ => return Ok(None),
    };
    Ok(Some(RuntimeValue::Number(number)))
}

fn bool<'a>(_evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    let boolean = match arguments {
        [RuntimeValue::Boolean(boolean)] => *boolean,
        [RuntimeValue::Text(text)] => match &**text {
            "1" | "t" | "true" | "TRUE" | "True" => true,
            "0" | "f" | "false" | "FALSE" | "False" => false,
            other => return Err(not_a_number_error(other, "boolean")),
        },
        _ => return Ok(None),
    };
    Ok(Some(RuntimeValue::Boolean(boolean)))
}

fn bytes<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    match arguments {
        [RuntimeValue::Bytes(_)] => Ok(arguments.first().cloned()),
        [RuntimeValue::Text(text)] => {
            evaluator.fuel.spend_bytes(text.len())?;
            Ok(Some(RuntimeValue::Bytes(text.as_bytes().to_vec().into())))
        }
        _ => Ok(None),
    }
}

fn string<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    evaluator.fuel.spend(2)?;
    let text = match arguments {
        [RuntimeValue::Text(_)] => return Ok(arguments.first().cloned()),
        [RuntimeValue::Boolean(boolean)] => boolean.to_string(),
        [RuntimeValue::Integer(integer)] => integer.to_string(),
        [RuntimeValue::Unsigned(unsigned)] => unsigned.to_string(),
        [RuntimeValue::Number(number)] => shortest_number(*number),
        [RuntimeValue::Timestamp(instant)] => rfc3339(*instant),
        [RuntimeValue::Duration(duration)] => format_seconds(*duration),
        [RuntimeValue::Bytes(bytes)] => {
            let mut text = BoundedString::default();
            for piece in chunks(bytes) {
                let piece =
                    str::from_utf8(piece).map_err(|_| EvalError::evaluation_failed("the bytes are not UTF-8 text"))?;
                text.push_each(evaluator, piece)?;
            }
            return Ok(Some(text.into_value()));
        }
        _ => return Ok(None),
    };
    Ok(Some(RuntimeValue::text(text)))
}

fn type_of<'a>(_evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    Ok(match arguments {
        [value] => Some(RuntimeValue::Type(value.type_name())),
        _ => None,
    })
}

/// Returns the value itself: values have dynamic types only.
fn dynamic<'a>(_evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    Ok(match arguments {
        [value] => Some(value.clone()),
        _ => None,
    })
}

fn timestamp<'a>(
    evaluator: &mut Evaluator<'a>,
    arguments: &[RuntimeValue<'a>],
) -> EvalResult<Option<RuntimeValue<'a>>> {
    evaluator.fuel.spend(STEPS_PER_CALENDAR)?;
    let instant = match arguments {
        [RuntimeValue::Timestamp(instant)] => Some(*instant),
        [RuntimeValue::Integer(seconds)] => DateTime::from_timestamp(*seconds, 0),
        [RuntimeValue::Text(text)] => match parse_timestamp(text) {
            Some(instant) => Some(instant),
            None => return Err(not_a_number_error(text, "timestamp such as 2027-02-01T10:00:00Z")),
        },
        _ => return Ok(None),
    };
    match instant.and_then(operator::checked_timestamp) {
        Some(value) => Ok(Some(value)),
        None => Err(EvalError::evaluation_failed("the timestamp is outside the years 1 to 9999")),
    }
}

fn parse_timestamp(text: &Text<'_>) -> Option<DateTime<Utc>> {
    let short = (text.len() <= MAX_NUMBER_BYTES).then_some(text)?;
    DateTime::parse_from_rfc3339(short).ok().map(|instant| instant.with_timezone(&Utc))
}

fn duration<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    evaluator.fuel.spend(STEPS_PER_CALENDAR)?;
    match arguments {
        [RuntimeValue::Text(text)] if text.len() > MAX_NUMBER_BYTES => {
            Err(not_a_number_error(text, "duration such as 90m or 1h30m"))
        }
        [RuntimeValue::Duration(_)] => Ok(arguments.first().cloned()),
        [RuntimeValue::Text(text)] => match parse_duration(text).and_then(operator::checked_duration) {
            Some(value) => Ok(Some(value)),
            None => Err(not_a_number_error(text, "duration such as 90m or 1h30m, or it is out of range")),
        },
        _ => Ok(None),
    }
}

/// Parses signed decimal numbers with units, in any order: `1h30m`, `-1.5s`, `0`.
fn parse_duration(text: &str) -> Option<TimeDelta> {
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

/// Formats a duration as seconds with the unit, for `string` and `format`.
pub(super) fn format_seconds(duration: TimeDelta) -> String {
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
