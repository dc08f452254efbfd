//! Conversions between the values of the contract and JSON.

use super::bindings::flow::action::types::{Error, Value};
use super::evaluation::{Allowance, BytesExceeded, JsonWriter};
use super::{HostResult, HostState, json_text};
use flowhost_domain::json;
use flowhost_error::ErrorCode;
use flowhost_error::text::single_line;
use flowhost_manifest::{ValueType, json_type};
use serde_json::{Number, Value as Json};

/// Converts a JSON value of a session, which is not null, for a plugin. The charge precedes the conversion.
pub(super) fn from_json(value: &Json, allowance: &mut Allowance<'_>) -> Result<Value, BytesExceeded> {
    Ok(match value {
        Json::Bool(value) => Value::Boolean(*value),
        Json::String(value) => {
            allowance.charge(value.len())?;
            Value::Text(value.clone())
        }
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Integer(integer),
            // The check of the session has rejected integers beyond 64 bits, signed.
            (None, number) => Value::Number(number.unwrap_or_default()),
        },
        Json::Null | Json::Array(_) | Json::Object(_) => {
            let mut json = JsonWriter::new(allowance);
            json.write_value(value)?;
            Value::Json(json.finish())
        }
    })
}

/// Returns the bytes that a value transfers.
pub(super) fn bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => text.len(),
        Value::Boolean(_) | Value::Integer(_) | Value::Number(_) => 8,
    }
}

/// Returns the size of a session's value in bytes. `Err`: an error text that follows the entity's name.
pub(super) fn measure(value: &Json, limit: usize) -> Result<usize, String> {
    if let Some(number) = large_integer(value) {
        return Err(format!("has {number}, which exceeds the 64 bits of an integer; use a text instead"));
    }
    let bytes = match value {
        Json::String(text) => text.len(),
        Json::Array(_) | Json::Object(_) => value.to_string().len(),
        _ => 0,
    };
    if bytes > limit { Err(format!("has {bytes} bytes; at most {limit} are allowed")) } else { Ok(bytes) }
}

/// Returns an integer in the value that exceeds 64 bits, signed.
fn large_integer(value: &Json) -> Option<&Number> {
    match value {
        Json::Number(number) => (number.is_u64() && !number.is_i64()).then_some(number),
        Json::Array(list) => list.iter().find_map(large_integer),
        Json::Object(map) => map.values().find_map(large_integer),
        _ => None,
    }
}

/// Creates a refusal of a host function.
pub(super) fn refusal(code: ErrorCode, message: impl Into<String>) -> Error {
    Error { code: code.as_str().to_owned(), message: single_line(message.into()), parameter: None, details: Vec::new() }
}

/// Maximum size of a plugin's JSON that is parsed inline, bytes: about 0.1 ms.
pub(super) const INLINE_JSON: usize = 8 << 10;

/// Rejects a plugin's value that is too large for an entity.
fn check_size(value: &Value, limit: usize) -> Result<(), Error> {
    check_length(bytes(value), limit)
}

/// Rejects a size that is too large for an entity.
pub(super) fn check_length(size: usize, limit: usize) -> Result<(), Error> {
    if size > limit {
        let message = format!("a value of {size} bytes is too large; at most {limit} are allowed");
        return Err(refusal(ErrorCode::LimitValueSize, message));
    }
    Ok(())
}

/// Converts a plugin's value into JSON. `Err`: the value is not valid for an entity.
pub(super) fn to_json(value: Value, pause: &dyn Fn()) -> Result<Json, Error> {
    match value {
        Value::Boolean(value) => Ok(Json::Bool(value)),
        Value::Integer(value) => Ok(Json::from(value)),
        Value::Text(value) => Ok(Json::String(value)),
        Value::Number(value) => Number::from_f64(value)
            .map(Json::Number)
            .ok_or_else(|| refusal(ErrorCode::EntityType, format!("{value} is not a finite number"))),
        Value::Json(text) => parse_container(&text, pause),
    }
}

/// Parses the JSON text of a list or a map.
pub(super) fn parse_container(text: &str, pause: &dyn Fn()) -> Result<Json, Error> {
    let text = json_text::without_negative_zeros(text);
    match json::parse_with_pauses(&text, pause) {
        Ok(value @ (Json::Array(_) | Json::Object(_))) => match json::find_large_integer(&text, pause) {
            Some(found) => Err(refusal(ErrorCode::EntityType, found.to_string())),
            None => Ok(value),
        },
        Ok(other) => Err(refusal(ErrorCode::EntityType, format!("{} is not a list or map", json_type(&other)))),
        Err(error) => Err(refusal(ErrorCode::EntityType, format!("the JSON of a list or map doesn't parse: {error}"))),
    }
}

impl HostState {
    /// Writes a plugin's value into an entity; `expected` is the type that the manifest declares.
    pub(super) async fn write_entity(
        &mut self,
        name: String,
        value: Option<Value>,
        expected: Option<ValueType>,
    ) -> HostResult<()> {
        let value = match value {
            Some(value) => self.convert_value(value).await?.map(Some),
            None => Ok(None),
        };
        Ok(value.and_then(|value| self.put_entity(name, value, expected)))
    }

    /// Converts a plugin's value into JSON, within the limits of an entity. The charge precedes the conversion.
    pub(super) async fn convert_value(&mut self, value: Value) -> HostResult<Json> {
        if let Value::Json(text) = &value {
            self.charge_bytes(json::tree_bytes(text))?;
        }
        if let Err(refused) = check_size(&value, self.limits.value_bytes) {
            return Ok(Err(refused));
        }
        match &value {
            Value::Json(text) if text.len() > INLINE_JSON => {
                self.work_in_slices(move |pause| to_json(value, pause)).await
            }
            _ => Ok(to_json(value, &|| ())),
        }
    }

    pub(super) fn put_entity(
        &mut self,
        name: String,
        value: Option<Json>,
        expected: Option<ValueType>,
    ) -> Result<(), Error> {
        if let (Some(value), Some(expected)) = (&value, expected)
            && !expected.matches(value)
        {
            let message = format!("the value must be {}, but is {}", expected.designer_name(), json_type(value));
            return Err(refusal(ErrorCode::EntityType, message));
        }
        self.session.write(name, value, &self.limits).map_err(|(code, message)| refusal(code, message))
    }

    /// Charges the bytes of a result.
    pub(super) fn charge_result<T>(&mut self, value: Result<T, Error>, bytes: usize) -> HostResult<T> {
        self.charge_bytes(bytes)?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::evaluation::try_inline;
    use serde_json::json;

    #[test]
    fn numbers_keep_their_type() {
        let from_json = |value: &Json| try_inline(&mut 0, 0, |allowance| from_json(value, allowance)).unwrap().unwrap();
        assert!(matches!(from_json(&json!(1)), Value::Integer(1)));
        assert!(matches!(from_json(&json!(1.0)), Value::Number(number) if number == 1.0));
        assert_eq!(to_json(Value::Number(1.0), &|| ()).unwrap().to_string(), "1.0");
        assert_eq!(to_json(Value::Integer(1), &|| ()).unwrap().to_string(), "1");
    }

    #[test]
    fn a_value_that_json_cannot_hold_is_refused() {
        for value in [Value::Number(f64::NAN), Value::Json("1".to_owned()), Value::Json("[".to_owned())] {
            assert_eq!(to_json(value, &|| ()).unwrap_err().code, "entity-type");
        }
        assert_eq!(check_size(&Value::Text("12345678901".to_owned()), 10).unwrap_err().code, "limit-value-size");
    }

    #[test]
    fn an_integer_beyond_64_bits_is_refused_with_its_session() {
        assert!(measure(&json!(u64::MAX), 10).is_err());
        assert!(measure(&json!([{ "a": [u64::MAX] }]), 100).is_err());
        assert!(measure(&json!(i64::MAX), 10).is_ok());
    }

    #[test]
    fn an_integer_beyond_64_bits_in_a_plugins_json_is_refused() {
        for integer in ["9223372036854775808", "-9223372036854775809", "100000000000000000000"] {
            let value = Value::Json(format!("{{\"a\":[{integer}]}}"));
            assert_eq!(to_json(value, &|| ()).unwrap_err().code, "entity-type", "{integer}");
        }
        let value = Value::Json("[9223372036854775807,-9223372036854775808,1e20]".to_owned());
        assert!(to_json(value, &|| ()).is_ok());
    }
}
