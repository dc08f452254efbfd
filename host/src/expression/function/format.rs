//! `"…".format([…])`: `%s`, `%d`, `%f`, `%e`, `%b`, `%o`, `%x`, `%X` and `%%`.

use std::fmt::Write;

use super::super::datum::{Datum, List, Map};
use super::super::error::{Fault, Outcome};
use super::super::evaluate::Run;
use super::super::value::rfc3339;
use super::convert::seconds;
use super::number::shortest_number;
use super::text::Growing;
use super::utf8::pieces;

/// Digits behind the point that a clause may ask for.
const MAXIMAL_PRECISION: usize = 100;
/// Bytes that are written as digits between two payments.
const PIECE: usize = 2 * 1024;
/// Bytes that may not be text, of which one step shows so many.
const BYTES_PER_STEP: usize = 8;
/// Comparisons of keys between two pauses.
const COMPARISONS_PER_PAUSE: u32 = 1_000;
/// Steps for each exact digit of a number, of which there may be hundreds.
const STEPS_PER_DIGIT: usize = 4;

pub(super) fn format<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let [Datum::Text(pattern), Datum::List(values)] = arguments else { return Ok(None) };
    run.fuel.spend_bytes(pattern.len())?;
    let mut formatted = Growing::default();
    let mut rest: &str = pattern;
    let mut index = 0;
    while let Some((literal, clause)) = rest.split_once('%') {
        formatted.push(run, literal)?;
        if let Some(after) = clause.strip_prefix('%') {
            formatted.push(run, "%")?;
            rest = after;
            continue;
        }
        let (precision, after) = precision(clause)?;
        let mut characters = after.chars();
        let letter = characters.next();
        rest = characters.as_str();
        let Some(value) = values.get(index) else {
            return Err(Fault::failed(format!("format(…) has {} values, and its text asks for more", values.len())));
        };
        index += 1;
        run.fuel.spend(2)?;
        let part = match letter {
            Some('s') => {
                show(run, &value, &mut formatted)?;
                continue;
            }
            Some('d') => decimal(&value),
            Some('f') => exact(run, &value, precision, fixed)?,
            Some('e') => exact(run, &value, precision, scientific)?,
            Some('b') => binary(&value),
            Some('o') => octal(&value),
            Some('x') => hexadecimal(run, &value, false)?,
            Some('X') => hexadecimal(run, &value, true)?,
            Some(letter) => {
                return Err(Fault::failed(format!(
                    "format(…) knows no %{letter}: it has %s %d %f %e %b %o %x %X and %%"
                )));
            }
            None => return Err(Fault::failed("the text of format(…) ends inside a clause: a % itself is written %%")),
        };
        let Some(part) = part else {
            let letter = letter.unwrap_or('s');
            return Err(Fault::failed(format!(
                "%{letter} of format(…) cannot show {}: %s shows anything",
                value.words()
            )));
        };
        formatted.push(run, &part)?;
    }
    formatted.push(run, rest)?;
    Ok(Some(formatted.into_datum()))
}

/// The precision at the beginning of a clause, six digits unless given, and what follows it.
fn precision(clause: &str) -> Outcome<(usize, &str)> {
    let Some(digits) = clause.strip_prefix('.') else { return Ok((6, clause)) };
    let rest = digits.trim_start_matches(|character: char| character.is_ascii_digit());
    let digits = digits.get(..digits.len() - rest.len()).unwrap_or_default();
    match digits.parse() {
        Ok(precision) if precision <= MAXIMAL_PRECISION => Ok((precision, rest)),
        _ => Err(Fault::failed(format!("the precision of format(…) is a number up to {MAXIMAL_PRECISION}"))),
    }
}

/// A number with a precision, whose digits are paid for first.
fn exact(
    run: &mut Run<'_>,
    value: &Datum<'_>,
    precision: usize,
    shown: fn(f64, usize) -> String,
) -> Outcome<Option<String>> {
    let number = match value {
        Datum::Number(number) => *number,
        Datum::Integer(integer) => *integer as f64,
        Datum::Unsigned(unsigned) => *unsigned as f64,
        _ => return Ok(None),
    };
    // The conversion saturates: what is no number or less than one has no digits before the point.
    let digits = precision + number.abs().log10() as usize % 1_000;
    run.fuel.spend(STEPS_PER_DIGIT * digits)?;
    Ok(Some(shown(number, precision)))
}

fn decimal(value: &Datum<'_>) -> Option<String> {
    match value {
        Datum::Integer(integer) => Some(integer.to_string()),
        Datum::Unsigned(unsigned) => Some(unsigned.to_string()),
        Datum::Number(number) => Some(shortest_number(*number)),
        _ => None,
    }
}

fn fixed(number: f64, precision: usize) -> String {
    if number.is_finite() { format!("{number:.precision$}") } else { shortest_number(number) }
}

fn scientific(number: f64, precision: usize) -> String {
    if !number.is_finite() {
        return shortest_number(number);
    }
    let text = format!("{number:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

fn binary(value: &Datum<'_>) -> Option<String> {
    match value {
        Datum::Boolean(boolean) => Some(u8::from(*boolean).to_string()),
        _ => whole(value).map(|(sign, magnitude)| format!("{sign}{magnitude:b}")),
    }
}

fn octal(value: &Datum<'_>) -> Option<String> {
    whole(value).map(|(sign, magnitude)| format!("{sign}{magnitude:o}"))
}

fn hexadecimal(run: &mut Run<'_>, value: &Datum<'_>, capitals: bool) -> Outcome<Option<String>> {
    let bytes: &[u8] = match value {
        Datum::Text(text) => text.as_bytes(),
        Datum::Bytes(bytes) => bytes,
        _ => {
            return Ok(whole(value).map(|(sign, magnitude)| {
                if capitals { format!("{sign}{magnitude:X}") } else { format!("{sign}{magnitude:x}") }
            }));
        }
    };
    super::super::bounds::check_text(2 * bytes.len())?;
    let mut text = String::with_capacity(2 * bytes.len());
    for piece in bytes.chunks(PIECE) {
        run.fuel.spend(1 + piece.len() / 2)?;
        for byte in piece {
            // Writing to a string does not fail.
            let _ = if capitals { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
        }
    }
    Ok(Some(text))
}

fn whole(value: &Datum<'_>) -> Option<(&'static str, u64)> {
    match value {
        Datum::Integer(integer) => Some((if *integer < 0 { "-" } else { "" }, integer.unsigned_abs())),
        Datum::Unsigned(unsigned) => Some(("", *unsigned)),
        _ => None,
    }
}

/// A value as `%s` shows it: any value, and those inside lists and maps; maps in the order of their keys.
fn show(run: &mut Run<'_>, value: &Datum<'_>, shown: &mut Growing) -> Outcome<()> {
    run.fuel.spend(1)?;
    match value {
        Datum::Null => shown.push(run, "null"),
        Datum::Boolean(boolean) => shown.push(run, if *boolean { "true" } else { "false" }),
        Datum::Integer(_) | Datum::Unsigned(_) | Datum::Number(_) => {
            shown.push(run, &decimal(value).unwrap_or_default())
        }
        Datum::Text(text) => shown.push(run, text),
        Datum::Bytes(bytes) => {
            for piece in pieces(bytes) {
                run.fuel.spend(piece.len() / BYTES_PER_STEP)?;
                shown.push_each(run, &String::from_utf8_lossy(piece))?;
            }
            Ok(())
        }
        Datum::Timestamp(instant) => shown.push(run, &rfc3339(*instant)),
        Datum::Duration(duration) => shown.push(run, &seconds(*duration)),
        Datum::Type(name) => shown.push(run, name),
        Datum::List(list) => run.walk(|run| show_list(run, list, shown)),
        Datum::Map(map) => run.walk(|run| show_map(run, map, shown)),
        Datum::Optional(_) => Err(Fault::failed("format(…) shows no optionals: write orValue(…) first")),
    }
}

fn show_list(run: &mut Run<'_>, list: &List<'_>, shown: &mut Growing) -> Outcome<()> {
    shown.push(run, "[")?;
    for (index, item) in list.iter().enumerate() {
        if index > 0 {
            shown.push(run, ", ")?;
        }
        show(run, &item, shown)?;
    }
    shown.push(run, "]")
}

fn show_map(run: &mut Run<'_>, map: &Map<'_>, shown: &mut Growing) -> Outcome<()> {
    map.len(&mut run.fuel)?;
    let mut entries = Vec::new();
    for (key, value) in map.entries() {
        run.fuel.spend(8)?;
        let mut text = Growing::default();
        show(run, &key, &mut text)?;
        entries.push((text.into_string(), value));
    }
    let mut compared = 0_u32;
    entries.sort_by(|(left, _), (right, _)| {
        compared += 1;
        if compared.is_multiple_of(COMPARISONS_PER_PAUSE) {
            run.fuel.pause();
        }
        left.cmp(right)
    });
    shown.push(run, "{")?;
    for (index, (key, value)) in entries.iter().enumerate() {
        shown.push(run, if index > 0 { ", " } else { "" })?;
        shown.push(run, key)?;
        shown.push(run, ": ")?;
        show(run, value, shown)?;
    }
    shown.push(run, "}")
}
