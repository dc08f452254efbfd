//! Conversion of runtime values to results, or to the error for an unsupported type.

use serde_json::{Map as JsonMap, Number, Value as Json};

use super::error::{EvalError, EvalResult};
use super::evaluate::Evaluator;
use super::function::shortest_number;
use super::limits::{MAX_COMPREHENSION_ELEMENTS, MAX_VALUE_BYTES};
use super::operator::KEY_BYTES_PER_STEP;
use super::runtime_value::{List, Map, RuntimeValue};
use super::value::{TIMESTAMP_HINT, Value};

/// Steps for a list or a map in a result.
const STEPS_PER_CONTAINER: usize = 12;
/// Steps for an entry of a map.
const STEPS_PER_ENTRY: usize = 4;
/// Steps for the length of a floating-point number.
const STEPS_PER_NUMBER: usize = 4;
/// Values of a result that are freed between two pauses.
const VALUES_PER_PAUSE: usize = 500;

/// Converts the value of an expression to its result.
pub(super) fn to_value(evaluator: &mut Evaluator<'_>, value: RuntimeValue<'_>) -> EvalResult<Value> {
    Ok(match value {
        RuntimeValue::Null => Value::Null,
        RuntimeValue::Boolean(boolean) => Value::Boolean(boolean),
        RuntimeValue::Integer(integer) => Value::Integer(integer),
        RuntimeValue::Number(number) if number.is_finite() => Value::Number(number),
        RuntimeValue::Timestamp(instant) => Value::Timestamp(instant),
        RuntimeValue::Text(text) => Value::Text(check_text_size(text.into_string())?),
        other => match to_json(evaluator, &other, &mut 0)? {
            Json::Array(items) => Value::List(items),
            Json::Object(entries) => Value::Map(entries),
            _ => Value::Null,
        },
    })
}

/// Converts a value to a boolean; `None` for null.
pub(super) fn to_boolean(value: RuntimeValue<'_>) -> EvalResult<Option<bool>> {
    match value {
        RuntimeValue::Null => Ok(None),
        RuntimeValue::Boolean(boolean) => Ok(Some(boolean)),
        other => {
            let message = format!(
                "the result must be true or false, but this is {}: compare it, as in answer == \"YES\"",
                other.type_description()
            );
            Err(EvalError::result_type(message))
        }
    }
}

/// Converts a value to the result of an integer expression; `None` for null.
pub(super) fn to_integer(value: RuntimeValue<'_>) -> EvalResult<Option<i64>> {
    match value {
        RuntimeValue::Null => Ok(None),
        RuntimeValue::Integer(integer) => Ok(Some(integer)),
        other => Err(wrong_number(&other, "an integer", "convert it to an integer with int(…)")),
    }
}

/// Converts a value to the result of a number expression; `None` for null.
pub(super) fn to_number(value: RuntimeValue<'_>) -> EvalResult<Option<f64>> {
    match value {
        RuntimeValue::Null => Ok(None),
        RuntimeValue::Number(number) if number.is_finite() => Ok(Some(number)),
        RuntimeValue::Number(_) => Err(unsupported_result_error(&value)),
        other => Err(wrong_number(&other, "a number", "convert it to a number with double(…)")),
    }
}

fn wrong_number(value: &RuntimeValue<'_>, expected: &str, hint: &str) -> Box<EvalError> {
    let hint = match value {
        RuntimeValue::Timestamp(_) => "take one of its parts, as in getFullYear()",
        RuntimeValue::Duration(_) => "take one of its units, as in getSeconds()",
        RuntimeValue::Boolean(_) => "choose a value for each case, as in ok ? 1 : 0",
        RuntimeValue::List(_) => "take one of its elements, or its size with size(…)",
        RuntimeValue::Map(_) => "take one of its fields",
        _ => hint,
    };
    EvalError::result_type(format!("the result must be {expected}, but this is {}: {hint}", value.type_description()))
}

/// Converts a value to the result of a text expression; `None` for null.
pub(super) fn to_text(value: RuntimeValue<'_>) -> EvalResult<Option<String>> {
    match value {
        RuntimeValue::Null => Ok(None),
        RuntimeValue::Text(text) => Ok(Some(check_text_size(text.into_string())?)),
        RuntimeValue::Timestamp(_) => {
            Err(EvalError::result_type(format!("the result must be a text, but this is a timestamp: {TIMESTAMP_HINT}")))
        }
        RuntimeValue::Unsigned(_)
        | RuntimeValue::Bytes(_)
        | RuntimeValue::Duration(_)
        | RuntimeValue::Type(_)
        | RuntimeValue::Optional(_) => Err(unsupported_result_error(&value)),
        other => {
            let hint = match other {
                RuntimeValue::List(_) => ": join its texts with join(\", \")",
                RuntimeValue::Map(_) => ": take one of its fields",
                _ => ": convert it to text with string(…)",
            };
            Err(EvalError::result_type(format!(
                "the result must be a text, but this is {}{hint}",
                other.type_description()
            )))
        }
    }
}

/// Returns the text that a template inserts for a value.
pub(super) fn template_text(value: RuntimeValue<'_>) -> EvalResult<String> {
    match value {
        RuntimeValue::Text(text) => Ok(text.into_string()),
        RuntimeValue::Integer(integer) => Ok(integer.to_string()),
        RuntimeValue::Number(number) if number.is_finite() => Ok(shortest_number(number)),
        RuntimeValue::Null => Err(EvalError::result_type(
            "a template accepts texts and numbers, but this is null: replace it, as in name == null ? \"\" : name",
        )),
        RuntimeValue::Timestamp(_) => Err(EvalError::result_type(format!(
            "a template accepts texts and numbers, but this is a timestamp: {TIMESTAMP_HINT}"
        ))),
        RuntimeValue::Boolean(_) => Err(EvalError::result_type(
            "a template accepts texts and numbers, but this is a boolean: convert it, as in ok ? \"yes\" : \"no\"",
        )),
        other => to_text(other).map(Option::unwrap_or_default),
    }
}

fn check_text_size(text: String) -> EvalResult<String> {
    // Other limits apply to entities and to the values of an evaluation, but this limit applies to every result.
    super::limits::check_text(text.len()).map(|()| text)
}

/// Converts a value to JSON. `bytes` is the size of the whole result so far.
fn to_json(evaluator: &mut Evaluator<'_>, value: &RuntimeValue<'_>, bytes: &mut usize) -> EvalResult<Json> {
    evaluator.fuel.spend(1)?;
    match value {
        RuntimeValue::List(list) => evaluator.with_depth(|evaluator| list_to_json(evaluator, list, bytes)),
        RuntimeValue::Map(map) => evaluator.with_depth(|evaluator| map_to_json(evaluator, map, bytes)),
        other => leaf_to_json(evaluator, other, bytes),
    }
}

fn leaf_to_json(evaluator: &mut Evaluator<'_>, value: &RuntimeValue<'_>, bytes: &mut usize) -> EvalResult<Json> {
    let (length, json) = match value {
        RuntimeValue::Null => (4, Json::Null),
        RuntimeValue::Boolean(boolean) => (5, Json::Bool(*boolean)),
        RuntimeValue::Integer(integer) => {
            let digits = integer.unsigned_abs().checked_ilog10().unwrap_or_default() as usize + 1;
            (digits, Json::from(*integer))
        }
        RuntimeValue::Number(number) => match Number::from_f64(*number) {
            Some(json) => {
                evaluator.fuel.spend(STEPS_PER_NUMBER)?;
                (shortest_number(*number).len() + 2, Json::Number(json))
            }
            None => return Err(unsupported_result_error(value)),
        },
        RuntimeValue::Text(text) => {
            evaluator.fuel.spend_bytes(text.len())?;
            // The bytes are counted before the text is copied.
            count_bytes(bytes, text.len() + 3)?;
            (0, Json::String(text.to_string()))
        }
        other => return Err(unsupported_result_error(other)),
    };
    count_bytes(bytes, length + 1)?;
    Ok(json)
}

fn list_to_json(evaluator: &mut Evaluator<'_>, list: &List<'_>, bytes: &mut usize) -> EvalResult<Json> {
    evaluator.fuel.spend(STEPS_PER_CONTAINER)?;
    count_bytes(bytes, 2)?;
    let mut items = Vec::with_capacity(list.len().min(MAX_COMPREHENSION_ELEMENTS));
    for item in list.iter() {
        match to_json(evaluator, &item, bytes) {
            Ok(item) => items.push(item),
            Err(error) => return Err(free_partial_result(evaluator, Json::Array(items), error)),
        }
    }
    Ok(Json::Array(items))
}

fn map_to_json(evaluator: &mut Evaluator<'_>, map: &Map<'_>, bytes: &mut usize) -> EvalResult<Json> {
    map.len(&mut evaluator.fuel)?;
    evaluator.fuel.spend(STEPS_PER_CONTAINER)?;
    count_bytes(bytes, 2)?;
    let mut entries = JsonMap::new();
    for (key, value) in map.entries() {
        match entry_to_json(evaluator, &key, &value, bytes) {
            Ok((key, value)) => entries.insert(key, value),
            Err(error) => return Err(free_partial_result(evaluator, Json::Object(entries), error)),
        };
    }
    Ok(Json::Object(entries))
}

fn entry_to_json(
    evaluator: &mut Evaluator<'_>,
    key: &RuntimeValue<'_>,
    value: &RuntimeValue<'_>,
    bytes: &mut usize,
) -> EvalResult<(String, Json)> {
    let RuntimeValue::Text(key) = key else {
        return Err(EvalError::result_type(format!(
            "the keys of a map must be texts, and one is {}: convert it to text with string(…)",
            key.type_description()
        )));
    };
    evaluator.fuel.spend(STEPS_PER_ENTRY + key.len() / KEY_BYTES_PER_STEP)?;
    count_bytes(bytes, key.len() + 4)?;
    Ok((key.to_string(), to_json(evaluator, value, bytes)?))
}

/// Frees a partial result after a failure, with pauses.
fn free_partial_result(evaluator: &Evaluator<'_>, part: Json, error: Box<EvalError>) -> Box<EvalError> {
    free_value(evaluator, part, &mut 0);
    error
}

/// Frees a value recursively. [`Evaluator::with_depth`] limits its depth.
fn free_value(evaluator: &Evaluator<'_>, value: Json, freed: &mut usize) {
    *freed += 1;
    if freed.is_multiple_of(VALUES_PER_PAUSE) {
        evaluator.fuel.pause();
    }
    match value {
        Json::Array(items) => items.into_iter().for_each(|item| free_value(evaluator, item, freed)),
        Json::Object(entries) => entries.into_iter().for_each(|(_, value)| free_value(evaluator, value, freed)),
        _ => {}
    }
}

fn count_bytes(bytes: &mut usize, more: usize) -> EvalResult<()> {
    *bytes = bytes.saturating_add(more);
    if *bytes > MAX_VALUE_BYTES {
        return Err(EvalError::too_large("value", "the result is larger than 1 MiB"));
    }
    Ok(())
}

/// Returns the error for a type that can occur only during an evaluation.
fn unsupported_result_error(value: &RuntimeValue<'_>) -> Box<EvalError> {
    let hint = match value {
        RuntimeValue::Unsigned(_) => "convert it to an integer with int(…)",
        RuntimeValue::Bytes(_) => "convert them to text with string(…), or with base64.encode(…)",
        RuntimeValue::Duration(_) => "convert it to text with string(…), or to an integer with getSeconds()",
        RuntimeValue::Type(_) => {
            "the name of a type, such as list or int, denotes an entity only if that entity is set"
        }
        RuntimeValue::Optional(_) => "replace a missing value with orValue(…)",
        RuntimeValue::Timestamp(_) => TIMESTAMP_HINT,
        _ => "a result must be a finite number",
    };
    let description = match value {
        RuntimeValue::Number(_) => "infinite or not a number",
        other => other.type_description(),
    };
    EvalError::result_type(format!("the result cannot be {description}: {hint}"))
}
