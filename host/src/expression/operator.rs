//! What the operators do: arithmetic, order and equality.

use std::cmp::Ordering;

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use super::bounds::{STEPS_PER_VALUE, check_list, check_text};
use super::datum::{Datum, List, Map};
use super::error::{Fault, Outcome};
use super::evaluate::Run;
use super::tree::Operator;

/// Applies an operator to two values.
pub(super) fn apply<'a>(
    run: &mut Run<'a>,
    operator: Operator,
    left: Datum<'a>,
    right: Datum<'a>,
) -> Outcome<Datum<'a>> {
    match operator {
        Operator::Equal => Ok(Datum::Boolean(equal(run, &left, &right)?)),
        Operator::NotEqual => Ok(Datum::Boolean(!equal(run, &left, &right)?)),
        Operator::In => Ok(Datum::Boolean(contained(run, &left, &right)?)),
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            let order = order(run, &left, &right)?.ok_or_else(|| mismatch(operator, &left, &right))?;
            Ok(Datum::Boolean(match operator {
                Operator::Less => order == Some(Ordering::Less),
                Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                Operator::Greater => order == Some(Ordering::Greater),
                _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            }))
        }
        Operator::Add => add(run, left, right),
        _ => calculate(operator, &left, &right),
    }
}

fn mismatch(operator: Operator, left: &Datum<'_>, right: &Datum<'_>) -> Box<Fault> {
    let is_text = |datum: &Datum<'_>| matches!(datum, Datum::Text(_));
    let hint = match operator {
        Operator::Add if is_text(left) != is_text(right) => ": turn the one that is no text into text with string(…)",
        _ if is_text(left) != is_text(right) => ": turn the text into a number with int(…) or double(…)",
        _ => "",
    };
    Fault::failed(format!("`{}` cannot be applied to {} and {}{hint}", operator.symbol(), left.words(), right.words()))
}

fn add<'a>(run: &mut Run<'a>, left: Datum<'a>, right: Datum<'a>) -> Outcome<Datum<'a>> {
    match (&left, &right) {
        (Datum::Text(first), Datum::Text(second)) => {
            let length = first.len() + second.len();
            check_text(length)?;
            run.fuel.spend(STEPS_PER_VALUE)?;
            run.fuel.spend_bytes(length)?;
            // A text that nothing else holds grows in place, so that a long chain copies each part once.
            let mut text = match left {
                Datum::Text(text) => text.into_string(),
                _ => String::new(),
            };
            text.push_str(second);
            Ok(Datum::text(text))
        }
        (Datum::Bytes(first), Datum::Bytes(second)) => {
            let length = first.len() + second.len();
            check_text(length)?;
            run.fuel.spend(STEPS_PER_VALUE)?;
            run.fuel.spend_bytes(length)?;
            Ok(Datum::Bytes([first.as_slice(), second.as_slice()].concat().into()))
        }
        (Datum::List(first), Datum::List(second)) => {
            check_list(first.len() + second.len())?;
            run.fuel.spend(STEPS_PER_VALUE + first.len() + second.len())?;
            Datum::list(first.iter().chain(second.iter()).collect())
        }
        _ => calculate(Operator::Add, &left, &right),
    }
}

fn calculate<'a>(operator: Operator, left: &Datum<'a>, right: &Datum<'a>) -> Outcome<Datum<'a>> {
    let symbol = operator.symbol();
    let overflow = || Fault::failed(format!("the result of `{symbol}` is too large for an integer"));
    match (left, right) {
        (Datum::Integer(left), Datum::Integer(right)) => {
            check_divisor(operator, *right == 0)?;
            let result = match operator {
                Operator::Add => left.checked_add(*right),
                Operator::Subtract => left.checked_sub(*right),
                Operator::Multiply => left.checked_mul(*right),
                Operator::Divide => left.checked_div(*right),
                _ => left.checked_rem(*right),
            };
            result.map(Datum::Integer).ok_or_else(overflow)
        }
        (Datum::Unsigned(left), Datum::Unsigned(right)) => {
            check_divisor(operator, *right == 0)?;
            let result = match operator {
                Operator::Add => left.checked_add(*right),
                Operator::Subtract => left.checked_sub(*right),
                Operator::Multiply => left.checked_mul(*right),
                Operator::Divide => left.checked_div(*right),
                _ => left.checked_rem(*right),
            };
            result.map(Datum::Unsigned).ok_or_else(overflow)
        }
        (Datum::Number(first), Datum::Number(second)) => Ok(Datum::Number(match operator {
            Operator::Add => first + second,
            Operator::Subtract => first - second,
            Operator::Multiply => first * second,
            Operator::Divide => first / second,
            _ => return Err(mismatch(operator, left, right)),
        })),
        _ => match calendar(operator, left, right) {
            Some(result) => result.ok_or_else(|| Fault::failed(format!("the result of `{symbol}` is out of range"))),
            None => Err(mismatch(operator, left, right)),
        },
    }
}

fn check_divisor(operator: Operator, is_zero: bool) -> Outcome<()> {
    if is_zero && matches!(operator, Operator::Divide | Operator::Remainder) {
        return Err(Fault::failed("division by zero: test the divisor first, as in b == 0 ? 0 : a / b"));
    }
    Ok(())
}

/// Arithmetic with instants and durations: nothing where there is none, no result where it is out of range.
fn calendar<'a>(operator: Operator, left: &Datum<'a>, right: &Datum<'a>) -> Option<Option<Datum<'a>>> {
    Some(match (operator, left, right) {
        (Operator::Add, Datum::Timestamp(instant), Datum::Duration(duration))
        | (Operator::Add, Datum::Duration(duration), Datum::Timestamp(instant)) => {
            instant.checked_add_signed(*duration).and_then(timestamp)
        }
        (Operator::Subtract, Datum::Timestamp(instant), Datum::Duration(duration)) => {
            instant.checked_sub_signed(*duration).and_then(timestamp)
        }
        (Operator::Subtract, Datum::Timestamp(left), Datum::Timestamp(right)) => {
            duration(left.signed_duration_since(*right))
        }
        (Operator::Add, Datum::Duration(left), Datum::Duration(right)) => left.checked_add(right).and_then(duration),
        (Operator::Subtract, Datum::Duration(left), Datum::Duration(right)) => {
            left.checked_sub(right).and_then(duration)
        }
        _ => return None,
    })
}

/// An instant within the years 1 to 9999.
pub(super) fn timestamp<'a>(instant: DateTime<Utc>) -> Option<Datum<'a>> {
    (1..=9999).contains(&instant.year()).then_some(Datum::Timestamp(instant))
}

/// A duration that fits 64 bits of nanoseconds.
pub(super) fn duration<'a>(duration: TimeDelta) -> Option<Datum<'a>> {
    duration.num_nanoseconds().map(|_| Datum::Duration(duration))
}

/// The order of two values; no order where one is not a number, nothing where their types have none.
pub(super) fn order(run: &mut Run<'_>, left: &Datum<'_>, right: &Datum<'_>) -> Outcome<Option<Option<Ordering>>> {
    Ok(match (left, right) {
        (Datum::Text(left), Datum::Text(right)) => {
            run.fuel.spend_bytes(left.len().min(right.len()))?;
            Some(Some((**left).cmp(&**right)))
        }
        (Datum::Bytes(left), Datum::Bytes(right)) => {
            run.fuel.spend_bytes(left.len().min(right.len()))?;
            Some(Some(left.cmp(right)))
        }
        (Datum::Boolean(left), Datum::Boolean(right)) => Some(Some(left.cmp(right))),
        (Datum::Timestamp(left), Datum::Timestamp(right)) => Some(Some(left.cmp(right))),
        (Datum::Duration(left), Datum::Duration(right)) => Some(Some(left.cmp(right))),
        _ => numeric_order(left, right),
    })
}

/// The order of two numbers of any types. A whole number and a number with a point compare as the latter, so that
/// neighbours beyond 2⁵³ are equal.
pub(super) fn numeric_order(left: &Datum<'_>, right: &Datum<'_>) -> Option<Option<Ordering>> {
    Some(match (left, right) {
        (Datum::Number(left), Datum::Number(right)) => left.partial_cmp(right),
        (Datum::Number(left), right) => left.partial_cmp(&(whole(right)? as f64)),
        (left, Datum::Number(right)) => (whole(left)? as f64).partial_cmp(right),
        (left, right) => Some(whole(left)?.cmp(&whole(right)?)),
    })
}

/// A whole number of either type.
pub(super) fn whole(datum: &Datum<'_>) -> Option<i128> {
    match datum {
        Datum::Integer(integer) => Some(i128::from(*integer)),
        Datum::Unsigned(unsigned) => Some(i128::from(*unsigned)),
        _ => None,
    }
}

/// Whether two values are equal. Values of different types are not, numbers apart.
pub(super) fn equal(run: &mut Run<'_>, left: &Datum<'_>, right: &Datum<'_>) -> Outcome<bool> {
    run.fuel.spend(1)?;
    Ok(match (left, right) {
        (Datum::Null, Datum::Null) | (Datum::Optional(None), Datum::Optional(None)) => true,
        (Datum::Boolean(left), Datum::Boolean(right)) => left == right,
        (Datum::Text(left), Datum::Text(right)) => {
            left.len() == right.len() && {
                run.fuel.spend_bytes(left.len())?;
                **left == **right
            }
        }
        (Datum::Bytes(left), Datum::Bytes(right)) => {
            left.len() == right.len() && {
                run.fuel.spend_bytes(left.len())?;
                left == right
            }
        }
        (Datum::Timestamp(left), Datum::Timestamp(right)) => left == right,
        (Datum::Duration(left), Datum::Duration(right)) => left == right,
        (Datum::Type(left), Datum::Type(right)) => left == right,
        (Datum::List(left), Datum::List(right)) => run.walk(|run| equal_lists(run, left, right))?,
        (Datum::Map(left), Datum::Map(right)) => run.walk(|run| equal_maps(run, left, right))?,
        (Datum::Optional(Some(left)), Datum::Optional(Some(right))) => equal(run, left.value(), right.value())?,
        _ => numeric_order(left, right) == Some(Some(Ordering::Equal)),
    })
}

fn equal_lists(run: &mut Run<'_>, left: &List<'_>, right: &List<'_>) -> Outcome<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (left, right) in left.iter().zip(right.iter()) {
        if !equal(run, &left, &right)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_maps(run: &mut Run<'_>, left: &Map<'_>, right: &Map<'_>) -> Outcome<bool> {
    let count = left.len(&mut run.fuel)?;
    if count != right.len(&mut run.fuel)? {
        return Ok(false);
    }
    run.fuel.spend(STEPS_PER_VALUE)?;
    for (key, value) in left.entries() {
        run.fuel.spend(1)?;
        match entry(run, right, &key)? {
            Some(other) if equal(run, &value, &other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn contained<'a>(run: &mut Run<'a>, value: &Datum<'a>, container: &Datum<'a>) -> Outcome<bool> {
    match container {
        Datum::List(list) => {
            for element in list.iter() {
                if equal(run, value, &element)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Datum::Map(map) => Ok(entry(run, map, value)?.is_some()),
        _ => Err(mismatch(Operator::In, value, container)),
    }
}

/// Bytes of a key that one step compares with the keys of a map, of which it meets many.
pub(super) const KEY_BYTES_PER_STEP: usize = 8;

/// The value of a key in a map.
pub(super) fn entry<'a>(run: &mut Run<'_>, map: &Map<'a>, key: &Datum<'_>) -> Outcome<Option<Datum<'a>>> {
    match (key, map.built()) {
        (Datum::Text(key), None) => {
            run.fuel.spend(key.len() / KEY_BYTES_PER_STEP + map.levels())?;
            Ok(map.get_text(key))
        }
        (Datum::Text(_) | Datum::Boolean(_) | Datum::Integer(_) | Datum::Unsigned(_) | Datum::Number(_), built) => {
            for (candidate, value) in built.unwrap_or_default() {
                if equal(run, candidate, key)? {
                    return Ok(Some(value.clone()));
                }
            }
            Ok(None)
        }
        _ => Err(Fault::failed(format!("a map has no keys of the type of {}", key.words()))),
    }
}
