//! The math extension.

use std::cmp::Ordering;

use super::super::error::{EvalError, EvalResult};
use super::super::evaluate::Evaluator;
use super::super::operator::compare_numbers;
use super::super::runtime_value::RuntimeValue;
use super::FunctionEntry;

pub(super) const GLOBALS: &[FunctionEntry] = &[
    ("math.greatest", |evaluator, arguments| extreme_number(evaluator, arguments, Ordering::Greater)),
    ("math.least", |evaluator, arguments| extreme_number(evaluator, arguments, Ordering::Less)),
    ("math.ceil", |_, arguments| map_number(arguments, f64::ceil)),
    ("math.floor", |_, arguments| map_number(arguments, f64::floor)),
    ("math.round", |_, arguments| map_number(arguments, f64::round)),
    ("math.trunc", |_, arguments| map_number(arguments, f64::trunc)),
    ("math.isNaN", |_, arguments| test_number(arguments, f64::is_nan)),
    ("math.isInf", |_, arguments| test_number(arguments, f64::is_infinite)),
    ("math.isFinite", |_, arguments| test_number(arguments, f64::is_finite)),
    ("math.abs", |_, arguments| abs(arguments)),
    ("math.sign", |_, arguments| sign(arguments)),
    ("math.sqrt", |_, arguments| sqrt(arguments)),
    ("math.bitAnd", |_, arguments| combine_bits(arguments, |left, right| left & right)),
    ("math.bitOr", |_, arguments| combine_bits(arguments, |left, right| left | right)),
    ("math.bitXor", |_, arguments| combine_bits(arguments, |left, right| left ^ right)),
    ("math.bitNot", |_, arguments| bit_not(arguments)),
    ("math.bitShiftLeft", |_, arguments| shift_bits(arguments, |bits, by| bits.checked_shl(by))),
    ("math.bitShiftRight", |_, arguments| shift_bits(arguments, |bits, by| bits.checked_shr(by))),
];

type FunctionResult<'a> = EvalResult<Option<RuntimeValue<'a>>>;

fn map_number<'a>(arguments: &[RuntimeValue<'a>], function: fn(f64) -> f64) -> FunctionResult<'a> {
    Ok(match arguments {
        [RuntimeValue::Number(number)] => Some(RuntimeValue::Number(function(*number))),
        _ => None,
    })
}

fn test_number<'a>(arguments: &[RuntimeValue<'a>], function: fn(f64) -> bool) -> FunctionResult<'a> {
    Ok(match arguments {
        [RuntimeValue::Number(number)] => Some(RuntimeValue::Boolean(function(*number))),
        _ => None,
    })
}

fn abs<'a>(arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    Ok(match arguments {
        [RuntimeValue::Number(number)] => Some(RuntimeValue::Number(number.abs())),
        [RuntimeValue::Unsigned(unsigned)] => Some(RuntimeValue::Unsigned(*unsigned)),
        [RuntimeValue::Integer(integer)] => match integer.checked_abs() {
            Some(integer) => Some(RuntimeValue::Integer(integer)),
            None => return Err(EvalError::evaluation_failed("the result of `math.abs` is too large for an integer")),
        },
        _ => None,
    })
}

fn sign<'a>(arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    Ok(match arguments {
        [RuntimeValue::Number(number)] if *number == 0.0 || number.is_nan() => Some(RuntimeValue::Number(*number)),
        [RuntimeValue::Number(number)] => Some(RuntimeValue::Number(number.signum())),
        [RuntimeValue::Unsigned(unsigned)] => Some(RuntimeValue::Unsigned((*unsigned).min(1))),
        [RuntimeValue::Integer(integer)] => Some(RuntimeValue::Integer(integer.signum())),
        _ => None,
    })
}

fn sqrt<'a>(arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    Ok(match arguments {
        [RuntimeValue::Number(number)] => Some(RuntimeValue::Number(number.sqrt())),
        [RuntimeValue::Unsigned(unsigned)] => Some(RuntimeValue::Number((*unsigned as f64).sqrt())),
        [RuntimeValue::Integer(integer)] => Some(RuntimeValue::Number((*integer as f64).sqrt())),
        _ => None,
    })
}

fn combine_bits<'a>(arguments: &[RuntimeValue<'a>], function: fn(u64, u64) -> u64) -> FunctionResult<'a> {
    Ok(match arguments {
        [RuntimeValue::Integer(left), RuntimeValue::Integer(right)] => {
            Some(RuntimeValue::Integer(function(left.cast_unsigned(), right.cast_unsigned()).cast_signed()))
        }
        [RuntimeValue::Unsigned(left), RuntimeValue::Unsigned(right)] => {
            Some(RuntimeValue::Unsigned(function(*left, *right)))
        }
        _ => None,
    })
}

fn bit_not<'a>(arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    Ok(match arguments {
        [RuntimeValue::Integer(integer)] => Some(RuntimeValue::Integer(!integer)),
        [RuntimeValue::Unsigned(unsigned)] => Some(RuntimeValue::Unsigned(!unsigned)),
        _ => None,
    })
}

/// Shifts 64 bits logically. A shift by 64 or more gives 0.
fn shift_bits<'a>(arguments: &[RuntimeValue<'a>], function: fn(u64, u32) -> Option<u64>) -> FunctionResult<'a> {
    let shifted = |bits: u64, by: i64| match u64::try_from(by) {
        Ok(by) => Ok(u32::try_from(by).ok().and_then(|by| function(bits, by)).unwrap_or_default()),
        Err(_) => Err(EvalError::evaluation_failed("bits cannot be shifted by a negative number")),
    };
    Ok(match arguments {
        [RuntimeValue::Integer(integer), RuntimeValue::Integer(by)] => {
            Some(RuntimeValue::Integer(shifted(integer.cast_unsigned(), *by)?.cast_signed()))
        }
        [RuntimeValue::Unsigned(unsigned), RuntimeValue::Integer(by)] => {
            Some(RuntimeValue::Unsigned(shifted(*unsigned, *by)?))
        }
        _ => None,
    })
}

/// Returns the first of the greatest (or least) numbers, given as arguments or as one list.
fn extreme_number<'a>(
    evaluator: &mut Evaluator<'a>,
    arguments: &[RuntimeValue<'a>],
    wanted: Ordering,
) -> FunctionResult<'a> {
    let is_number = |value: &RuntimeValue<'_>| {
        matches!(value, RuntimeValue::Integer(_) | RuntimeValue::Unsigned(_) | RuntimeValue::Number(_))
    };
    let candidates: &mut dyn Iterator<Item = RuntimeValue<'a>> = match arguments {
        [RuntimeValue::List(list)] => &mut list.iter(),
        _ => &mut arguments.iter().cloned(),
    };
    let mut best: Option<RuntimeValue<'a>> = None;
    for candidate in candidates {
        evaluator.fuel.spend(1)?;
        if !is_number(&candidate) {
            return Ok(None);
        }
        match &best {
            Some(best) if compare_numbers(&candidate, best) != Some(Some(wanted)) => {}
            _ => best = Some(candidate),
        }
    }
    Ok(best)
}
