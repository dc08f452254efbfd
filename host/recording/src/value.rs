//! Entities as typed values: the variant `value` of the contract as JSON.

use flowhost_domain::canonical_json::canonicalise;
use serde_json::{Number, Value as Json, json};
use std::convert::Infallible;

/// Returns an entity as a typed value: `{"integer": "7"}`. A list or a map becomes `{"json": TEXT}`; null stays null.
pub fn to_typed(value: &Json) -> Json {
    match value {
        Json::Null => Json::Null,
        Json::Bool(value) => json!({ "boolean": value }),
        Json::String(text) => json!({ "text": text }),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => json!({ "integer": integer.to_string() }),
            None => json!({ "number": number }),
        },
        Json::Array(_) | Json::Object(_) => {
            let Ok(text) = canonicalise::<Infallible>(&value.to_string(), &mut |_| Ok(()));
            json!({ "json": text })
        }
    }
}

/// Returns the entity of a typed value. `Err`: it is not a typed value.
pub fn from_typed(typed: &Json) -> Result<Json, String> {
    if typed.is_null() {
        return Ok(Json::Null);
    }
    let member = typed.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    let value = match member {
        Some((case, Json::Bool(value))) if case == "boolean" => Some(Json::Bool(*value)),
        Some((case, Json::String(text))) if case == "text" => Some(Json::String(text.clone())),
        Some((case, Json::String(text))) if case == "integer" => text.parse::<i64>().ok().map(Json::from),
        Some((case, Json::Number(number))) if case == "number" => {
            number.as_f64().and_then(Number::from_f64).map(Json::Number)
        }
        Some((case, Json::String(text))) if case == "json" => {
            let value = serde_json::from_str(text).ok();
            value.filter(|value: &Json| value.is_array() || value.is_object())
        }
        _ => None,
    };
    value.ok_or_else(|| "an entity is not a value such as {\"integer\": \"7\"}".to_owned())
}
