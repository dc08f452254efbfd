//! `"…".format([…])`: `%s`, `%d`, `%f`, `%e`, `%b`, `%o`, `%x`, `%X` and `%%`.

use std::fmt::Write;

use super::super::error::{EvalError, EvalResult};
use super::super::evaluate::Evaluator;
use super::super::runtime_value::{List, Map, RuntimeValue};
use super::super::value::rfc3339;
use super::convert::format_seconds;
use super::number::shortest_number;
use super::text::BoundedString;
use super::utf8::chunks;

/// Maximum digits after the decimal point.
const MAX_PRECISION: usize = 100;
/// Bytes that are written in hexadecimal between two charges.
const CHUNK_BYTES: usize = 2 * 1024;
/// Bytes per step if they may be invalid UTF-8.
const BYTES_PER_STEP: usize = 8;
/// Comparisons of keys between two pauses.
const COMPARISONS_PER_PAUSE: u32 = 1_000;
/// Steps for each exact digit of a number, which may have hundreds of digits.
const STEPS_PER_DIGIT: usize = 4;

pub(super) fn format<'a>(
    evaluator: &mut Evaluator<'a>,
    arguments: &[RuntimeValue<'a>],
) -> EvalResult<Option<RuntimeValue<'a>>> {
    let [RuntimeValue::Text(pattern), RuntimeValue::List(values)] = arguments else { return Ok(None) };
    evaluator.fuel.spend_bytes(pattern.len())?;
    let mut formatted = BoundedString::default();
    let mut rest: &str = pattern;
    let mut index = 0;
    while let Some((literal, clause)) = rest.split_once('%') {
        formatted.push(evaluator, literal)?;
        if let Some(after) = clause.strip_prefix('%') {
            formatted.push(evaluator, "%")?;
            rest = after;
            continue;
        }
        let (precision, after) = parse_precision(clause)?;
        let mut characters = after.chars();
        let letter = characters.next();
        rest = characters.as_str();
        let Some(value) = values.get(index) else {
            return Err(EvalError::evaluation_failed(format!(
                "format(…) has {} values, but its text needs more",
                values.len()
            )));
        };
        index += 1;
        evaluator.fuel.spend(2)?;
        let part = match letter {
            Some('s') => {
                write_value(evaluator, &value, &mut formatted)?;
                continue;
            }
            Some('d') => format_decimal(&value),
            Some('f') => format_exact(evaluator, &value, precision, format_fixed)?,
            Some('e') => format_exact(evaluator, &value, precision, format_scientific)?,
            Some('b') => format_binary(&value),
            Some('o') => format_octal(&value),
            Some('x') => format_hexadecimal(evaluator, &value, false)?,
            Some('X') => format_hexadecimal(evaluator, &value, true)?,
            Some(letter) => {
                return Err(EvalError::evaluation_failed(format!(
                    "format(…) does not support %{letter}: it supports %s %d %f %e %b %o %x %X and %%"
                )));
            }
            None => {
                return Err(EvalError::evaluation_failed(
                    "the text of format(…) ends inside a clause: write a % itself as %%",
                ));
            }
        };
        let Some(part) = part else {
            let letter = letter.unwrap_or('s');
            return Err(EvalError::evaluation_failed(format!(
                "%{letter} of format(…) cannot show {}: %s shows anything",
                value.type_description()
            )));
        };
        formatted.push(evaluator, &part)?;
    }
    formatted.push(evaluator, rest)?;
    Ok(Some(formatted.into_value()))
}

/// Returns the precision at the beginning of a clause, and the rest. Default: 6 digits.
fn parse_precision(clause: &str) -> EvalResult<(usize, &str)> {
    let Some(digits) = clause.strip_prefix('.') else { return Ok((6, clause)) };
    let rest = digits.trim_start_matches(|character: char| character.is_ascii_digit());
    let digits = digits.get(..digits.len() - rest.len()).unwrap_or_default();
    match digits.parse() {
        Ok(precision) if precision <= MAX_PRECISION => Ok((precision, rest)),
        _ => Err(EvalError::evaluation_failed(format!("the precision of format(…) is a number up to {MAX_PRECISION}"))),
    }
}

/// Formats a number with a precision, after charging for its digits.
fn format_exact(
    evaluator: &mut Evaluator<'_>,
    value: &RuntimeValue<'_>,
    precision: usize,
    format_number: fn(f64, usize) -> String,
) -> EvalResult<Option<String>> {
    let number = match value {
        RuntimeValue::Number(number) => *number,
        RuntimeValue::Integer(integer) => *integer as f64,
        RuntimeValue::Unsigned(unsigned) => *unsigned as f64,
        _ => return Ok(None),
    };
    // The conversion saturates: NaN and numbers below 1 have no digits before the point.
    let digits = precision + number.abs().log10() as usize % 1_000;
    evaluator.fuel.spend(STEPS_PER_DIGIT * digits)?;
    Ok(Some(format_number(number, precision)))
}

fn format_decimal(value: &RuntimeValue<'_>) -> Option<String> {
    match value {
        RuntimeValue::Integer(integer) => Some(integer.to_string()),
        RuntimeValue::Unsigned(unsigned) => Some(unsigned.to_string()),
        RuntimeValue::Number(number) => Some(shortest_number(*number)),
        _ => None,
    }
}

fn format_fixed(number: f64, precision: usize) -> String {
    if number.is_finite() { format!("{number:.precision$}") } else { shortest_number(number) }
}

fn format_scientific(number: f64, precision: usize) -> String {
    if !number.is_finite() {
        return shortest_number(number);
    }
    let text = format!("{number:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

fn format_binary(value: &RuntimeValue<'_>) -> Option<String> {
    match value {
        RuntimeValue::Boolean(boolean) => Some(u8::from(*boolean).to_string()),
        _ => integer_argument(value).map(|(sign, magnitude)| format!("{sign}{magnitude:b}")),
    }
}

fn format_octal(value: &RuntimeValue<'_>) -> Option<String> {
    integer_argument(value).map(|(sign, magnitude)| format!("{sign}{magnitude:o}"))
}

fn format_hexadecimal(
    evaluator: &mut Evaluator<'_>,
    value: &RuntimeValue<'_>,
    upper_case: bool,
) -> EvalResult<Option<String>> {
    let bytes: &[u8] = match value {
        RuntimeValue::Text(text) => text.as_bytes(),
        RuntimeValue::Bytes(bytes) => bytes,
        _ => {
            return Ok(integer_argument(value).map(|(sign, magnitude)| {
                if upper_case { format!("{sign}{magnitude:X}") } else { format!("{sign}{magnitude:x}") }
            }));
        }
    };
    super::super::limits::check_text(2 * bytes.len())?;
    let mut text = String::with_capacity(2 * bytes.len());
    for piece in bytes.chunks(CHUNK_BYTES) {
        evaluator.fuel.spend(1 + piece.len() / 2)?;
        for byte in piece {
            // Writing to a string cannot fail.
            let _ = if upper_case { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
        }
    }
    Ok(Some(text))
}

fn integer_argument(value: &RuntimeValue<'_>) -> Option<(&'static str, u64)> {
    match value {
        RuntimeValue::Integer(integer) => Some((if *integer < 0 { "-" } else { "" }, integer.unsigned_abs())),
        RuntimeValue::Unsigned(unsigned) => Some(("", *unsigned)),
        _ => None,
    }
}

/// Writes a value for `%s`: any value, including those inside lists and maps. Maps are sorted by key.
fn write_value(evaluator: &mut Evaluator<'_>, value: &RuntimeValue<'_>, output: &mut BoundedString) -> EvalResult<()> {
    evaluator.fuel.spend(1)?;
    match value {
        RuntimeValue::Null => output.push(evaluator, "null"),
        RuntimeValue::Boolean(boolean) => output.push(evaluator, if *boolean { "true" } else { "false" }),
        RuntimeValue::Integer(_) | RuntimeValue::Unsigned(_) | RuntimeValue::Number(_) => {
            output.push(evaluator, &format_decimal(value).unwrap_or_default())
        }
        RuntimeValue::Text(text) => output.push(evaluator, text),
        RuntimeValue::Bytes(bytes) => {
            for piece in chunks(bytes) {
                evaluator.fuel.spend(piece.len() / BYTES_PER_STEP)?;
                output.push_each(evaluator, &String::from_utf8_lossy(piece))?;
            }
            Ok(())
        }
        RuntimeValue::Timestamp(instant) => output.push(evaluator, &rfc3339(*instant)),
        RuntimeValue::Duration(duration) => output.push(evaluator, &format_seconds(*duration)),
        RuntimeValue::Type(name) => output.push(evaluator, name),
        RuntimeValue::List(list) => evaluator.with_depth(|evaluator| write_list(evaluator, list, output)),
        RuntimeValue::Map(map) => evaluator.with_depth(|evaluator| write_map(evaluator, map, output)),
        RuntimeValue::Optional(_) => {
            Err(EvalError::evaluation_failed("format(…) cannot show an optional: write orValue(…) first"))
        }
    }
}

fn write_list(evaluator: &mut Evaluator<'_>, list: &List<'_>, output: &mut BoundedString) -> EvalResult<()> {
    output.push(evaluator, "[")?;
    for (index, item) in list.iter().enumerate() {
        if index > 0 {
            output.push(evaluator, ", ")?;
        }
        write_value(evaluator, &item, output)?;
    }
    output.push(evaluator, "]")
}

fn write_map(evaluator: &mut Evaluator<'_>, map: &Map<'_>, output: &mut BoundedString) -> EvalResult<()> {
    map.len(&mut evaluator.fuel)?;
    let mut entries = Vec::new();
    for (key, value) in map.entries() {
        evaluator.fuel.spend(8)?;
        let mut text = BoundedString::default();
        write_value(evaluator, &key, &mut text)?;
        entries.push((text.into_string(), value));
    }
    let mut compared = 0_u32;
    entries.sort_by(|(left, _), (right, _)| {
        compared += 1;
        if compared.is_multiple_of(COMPARISONS_PER_PAUSE) {
            evaluator.fuel.pause();
        }
        left.cmp(right)
    });
    output.push(evaluator, "{")?;
    for (index, (key, value)) in entries.iter().enumerate() {
        output.push(evaluator, if index > 0 { ", " } else { "" })?;
        output.push(evaluator, key)?;
        output.push(evaluator, ": ")?;
        write_value(evaluator, value, output)?;
    }
    output.push(evaluator, "}")
}
