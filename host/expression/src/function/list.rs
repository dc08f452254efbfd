//! The list extension, and the sorting of `sortBy`.

use std::cmp::Ordering;

use super::super::error::{EvalError, EvalResult};
use super::super::evaluate::Evaluator;
use super::super::limits::check_list;
use super::super::operator::{as_integer, values_equal};
use super::super::runtime_value::{List, RuntimeValue};
use super::FunctionEntry;

pub(super) const GLOBALS: &[FunctionEntry] = &[("lists.range", range)];

pub(super) const METHODS: &[FunctionEntry] =
    &[("slice", slice), ("flatten", flatten), ("distinct", distinct), ("sort", sort), ("first", first), ("last", last)];

type FunctionResult<'a> = EvalResult<Option<RuntimeValue<'a>>>;

fn range<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::Integer(end)] = arguments else { return Ok(None) };
    let count = usize::try_from(*end)
        .map_err(|_| EvalError::evaluation_failed("lists.range(…) requires a number that is not negative"))?;
    check_list(count)?;
    evaluator.fuel.spend(count)?;
    RuntimeValue::list((0..*end).map(RuntimeValue::Integer).collect()).map(Some)
}

fn slice<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::List(list), RuntimeValue::Integer(start), RuntimeValue::Integer(end)] = arguments else {
        return Ok(None);
    };
    let range_ends = (usize::try_from(*start), usize::try_from(*end));
    let (Ok(start), Ok(end)) = range_ends else {
        return Err(EvalError::evaluation_failed("slice(…) requires positions that are not negative"));
    };
    if start > end || end > list.len() {
        return Err(EvalError::evaluation_failed(format!(
            "slice({start}, {end}) goes beyond the {} elements of the list",
            list.len()
        )));
    }
    check_list(end - start)?;
    evaluator.fuel.spend(end - start)?;
    RuntimeValue::list((start..end).filter_map(|index| list.get(index)).collect()).map(Some)
}

fn first<'a>(_evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::List(list)] = arguments else { return Ok(None) };
    RuntimeValue::optional(list.get(0)).map(Some)
}

fn last<'a>(_evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::List(list)] = arguments else { return Ok(None) };
    RuntimeValue::optional(list.len().checked_sub(1).and_then(|index| list.get(index))).map(Some)
}

/// Returns the elements in reverse order.
pub(super) fn reverse_list<'a>(evaluator: &mut Evaluator<'a>, list: &List<'a>) -> FunctionResult<'a> {
    check_list(list.len())?;
    evaluator.fuel.spend(list.len())?;
    RuntimeValue::list(list.iter().rev().collect()).map(Some)
}

fn flatten<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let (list, levels) = match arguments {
        [RuntimeValue::List(list)] => (list, 1),
        [RuntimeValue::List(list), RuntimeValue::Integer(levels)] => (list, *levels),
        _ => return Ok(None),
    };
    let levels = u64::try_from(levels)
        .map_err(|_| EvalError::evaluation_failed("flatten(…) requires a number that is not negative"))?;
    let mut items = Vec::new();
    flatten_into(evaluator, list, levels, &mut items)?;
    RuntimeValue::list(items).map(Some)
}

fn flatten_into<'a>(
    evaluator: &mut Evaluator<'a>,
    list: &List<'a>,
    levels: u64,
    items: &mut Vec<RuntimeValue<'a>>,
) -> EvalResult<()> {
    for item in list.iter() {
        evaluator.fuel.spend(1)?;
        match item {
            RuntimeValue::List(inner) if levels > 0 => {
                evaluator.with_depth(|evaluator| flatten_into(evaluator, &inner, levels - 1, items))?
            }
            other => {
                items.push(other);
                check_list(items.len())?;
            }
        }
    }
    Ok(())
}

fn distinct<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::List(list)] = arguments else { return Ok(None) };
    let mut items: Vec<RuntimeValue<'a>> = Vec::new();
    for item in list.iter() {
        let mut is_duplicate = false;
        for other in &items {
            is_duplicate = values_equal(evaluator, other, &item)?;
            if is_duplicate {
                break;
            }
        }
        if !is_duplicate {
            items.push(item);
        }
    }
    RuntimeValue::list(items).map(Some)
}

fn sort<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::List(list)] = arguments else { return Ok(None) };
    check_list(list.len())?;
    evaluator.fuel.spend(list.len())?;
    sort_by_keys(evaluator, list.iter().map(|item| (item.clone(), item)).collect()).map(Some)
}

/// Steps of already charged comparisons between two pauses.
const STEPS_PER_PAUSE: usize = 1_000;

/// Returns the steps of one comparison with a key.
fn comparison_steps(key: &RuntimeValue<'_>) -> usize {
    let bytes = match key {
        RuntimeValue::Text(text) => text.len(),
        RuntimeValue::Bytes(bytes) => bytes.len(),
        _ => 0,
    };
    1 + bytes / 64
}

/// Sorts values by their keys. The sort is stable.
///
/// All keys must have the same ordered type, or be numbers of any types.
pub(in super::super) fn sort_by_keys<'a>(
    evaluator: &mut Evaluator<'a>,
    mut keyed: Vec<(RuntimeValue<'a>, RuntimeValue<'a>)>,
) -> EvalResult<RuntimeValue<'a>> {
    let comparisons = keyed.len().max(2).ilog2() as usize + 1;
    let first = keyed.first().map(|(key, _)| key.clone());
    for (key, _) in &keyed {
        evaluator.fuel.spend(comparisons.saturating_mul(comparison_steps(key)))?;
        if first.as_ref().is_none_or(|first| total_order(first, key).is_none()) {
            return Err(EvalError::evaluation_failed(
                "only texts, only numbers, only booleans, only timestamps or only durations can be sorted",
            ));
        }
    }
    let mut steps = 0;
    keyed.sort_by(|(left, _), (right, _)| {
        steps += comparison_steps(left);
        if steps > STEPS_PER_PAUSE {
            steps = 0;
            evaluator.fuel.pause();
        }
        total_order(left, right).unwrap_or(Ordering::Equal)
    });
    RuntimeValue::list(keyed.into_iter().map(|(_, value)| value).collect())
}

/// Returns a total order, which sorting requires, or `None` if the types have no common order.
fn total_order(left: &RuntimeValue<'_>, right: &RuntimeValue<'_>) -> Option<Ordering> {
    Some(match (left, right) {
        (RuntimeValue::Text(left), RuntimeValue::Text(right)) => (**left).cmp(&**right),
        (RuntimeValue::Bytes(left), RuntimeValue::Bytes(right)) => left.cmp(right),
        (RuntimeValue::Boolean(left), RuntimeValue::Boolean(right)) => left.cmp(right),
        (RuntimeValue::Timestamp(left), RuntimeValue::Timestamp(right)) => left.cmp(right),
        (RuntimeValue::Duration(left), RuntimeValue::Duration(right)) => left.cmp(right),
        (RuntimeValue::Number(left), RuntimeValue::Number(right)) => left.partial_cmp(right)?,
        (RuntimeValue::Number(left), right) => mixed_order(as_integer(right)?, *left)?.reverse(),
        (left, RuntimeValue::Number(right)) => mixed_order(as_integer(left)?, *right)?,
        (left, right) => as_integer(left)?.cmp(&as_integer(right)?),
    })
}

/// Compares an integer with a floating-point number without loss of precision.
fn mixed_order(whole: i128, number: f64) -> Option<Ordering> {
    if number.is_nan() {
        return None;
    }
    // The conversion saturates at 128 bits, far beyond every integer here.
    let floor = number.floor();
    Some(whole.cmp(&(floor as i128)).then(if number > floor { Ordering::Less } else { Ordering::Equal }))
}
