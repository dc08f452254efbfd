//! The operators: arithmetic, order and equality.

use std::cmp::Ordering;

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use super::ast::Operator;
use super::error::{EvalError, EvalResult};
use super::evaluate::Evaluator;
use super::limits::{STEPS_PER_ALLOCATION, check_list, check_text};
use super::runtime_value::{List, Map, RuntimeValue};

/// Applies an operator to two values.
pub(super) fn apply<'a>(
    evaluator: &mut Evaluator<'a>,
    operator: Operator,
    left: RuntimeValue<'a>,
    right: RuntimeValue<'a>,
) -> EvalResult<RuntimeValue<'a>> {
    match operator {
        Operator::Equal => Ok(RuntimeValue::Boolean(values_equal(evaluator, &left, &right)?)),
        Operator::NotEqual => Ok(RuntimeValue::Boolean(!values_equal(evaluator, &left, &right)?)),
        Operator::In => Ok(RuntimeValue::Boolean(contains(evaluator, &left, &right)?)),
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            let order =
                compare_values(evaluator, &left, &right)?.ok_or_else(|| operand_mismatch(operator, &left, &right))?;
            Ok(RuntimeValue::Boolean(match operator {
                Operator::Less => order == Some(Ordering::Less),
                Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                Operator::Greater => order == Some(Ordering::Greater),
                _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            }))
        }
        Operator::Add => add_values(evaluator, left, right),
        _ => calculate(operator, &left, &right),
    }
}

fn operand_mismatch(operator: Operator, left: &RuntimeValue<'_>, right: &RuntimeValue<'_>) -> Box<EvalError> {
    let is_text = |value: &RuntimeValue<'_>| matches!(value, RuntimeValue::Text(_));
    let hint = match operator {
        Operator::Add if is_text(left) != is_text(right) => ": convert the other operand to text with string(…)",
        _ if is_text(left) != is_text(right) => ": convert the text to a number with int(…) or double(…)",
        _ => "",
    };
    EvalError::evaluation_failed(format!(
        "`{}` cannot be applied to {} and {}{hint}",
        operator.symbol(),
        left.type_description(),
        right.type_description()
    ))
}

fn add_values<'a>(
    evaluator: &mut Evaluator<'a>,
    left: RuntimeValue<'a>,
    right: RuntimeValue<'a>,
) -> EvalResult<RuntimeValue<'a>> {
    match (&left, &right) {
        (RuntimeValue::Text(first), RuntimeValue::Text(second)) => {
            let length = first.len() + second.len();
            check_text(length)?;
            evaluator.fuel.spend(STEPS_PER_ALLOCATION)?;
            evaluator.fuel.spend_bytes(length)?;
            // A text with a single owner grows in place, so a long chain copies each part only once.
            let mut text = match left {
                RuntimeValue::Text(text) => text.into_string(),
                _ => String::new(),
            };
            text.push_str(second);
            Ok(RuntimeValue::text(text))
        }
        (RuntimeValue::Bytes(first), RuntimeValue::Bytes(second)) => {
            let length = first.len() + second.len();
            check_text(length)?;
            evaluator.fuel.spend(STEPS_PER_ALLOCATION)?;
            evaluator.fuel.spend_bytes(length)?;
            Ok(RuntimeValue::Bytes([first.as_slice(), second.as_slice()].concat().into()))
        }
        (RuntimeValue::List(first), RuntimeValue::List(second)) => {
            check_list(first.len() + second.len())?;
            evaluator.fuel.spend(STEPS_PER_ALLOCATION + first.len() + second.len())?;
            RuntimeValue::list(first.iter().chain(second.iter()).collect())
        }
        _ => calculate(Operator::Add, &left, &right),
    }
}

fn calculate<'a>(
    operator: Operator,
    left: &RuntimeValue<'a>,
    right: &RuntimeValue<'a>,
) -> EvalResult<RuntimeValue<'a>> {
    let symbol = operator.symbol();
    let overflow = || EvalError::evaluation_failed(format!("the result of `{symbol}` is too large for an integer"));
    match (left, right) {
        (RuntimeValue::Integer(left), RuntimeValue::Integer(right)) => {
            check_divisor(operator, *right == 0)?;
            let result = match operator {
                Operator::Add => left.checked_add(*right),
                Operator::Subtract => left.checked_sub(*right),
                Operator::Multiply => left.checked_mul(*right),
                Operator::Divide => left.checked_div(*right),
                _ => left.checked_rem(*right),
            };
            result.map(RuntimeValue::Integer).ok_or_else(overflow)
        }
        (RuntimeValue::Unsigned(left), RuntimeValue::Unsigned(right)) => {
            check_divisor(operator, *right == 0)?;
            let result = match operator {
                Operator::Add => left.checked_add(*right),
                Operator::Subtract => left.checked_sub(*right),
                Operator::Multiply => left.checked_mul(*right),
                Operator::Divide => left.checked_div(*right),
                _ => left.checked_rem(*right),
            };
            result.map(RuntimeValue::Unsigned).ok_or_else(overflow)
        }
        (RuntimeValue::Number(first), RuntimeValue::Number(second)) => Ok(RuntimeValue::Number(match operator {
            Operator::Add => first + second,
            Operator::Subtract => first - second,
            Operator::Multiply => first * second,
            Operator::Divide => first / second,
            _ => return Err(operand_mismatch(operator, left, right)),
        })),
        _ => match time_arithmetic(operator, left, right) {
            Some(result) => {
                result.ok_or_else(|| EvalError::evaluation_failed(format!("the result of `{symbol}` is out of range")))
            }
            None => Err(operand_mismatch(operator, left, right)),
        },
    }
}

fn check_divisor(operator: Operator, is_zero: bool) -> EvalResult<()> {
    if is_zero && matches!(operator, Operator::Divide | Operator::Remainder) {
        return Err(EvalError::evaluation_failed("division by zero: test the divisor first, as in b == 0 ? 0 : a / b"));
    }
    Ok(())
}

/// Adds and subtracts timestamps and durations. Returns `None` for other operands, and `Some(None)` if the result is
/// out of range.
fn time_arithmetic<'a>(
    operator: Operator,
    left: &RuntimeValue<'a>,
    right: &RuntimeValue<'a>,
) -> Option<Option<RuntimeValue<'a>>> {
    Some(match (operator, left, right) {
        (Operator::Add, RuntimeValue::Timestamp(instant), RuntimeValue::Duration(duration))
        | (Operator::Add, RuntimeValue::Duration(duration), RuntimeValue::Timestamp(instant)) => {
            instant.checked_add_signed(*duration).and_then(checked_timestamp)
        }
        (Operator::Subtract, RuntimeValue::Timestamp(instant), RuntimeValue::Duration(duration)) => {
            instant.checked_sub_signed(*duration).and_then(checked_timestamp)
        }
        (Operator::Subtract, RuntimeValue::Timestamp(left), RuntimeValue::Timestamp(right)) => {
            checked_duration(left.signed_duration_since(*right))
        }
        (Operator::Add, RuntimeValue::Duration(left), RuntimeValue::Duration(right)) => {
            left.checked_add(right).and_then(checked_duration)
        }
        (Operator::Subtract, RuntimeValue::Duration(left), RuntimeValue::Duration(right)) => {
            left.checked_sub(right).and_then(checked_duration)
        }
        _ => return None,
    })
}

/// Returns a timestamp within the years 1 to 9999.
pub(super) fn checked_timestamp<'a>(instant: DateTime<Utc>) -> Option<RuntimeValue<'a>> {
    (1..=9999).contains(&instant.year()).then_some(RuntimeValue::Timestamp(instant))
}

/// Returns a duration that fits into 64 bits of nanoseconds.
pub(super) fn checked_duration<'a>(duration: TimeDelta) -> Option<RuntimeValue<'a>> {
    duration.num_nanoseconds().map(|_| RuntimeValue::Duration(duration))
}

/// Compares two values. Returns `None` if their types have no order, and `Some(None)` if one is NaN.
pub(super) fn compare_values(
    evaluator: &mut Evaluator<'_>,
    left: &RuntimeValue<'_>,
    right: &RuntimeValue<'_>,
) -> EvalResult<Option<Option<Ordering>>> {
    Ok(match (left, right) {
        (RuntimeValue::Text(left), RuntimeValue::Text(right)) => {
            evaluator.fuel.spend_bytes(left.len().min(right.len()))?;
            Some(Some((**left).cmp(&**right)))
        }
        (RuntimeValue::Bytes(left), RuntimeValue::Bytes(right)) => {
            evaluator.fuel.spend_bytes(left.len().min(right.len()))?;
            Some(Some(left.cmp(right)))
        }
        (RuntimeValue::Boolean(left), RuntimeValue::Boolean(right)) => Some(Some(left.cmp(right))),
        (RuntimeValue::Timestamp(left), RuntimeValue::Timestamp(right)) => Some(Some(left.cmp(right))),
        (RuntimeValue::Duration(left), RuntimeValue::Duration(right)) => Some(Some(left.cmp(right))),
        _ => compare_numbers(left, right),
    })
}

/// Compares two numbers of any types. An integer and a floating-point number compare as floating-point numbers, so
/// neighbours beyond 2⁵³ are equal.
pub(super) fn compare_numbers(left: &RuntimeValue<'_>, right: &RuntimeValue<'_>) -> Option<Option<Ordering>> {
    Some(match (left, right) {
        (RuntimeValue::Number(left), RuntimeValue::Number(right)) => left.partial_cmp(right),
        (RuntimeValue::Number(left), right) => left.partial_cmp(&(as_integer(right)? as f64)),
        (left, RuntimeValue::Number(right)) => (as_integer(left)? as f64).partial_cmp(right),
        (left, right) => Some(as_integer(left)?.cmp(&as_integer(right)?)),
    })
}

/// Returns an integer of either type.
pub(super) fn as_integer(value: &RuntimeValue<'_>) -> Option<i128> {
    match value {
        RuntimeValue::Integer(integer) => Some(i128::from(*integer)),
        RuntimeValue::Unsigned(unsigned) => Some(i128::from(*unsigned)),
        _ => None,
    }
}

/// Returns whether two values are equal. Values of different types are unequal, except for numbers.
pub(super) fn values_equal(
    evaluator: &mut Evaluator<'_>,
    left: &RuntimeValue<'_>,
    right: &RuntimeValue<'_>,
) -> EvalResult<bool> {
    evaluator.fuel.spend(1)?;
    Ok(match (left, right) {
        (RuntimeValue::Null, RuntimeValue::Null) | (RuntimeValue::Optional(None), RuntimeValue::Optional(None)) => true,
        (RuntimeValue::Boolean(left), RuntimeValue::Boolean(right)) => left == right,
        (RuntimeValue::Text(left), RuntimeValue::Text(right)) => {
            left.len() == right.len() && {
                evaluator.fuel.spend_bytes(left.len())?;
                **left == **right
            }
        }
        (RuntimeValue::Bytes(left), RuntimeValue::Bytes(right)) => {
            left.len() == right.len() && {
                evaluator.fuel.spend_bytes(left.len())?;
                left == right
            }
        }
        (RuntimeValue::Timestamp(left), RuntimeValue::Timestamp(right)) => left == right,
        (RuntimeValue::Duration(left), RuntimeValue::Duration(right)) => left == right,
        (RuntimeValue::Type(left), RuntimeValue::Type(right)) => left == right,
        (RuntimeValue::List(left), RuntimeValue::List(right)) => {
            evaluator.with_depth(|evaluator| lists_equal(evaluator, left, right))?
        }
        (RuntimeValue::Map(left), RuntimeValue::Map(right)) => {
            evaluator.with_depth(|evaluator| maps_equal(evaluator, left, right))?
        }
        (RuntimeValue::Optional(Some(left)), RuntimeValue::Optional(Some(right))) => {
            values_equal(evaluator, left.value(), right.value())?
        }
        _ => compare_numbers(left, right) == Some(Some(Ordering::Equal)),
    })
}

fn lists_equal(evaluator: &mut Evaluator<'_>, left: &List<'_>, right: &List<'_>) -> EvalResult<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (left, right) in left.iter().zip(right.iter()) {
        if !values_equal(evaluator, &left, &right)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps_equal(evaluator: &mut Evaluator<'_>, left: &Map<'_>, right: &Map<'_>) -> EvalResult<bool> {
    let count = left.len(&mut evaluator.fuel)?;
    if count != right.len(&mut evaluator.fuel)? {
        return Ok(false);
    }
    evaluator.fuel.spend(STEPS_PER_ALLOCATION)?;
    for (key, value) in left.entries() {
        evaluator.fuel.spend(1)?;
        match map_get(evaluator, right, &key)? {
            Some(other) if values_equal(evaluator, &value, &other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn contains<'a>(
    evaluator: &mut Evaluator<'a>,
    value: &RuntimeValue<'a>,
    container: &RuntimeValue<'a>,
) -> EvalResult<bool> {
    match container {
        RuntimeValue::List(list) => {
            for element in list.iter() {
                if values_equal(evaluator, value, &element)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        RuntimeValue::Map(map) => Ok(map_get(evaluator, map, value)?.is_some()),
        _ => Err(operand_mismatch(Operator::In, value, container)),
    }
}

/// Bytes of a key per step. A map compares the key with several of its keys.
pub(super) const KEY_BYTES_PER_STEP: usize = 8;

/// Returns the value of a key in a map.
pub(super) fn map_get<'a>(
    evaluator: &mut Evaluator<'_>,
    map: &Map<'a>,
    key: &RuntimeValue<'_>,
) -> EvalResult<Option<RuntimeValue<'a>>> {
    match (key, map.built()) {
        (RuntimeValue::Text(key), None) => {
            evaluator.fuel.spend(key.len() / KEY_BYTES_PER_STEP + map.search_steps())?;
            Ok(map.get_text(key))
        }
        (
            RuntimeValue::Text(_)
            | RuntimeValue::Boolean(_)
            | RuntimeValue::Integer(_)
            | RuntimeValue::Unsigned(_)
            | RuntimeValue::Number(_),
            built,
        ) => {
            for (candidate, value) in built.unwrap_or_default() {
                if values_equal(evaluator, candidate, key)? {
                    return Ok(Some(value.clone()));
                }
            }
            Ok(None)
        }
        _ => Err(EvalError::evaluation_failed(format!("{} cannot be the key of a map", key.type_description()))),
    }
}
