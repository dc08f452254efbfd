//! The math extension.

use std::cmp::Ordering;

use super::super::datum::Datum;
use super::super::error::{Fault, Outcome};
use super::super::evaluate::Run;
use super::super::operator::numeric_order;
use super::Entry;

pub(super) const GLOBALS: &[Entry] = &[
    ("math.greatest", |run, arguments| extreme(run, arguments, Ordering::Greater)),
    ("math.least", |run, arguments| extreme(run, arguments, Ordering::Less)),
    ("math.ceil", |_, arguments| number(arguments, f64::ceil)),
    ("math.floor", |_, arguments| number(arguments, f64::floor)),
    ("math.round", |_, arguments| number(arguments, f64::round)),
    ("math.trunc", |_, arguments| number(arguments, f64::trunc)),
    ("math.isNaN", |_, arguments| test(arguments, f64::is_nan)),
    ("math.isInf", |_, arguments| test(arguments, f64::is_infinite)),
    ("math.isFinite", |_, arguments| test(arguments, f64::is_finite)),
    ("math.abs", |_, arguments| abs(arguments)),
    ("math.sign", |_, arguments| sign(arguments)),
    ("math.sqrt", |_, arguments| sqrt(arguments)),
    ("math.bitAnd", |_, arguments| bits(arguments, |left, right| left & right)),
    ("math.bitOr", |_, arguments| bits(arguments, |left, right| left | right)),
    ("math.bitXor", |_, arguments| bits(arguments, |left, right| left ^ right)),
    ("math.bitNot", |_, arguments| bit_not(arguments)),
    ("math.bitShiftLeft", |_, arguments| shift(arguments, |bits, by| bits.checked_shl(by))),
    ("math.bitShiftRight", |_, arguments| shift(arguments, |bits, by| bits.checked_shr(by))),
];

type Answer<'a> = Outcome<Option<Datum<'a>>>;

fn number<'a>(arguments: &[Datum<'a>], function: fn(f64) -> f64) -> Answer<'a> {
    Ok(match arguments {
        [Datum::Number(number)] => Some(Datum::Number(function(*number))),
        _ => None,
    })
}

fn test<'a>(arguments: &[Datum<'a>], function: fn(f64) -> bool) -> Answer<'a> {
    Ok(match arguments {
        [Datum::Number(number)] => Some(Datum::Boolean(function(*number))),
        _ => None,
    })
}

fn abs<'a>(arguments: &[Datum<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Datum::Number(number)] => Some(Datum::Number(number.abs())),
        [Datum::Unsigned(unsigned)] => Some(Datum::Unsigned(*unsigned)),
        [Datum::Integer(integer)] => match integer.checked_abs() {
            Some(integer) => Some(Datum::Integer(integer)),
            None => return Err(Fault::failed("the result of `math.abs` is too large for an integer")),
        },
        _ => None,
    })
}

fn sign<'a>(arguments: &[Datum<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Datum::Number(number)] if *number == 0.0 || number.is_nan() => Some(Datum::Number(*number)),
        [Datum::Number(number)] => Some(Datum::Number(number.signum())),
        [Datum::Unsigned(unsigned)] => Some(Datum::Unsigned((*unsigned).min(1))),
        [Datum::Integer(integer)] => Some(Datum::Integer(integer.signum())),
        _ => None,
    })
}

fn sqrt<'a>(arguments: &[Datum<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Datum::Number(number)] => Some(Datum::Number(number.sqrt())),
        [Datum::Unsigned(unsigned)] => Some(Datum::Number((*unsigned as f64).sqrt())),
        [Datum::Integer(integer)] => Some(Datum::Number((*integer as f64).sqrt())),
        _ => None,
    })
}

fn bits<'a>(arguments: &[Datum<'a>], function: fn(u64, u64) -> u64) -> Answer<'a> {
    Ok(match arguments {
        [Datum::Integer(left), Datum::Integer(right)] => {
            Some(Datum::Integer(function(left.cast_unsigned(), right.cast_unsigned()).cast_signed()))
        }
        [Datum::Unsigned(left), Datum::Unsigned(right)] => Some(Datum::Unsigned(function(*left, *right))),
        _ => None,
    })
}

fn bit_not<'a>(arguments: &[Datum<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Datum::Integer(integer)] => Some(Datum::Integer(!integer)),
        [Datum::Unsigned(unsigned)] => Some(Datum::Unsigned(!unsigned)),
        _ => None,
    })
}

/// Shifts 64 bits as they are, sign or not; further than 64 nothing is left.
fn shift<'a>(arguments: &[Datum<'a>], function: fn(u64, u32) -> Option<u64>) -> Answer<'a> {
    let shifted = |bits: u64, by: i64| match u64::try_from(by) {
        Ok(by) => Ok(u32::try_from(by).ok().and_then(|by| function(bits, by)).unwrap_or_default()),
        Err(_) => Err(Fault::failed("bits cannot be shifted by a negative number")),
    };
    Ok(match arguments {
        [Datum::Integer(integer), Datum::Integer(by)] => {
            Some(Datum::Integer(shifted(integer.cast_unsigned(), *by)?.cast_signed()))
        }
        [Datum::Unsigned(unsigned), Datum::Integer(by)] => Some(Datum::Unsigned(shifted(*unsigned, *by)?)),
        _ => None,
    })
}

/// The first of the greatest (or least) numbers, given one by one or as one list.
fn extreme<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>], wanted: Ordering) -> Answer<'a> {
    let is_number = |datum: &Datum<'_>| matches!(datum, Datum::Integer(_) | Datum::Unsigned(_) | Datum::Number(_));
    let candidates: &mut dyn Iterator<Item = Datum<'a>> = match arguments {
        [Datum::List(list)] => &mut list.iter(),
        _ => &mut arguments.iter().cloned(),
    };
    let mut best: Option<Datum<'a>> = None;
    for candidate in candidates {
        run.fuel.spend(1)?;
        if !is_number(&candidate) {
            return Ok(None);
        }
        match &best {
            Some(best) if numeric_order(&candidate, best) != Some(Some(wanted)) => {}
            _ => best = Some(candidate),
        }
    }
    Ok(best)
}
