//! The optional extension. The evaluator implements `or`, `orValue`, `optMap` and `optFlatMap`, since they are lazy.

use super::super::error::{EvalError, EvalResult};
use super::super::evaluate::Evaluator;
use super::super::runtime_value::RuntimeValue;
use super::FunctionEntry;

pub(super) const GLOBALS: &[FunctionEntry] = &[
    ("optional.of", optional_of),
    ("optional.none", optional_none),
    ("optional.ofNonZeroValue", optional_of_non_zero),
    ("optional.unwrap", unwrap_list),
];

pub(super) const METHODS: &[FunctionEntry] =
    &[("hasValue", has_value), ("value", optional_value), ("unwrapOpt", unwrap_list)];

type FunctionResult<'a> = EvalResult<Option<RuntimeValue<'a>>>;

fn optional_of<'a>(_evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    match arguments {
        [value] => RuntimeValue::some(value.clone()).map(Some),
        _ => Ok(None),
    }
}

fn optional_none<'a>(_evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    Ok(arguments.is_empty().then_some(RuntimeValue::Optional(None)))
}

fn optional_of_non_zero<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    match arguments {
        [value] if is_zero(evaluator, value)? => Ok(Some(RuntimeValue::Optional(None))),
        [value] => RuntimeValue::some(value.clone()).map(Some),
        _ => Ok(None),
    }
}

fn is_zero(evaluator: &mut Evaluator<'_>, value: &RuntimeValue<'_>) -> EvalResult<bool> {
    Ok(match value {
        RuntimeValue::Null
        | RuntimeValue::Boolean(false)
        | RuntimeValue::Integer(0)
        | RuntimeValue::Unsigned(0)
        | RuntimeValue::Optional(None) => true,
        RuntimeValue::Number(number) => *number == 0.0,
        RuntimeValue::Text(text) => text.is_empty(),
        RuntimeValue::Bytes(bytes) => bytes.is_empty(),
        RuntimeValue::List(list) => list.len() == 0,
        RuntimeValue::Map(map) => map.len(&mut evaluator.fuel)? == 0,
        RuntimeValue::Duration(duration) => duration.is_zero(),
        _ => false,
    })
}

fn has_value<'a>(_evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    Ok(match arguments {
        [RuntimeValue::Optional(value)] => Some(RuntimeValue::Boolean(value.is_some())),
        _ => None,
    })
}

fn optional_value<'a>(_evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    match arguments {
        [RuntimeValue::Optional(Some(nested))] => Ok(Some(nested.value().clone())),
        [RuntimeValue::Optional(None)] => {
            Err(EvalError::evaluation_failed("the optional has no value: write orValue(…) in place of value()"))
        }
        _ => Ok(None),
    }
}

/// Returns the values of a list of optionals, without the empty ones.
fn unwrap_list<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> FunctionResult<'a> {
    let [RuntimeValue::List(list)] = arguments else { return Ok(None) };
    let mut items = Vec::new();
    for item in list.iter() {
        evaluator.fuel.spend(1)?;
        match item {
            RuntimeValue::Optional(Some(nested)) => items.push(nested.value().clone()),
            RuntimeValue::Optional(None) => {}
            other => {
                return Err(EvalError::evaluation_failed(format!(
                    "the list must contain only optionals, but one element is {}",
                    other.type_description()
                )));
            }
        }
    }
    RuntimeValue::list(items).map(Some)
}
