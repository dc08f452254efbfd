//! From a computed value to one that the rest of the host takes, or to the reason why it takes none such.

use serde_json::{Map as JsonMap, Number, Value as Json};

use super::bounds::{COMPREHENSION_ELEMENTS, VALUE_BYTES};
use super::datum::{Datum, List, Map};
use super::error::{Fault, Outcome};
use super::evaluate::Run;
use super::function::shortest_number;
use super::operator::KEY_BYTES_PER_STEP;
use super::value::{TIMESTAMP_HINT, Value};

/// Steps for a list or a map of a result, and for an entry of a map.
const STEPS_PER_CONTAINER: usize = 12;
const STEPS_PER_ENTRY: usize = 4;
/// Values of a result that are freed between two pauses.
const VALUES_PER_PAUSE: usize = 500;

/// The result of an expression.
pub(super) fn value(run: &mut Run<'_>, datum: Datum<'_>) -> Outcome<Value> {
    Ok(match datum {
        Datum::Null => Value::Null,
        Datum::Boolean(boolean) => Value::Boolean(boolean),
        Datum::Integer(integer) => Value::Integer(integer),
        Datum::Number(number) if number.is_finite() => Value::Number(number),
        Datum::Timestamp(instant) => Value::Timestamp(instant),
        Datum::Text(text) => Value::Text(checked_text(text.into_string())?),
        other => match json(run, &other, &mut 0)? {
            Json::Array(items) => Value::List(items),
            Json::Object(entries) => Value::Map(entries),
            _ => Value::Null,
        },
    })
}

/// The result where a boolean is due; none where it is null.
pub(super) fn boolean(datum: Datum<'_>) -> Outcome<Option<bool>> {
    match datum {
        Datum::Null => Ok(None),
        Datum::Boolean(boolean) => Ok(Some(boolean)),
        other => {
            let message =
                format!("true or false is due, and this is {}: compare it, as in answer == \"YES\"", other.words());
            Err(Fault::result_type(message))
        }
    }
}

/// The result of a text expression; none where it is null.
pub(super) fn text(datum: Datum<'_>) -> Outcome<Option<String>> {
    match datum {
        Datum::Null => Ok(None),
        Datum::Text(text) => Ok(Some(checked_text(text.into_string())?)),
        Datum::Timestamp(_) => {
            Err(Fault::result_type(format!("a text is due, and this is a timestamp: {TIMESTAMP_HINT}")))
        }
        Datum::Unsigned(_) | Datum::Bytes(_) | Datum::Duration(_) | Datum::Type(_) | Datum::Optional(_) => {
            Err(no_value(&datum))
        }
        other => {
            let hint = match other {
                Datum::List(_) => ": put its texts together with join(\", \")",
                Datum::Map(_) => ": take one of its fields",
                _ => ": turn it into text with string(…)",
            };
            Err(Fault::result_type(format!("a text is due, and this is {}{hint}", other.words())))
        }
    }
}

/// What a value inside a template stands for.
pub(super) fn inserted(datum: Datum<'_>) -> Outcome<String> {
    match datum {
        Datum::Text(text) => Ok(text.into_string()),
        Datum::Integer(integer) => Ok(integer.to_string()),
        Datum::Number(number) if number.is_finite() => Ok(shortest_number(number)),
        Datum::Null => Err(Fault::result_type(
            "a template takes texts and numbers, and this is null: say what stands for it, as in name == null ? \"\" : name",
        )),
        Datum::Timestamp(_) => Err(Fault::result_type(format!(
            "a template takes texts and numbers, and this is a timestamp: {TIMESTAMP_HINT}"
        ))),
        Datum::Boolean(_) => Err(Fault::result_type(
            "a template takes texts and numbers, and this is a boolean: say what stands for it, as in ok ? \"yes\" : \"no\"",
        )),
        other => text(other).map(Option::unwrap_or_default),
    }
}

fn checked_text(text: String) -> Outcome<String> {
    // Entities and what is made of them are bounded elsewhere, but a result is bounded whatever it came from.
    super::bounds::check_text(text.len()).map(|()| text)
}

/// A value as JSON; `bytes` counts how long the whole becomes.
fn json(run: &mut Run<'_>, datum: &Datum<'_>, bytes: &mut usize) -> Outcome<Json> {
    run.fuel.spend(1)?;
    match datum {
        Datum::List(list) => run.walk(|run| json_list(run, list, bytes)),
        Datum::Map(map) => run.walk(|run| json_map(run, map, bytes)),
        other => json_leaf(run, other, bytes),
    }
}

fn json_leaf(run: &mut Run<'_>, datum: &Datum<'_>, bytes: &mut usize) -> Outcome<Json> {
    let (length, json) = match datum {
        Datum::Null => (4, Json::Null),
        Datum::Boolean(boolean) => (5, Json::Bool(*boolean)),
        Datum::Integer(integer) => {
            let digits = integer.unsigned_abs().checked_ilog10().unwrap_or_default() as usize + 1;
            (digits, Json::from(*integer))
        }
        Datum::Number(number) => match Number::from_f64(*number) {
            Some(json) => {
                run.fuel.spend(2)?;
                (shortest_number(*number).len() + 2, Json::Number(json))
            }
            None => return Err(no_value(datum)),
        },
        Datum::Text(text) => {
            run.fuel.spend_bytes(text.len())?;
            // What is too long is not copied first.
            count(bytes, text.len() + 3)?;
            (0, Json::String(text.to_string()))
        }
        other => return Err(no_value(other)),
    };
    count(bytes, length + 1)?;
    Ok(json)
}

fn json_list(run: &mut Run<'_>, list: &List<'_>, bytes: &mut usize) -> Outcome<Json> {
    run.fuel.spend(STEPS_PER_CONTAINER)?;
    count(bytes, 2)?;
    let mut items = Vec::with_capacity(list.len().min(COMPREHENSION_ELEMENTS));
    for item in list.iter() {
        match json(run, &item, bytes) {
            Ok(item) => items.push(item),
            Err(fault) => return Err(given_up(run, Json::Array(items), fault)),
        }
    }
    Ok(Json::Array(items))
}

fn json_map(run: &mut Run<'_>, map: &Map<'_>, bytes: &mut usize) -> Outcome<Json> {
    map.len(&mut run.fuel)?;
    run.fuel.spend(STEPS_PER_CONTAINER)?;
    count(bytes, 2)?;
    let mut entries = JsonMap::new();
    for (key, value) in map.entries() {
        match json_entry(run, &key, &value, bytes) {
            Ok((key, value)) => entries.insert(key, value),
            Err(fault) => return Err(given_up(run, Json::Object(entries), fault)),
        };
    }
    Ok(Json::Object(entries))
}

fn json_entry(run: &mut Run<'_>, key: &Datum<'_>, value: &Datum<'_>, bytes: &mut usize) -> Outcome<(String, Json)> {
    let Datum::Text(key) = key else {
        return Err(Fault::result_type(format!(
            "the keys of a map must be texts, and one is {}: turn it into text with string(…)",
            key.words()
        )));
    };
    run.fuel.spend(STEPS_PER_ENTRY + key.len() / KEY_BYTES_PER_STEP)?;
    count(bytes, key.len() + 4)?;
    Ok((key.to_string(), json(run, value, bytes)?))
}

/// Frees the part of a result that was made before a failure, with pauses.
fn given_up(run: &Run<'_>, part: Json, fault: Box<Fault>) -> Box<Fault> {
    free(run, part, &mut 0);
    fault
}

/// Frees a value. It is as deep as [`Run::walk`] allows.
fn free(run: &Run<'_>, value: Json, freed: &mut usize) {
    *freed += 1;
    if freed.is_multiple_of(VALUES_PER_PAUSE) {
        run.fuel.pause();
    }
    match value {
        Json::Array(items) => items.into_iter().for_each(|item| free(run, item, freed)),
        Json::Object(entries) => entries.into_iter().for_each(|(_, value)| free(run, value, freed)),
        _ => {}
    }
}

fn count(bytes: &mut usize, more: usize) -> Outcome<()> {
    *bytes = bytes.saturating_add(more);
    if *bytes > VALUE_BYTES {
        return Err(Fault::too_large("value", "the result is larger than 1 MiB"));
    }
    Ok(())
}

/// The failure of an expression whose result, or a part of it, is of a type that exists only while computing.
fn no_value(datum: &Datum<'_>) -> Box<Fault> {
    let hint = match datum {
        Datum::Unsigned(_) => "turn it into an integer with int(…)",
        Datum::Bytes(_) => "turn them into text with string(…), or with base64.encode(…)",
        Datum::Duration(_) => "turn it into text with string(…), or into an integer with getSeconds()",
        Datum::Type(_) => "a name of a type, such as list or int, is an entity's name only where such an entity is set",
        Datum::Optional(_) => "say what stands for a missing value with orValue(…)",
        Datum::Timestamp(_) => TIMESTAMP_HINT,
        _ => "a result must be a finite number",
    };
    let words = match datum {
        Datum::Number(_) => "infinite or not a number",
        other => other.words(),
    };
    Fault::result_type(format!("the result cannot be {words}: {hint}"))
}
