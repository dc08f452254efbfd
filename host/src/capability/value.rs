//! Values as the contract has them, and as JSON.

use super::bindings::flow::action::types::{Error, Value};
use super::{Answer, State};
use crate::catalog::manifest::ValueType;
use serde_json::Value as Json;

/// A JSON value of a session as a plugin gets it. Nulls don't get here.
pub(super) fn from_json(value: &Json) -> Value {
    match value {
        Json::Bool(value) => Value::Boolean(*value),
        Json::String(value) => Value::Text(value.clone()),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Integer(integer),
            // An integer beyond 64 bits, signed, was refused with its session.
            (None, number) => Value::Number(number.unwrap_or_default()),
        },
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Json(value.to_string()),
    }
}

/// Bytes that a value carries.
pub(super) fn bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => text.len(),
        Value::Boolean(_) | Value::Integer(_) | Value::Number(_) => 8,
    }
}

/// How many bytes a session's value has, or what is wrong with it, as words that follow the entity's name.
pub(super) fn check(value: &Json, limit: usize) -> Result<usize, String> {
    let bytes = match value {
        Json::Number(number) if number.is_u64() && !number.is_i64() => {
            return Err(format!("is {number}, beyond an integer's 64 bits; make it a text"));
        }
        Json::String(text) => text.len(),
        Json::Array(_) | Json::Object(_) => value.to_string().len(),
        _ => 0,
    };
    if bytes > limit { Err(format!("has {bytes} bytes; at most {limit} are allowed")) } else { Ok(bytes) }
}

/// The name of a JSON value's type as designers know it.
pub(crate) fn json_type(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(number) if number.is_f64() => "a number",
        Json::Number(_) => "an integer",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

/// Whether a JSON value is of this type.
pub(super) fn is_of(value: &Json, expected: ValueType) -> bool {
    match expected {
        ValueType::Boolean => value.is_boolean(),
        ValueType::Integer => value.is_i64() || value.is_u64(),
        ValueType::Number => value.is_f64(),
        ValueType::Text => value.is_string(),
        ValueType::Json => value.is_array() || value.is_object(),
    }
}

/// A type's name as designers know it.
pub(super) fn type_name(expected: ValueType) -> &'static str {
    match expected {
        ValueType::Boolean => "a boolean",
        ValueType::Integer => "an integer",
        ValueType::Number => "a number",
        ValueType::Text => "a text",
        ValueType::Json => "a list or a map",
    }
}

/// A refusal of one of the host's own functions.
pub(super) fn refusal(code: &str, message: impl Into<String>) -> Error {
    Error { code: code.to_owned(), message: message.into(), parameter: None, details: Vec::new() }
}

/// A plugin's value as JSON, or why it can't be an entity's.
fn to_json(value: Value, limit: usize) -> Result<Json, Error> {
    let size = bytes(&value);
    if size > limit {
        let message = format!("a value of {size} bytes is too large; at most {limit} are allowed");
        return Err(refusal("limit-value-size", message));
    }
    match value {
        Value::Boolean(value) => Ok(Json::Bool(value)),
        Value::Integer(value) => Ok(Json::from(value)),
        Value::Text(value) => Ok(Json::String(value)),
        Value::Number(value) => serde_json::Number::from_f64(value)
            .map(Json::Number)
            .ok_or_else(|| refusal("entity-type", format!("{value} is no finite number"))),
        Value::Json(text) => match serde_json::from_str(&text) {
            Ok(value @ (Json::Array(_) | Json::Object(_))) => Ok(value),
            Ok(other) => Err(refusal("entity-type", format!("{} is no list or map", json_type(&other)))),
            Err(error) => Err(refusal("entity-type", format!("the JSON of a list or map doesn't parse: {error}"))),
        },
    }
}

impl State {
    /// Writes an entity that the plugin gave; `expected` is what the manifest promises.
    pub(super) fn write_entity(
        &mut self,
        name: String,
        value: Option<Value>,
        expected: Option<ValueType>,
    ) -> Result<(), Error> {
        let value = value.map(|value| to_json(value, self.limits.value_bytes)).transpose()?;
        if let (Some(value), Some(expected)) = (&value, expected)
            && !is_of(value, expected)
        {
            let message = format!("{} was given for {}", json_type(value), type_name(expected));
            return Err(refusal("entity-type", message));
        }
        self.session.write(name, value, &self.limits).map_err(|(code, message)| refusal(code, message))
    }

    /// Counts what an answer carries.
    pub(super) fn answer<T>(&mut self, value: Result<T, Error>, bytes: usize) -> Answer<T> {
        self.carry(bytes)?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_converts() {
        assert!(matches!(from_json(&json!(1)), Value::Integer(1)));
        assert!(matches!(from_json(&json!(1.0)), Value::Number(number) if number == 1.0));
        assert_eq!(to_json(Value::Number(1.0), 10).unwrap().to_string(), "1.0");
        assert_eq!(to_json(Value::Integer(1), 10).unwrap().to_string(), "1");
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        for value in [Value::Number(f64::NAN), Value::Json("1".to_owned()), Value::Json("[".to_owned())] {
            assert_eq!(to_json(value, 10).unwrap_err().code, "entity-type");
        }
        assert_eq!(to_json(Value::Text("12345678901".to_owned()), 10).unwrap_err().code, "limit-value-size");
    }

    #[test]
    fn an_integer_beyond_64_bits_is_refused_with_its_session() {
        assert!(check(&json!(u64::MAX), 10).is_err());
        assert!(check(&json!(i64::MAX), 10).is_ok());
    }
}
