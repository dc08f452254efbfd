//! Values of the contract as one JSON text: `get-json` and `set-json` of `flow:action/parameters`.

use super::bindings::flow::action::types::{Error, Value};
use super::evaluation::{Allowance, BytesExceeded};
use super::value::{INLINE_JSON, check_length, parse_container, refusal};
use super::{HostResult, HostState};
use flowhost_domain::canonical_json::{self, number_text};
use flowhost_domain::json;
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use flowhost_manifest::ValueType;
use serde_json::{Number, Value as Json};
use std::borrow::Cow;

/// Maximum bytes of an escaped character, for each byte of the text.
const MAX_ESCAPE: usize = 6;

/// Returns the canonical JSON text of a value. The charge precedes the work.
pub(super) fn write(value: &Value, allowance: &mut Allowance<'_>) -> Result<String, BytesExceeded> {
    match value {
        Value::Boolean(value) => Ok(value.to_string()),
        Value::Integer(value) => Ok(value.to_string()),
        Value::Number(value) => Ok(number_text(*value)),
        Value::Text(text) => {
            let escaped = text.bytes().filter(|byte| *byte < b' ' || matches!(byte, b'"' | b'\\')).count();
            allowance.charge(text.len() + 2 + escaped * (MAX_ESCAPE - 1))?;
            Ok(canonical_json::string_text(text))
        }
        Value::Json(json) => canonical_json::canonicalise(json, &mut |bytes| allowance.charge_with_pause(bytes)),
    }
}

/// Parses a plugin's JSON text. `expected` is the type that the manifest declares.
fn parse(text: &str, expected: Option<ValueType>, limit: usize, pause: &dyn Fn()) -> Result<Json, Error> {
    match text.as_bytes().first() {
        Some(b'{' | b'[') => {
            check_length(text.len(), limit)?;
            parse_container(text, pause)
        }
        Some(b'"') => {
            check_length(text.len() / MAX_ESCAPE, limit)?;
            let text: String = serde_json::from_str(text).map_err(|error| invalid(&error.to_string()))?;
            check_length(text.len(), limit)?;
            Ok(Json::String(text))
        }
        Some(b'-' | b'0'..=b'9') => parse_number(text, expected),
        _ if text == "true" || text == "false" => Ok(Json::Bool(text == "true")),
        _ if text == "null" => Err(invalid("null is not a value; clear the entity without a text")),
        _ => Err(invalid(&format!("{} is not a value", quote(text)))),
    }
}

fn parse_number(text: &str, expected: Option<ValueType>) -> Result<Json, Error> {
    let number: Number = serde_json::from_str(text).map_err(|error| invalid(&error.to_string()))?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Json::Number(number));
    }
    if expected == Some(ValueType::Number) {
        // JavaScript writes 1.0 as 1.
        let float = text.parse().ok().filter(|float: &f64| format!("{float:.0}") == text);
        let number = float.and_then(Number::from_f64);
        return number.map(Json::Number).ok_or_else(|| {
            invalid(&format!("no number of 64 bits equals {}; use fewer digits or a text", quote(text)))
        });
    }
    let integer: Option<i64> = text.parse().ok();
    integer
        .map(Json::from)
        .ok_or_else(|| invalid(&format!("the integer {} is beyond 64 bits; use a text", quote(text))))
}

fn invalid(reason: &str) -> Error {
    refusal(ErrorCode::EntityType, format!("the JSON text of an entity is not valid: {reason}"))
}

/// Returns JSON text in which no integer is `-0`. The parser would make a floating-point number of it.
pub(super) fn without_negative_zeros(text: &str) -> Cow<'_, str> {
    if !text.contains("-0") {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let (mut result, mut copied, mut at) = (String::new(), 0, 0);
    let mut is_in_string = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if is_in_string => at += 1,
            b'"' => is_in_string = !is_in_string,
            b'-' if !is_in_string && is_negative_zero(bytes, at) => {
                result.push_str(text.get(copied..at).unwrap_or_default());
                copied = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    result.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(result)
}

/// Returns whether the minus sign at an offset begins the integer `-0`.
fn is_negative_zero(bytes: &[u8], at: usize) -> bool {
    let is_exponent =
        at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(|byte| matches!(byte, b'e' | b'E'));
    let continues = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E');
    !is_exponent && bytes.get(at + 1) == Some(&b'0') && !bytes.get(at + 2).is_some_and(continues)
}

impl HostState {
    /// Writes a plugin's JSON text into an entity; `expected` is the type that the manifest declares.
    pub(super) async fn write_entity_from_json(
        &mut self,
        name: String,
        text: Option<String>,
        expected: Option<ValueType>,
    ) -> HostResult<()> {
        let Some(text) = text else { return Ok(self.put_entity(name, None, expected)) };
        let trimmed = text.trim_matches([' ', '\t', '\n', '\r']);
        if trimmed.starts_with(['{', '[']) {
            self.charge_bytes(json::tree_bytes(trimmed))?;
        }
        let limit = self.limits.value_bytes;
        let parsed = match trimmed.len() > INLINE_JSON {
            true => {
                let text = trimmed.to_owned();
                self.work_in_slices(move |pause| parse(&text, expected, limit, pause)).await?
            }
            false => parse(trimmed, expected, limit, &|| ()),
        };
        Ok(parsed.and_then(|value| self.put_entity(name, Some(value), expected)))
    }
}

#[cfg(test)]
mod tests;
