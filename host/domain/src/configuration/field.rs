//! Readers for the fields of a JSON object. Every refusal names the path, the problem and a fix.

use crate::refusal::Refusal;
use crate::text;
use flowhost_error::text::quote;
use flowhost_error::{ErrorCode, nearest_name};
use serde_json::{Map, Value};

/// Returns the refusal `apply-invalid` at `path`.
pub(super) fn invalid(path: &str, problem: impl std::fmt::Display) -> Refusal {
    Refusal::new(ErrorCode::ApplyInvalid, format!("{path}: {problem}")).with_detail("path", path)
}

/// The path of the whole file.
pub(super) const ROOT: &str = "file";

/// Returns a hint with the most similar name or, if no name is similar, with all known names.
pub(super) fn suggestion(given: &str, known: &[&str]) -> String {
    match nearest_name(given, known.iter().copied()) {
        Some(name) => format!("did you mean {name}"),
        None => format!("known are {}", known.join(", ")),
    }
}

/// A JSON object in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a> {
    path: &'a str,
    fields: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// Reads the object at `path`. All its fields must be among `known`.
    pub(super) fn parse(value: &'a Value, path: &'a str, known: &[&str]) -> Result<Self, Refusal> {
        let Value::Object(fields) = value else {
            return Err(invalid(path, format!("this is {}, not an object; write {{...}}", type_name(value))));
        };
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => {
                let problem = format!("unknown field {}; {}", quote(unknown), suggestion(unknown, known));
                Err(invalid(path, problem))
            }
            None => Ok(Self { path, fields }),
        }
    }

    /// Returns the path of a field of the object.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path == ROOT { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Returns the field, parsed by `read`, or the stored value if the file omits it. A new object requires the field.
    pub(super) fn required_field<T: Clone>(
        &self,
        name: &str,
        stored: Option<&T>,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<T, Refusal> {
        match (self.fields.get(name), stored) {
            (Some(Value::Null), _) => Err(invalid(&self.path(name), "this cannot be null; omit it to keep its value")),
            (Some(value), _) => read(value).map_err(|problem| invalid(&self.path(name), problem)),
            (None, Some(stored)) => Ok(stored.clone()),
            (None, None) => Err(invalid(&self.path(name), "this is missing, and a new object needs it; add it")),
        }
    }

    /// Returns the field, parsed by `read`, or the stored value if the file omits it. A null, or a new object without
    /// the field, gives the default.
    pub(super) fn optional_field<T: Clone>(
        &self,
        name: &str,
        stored: Option<&T>,
        default: T,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<T, Refusal> {
        match self.fields.get(name) {
            Some(Value::Null) => Ok(default),
            Some(value) => read(value).map_err(|problem| invalid(&self.path(name), problem)),
            None => Ok(stored.cloned().unwrap_or(default)),
        }
    }
}

/// Returns the type of a JSON value, for messages.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Returns a text without normalisation.
pub(super) fn unnormalised_text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("this is {}, not a text; put it in double quotes", type_name(value)))
}

/// Returns a text in NFC, trimmed, of at most 256 characters.
pub(super) fn normalised_text(value: &Value) -> Result<String, String> {
    text::normalise(unnormalised_text(value)?, "this", "path", ErrorCode::ApplyInvalid)
        .map_err(|refusal| refusal.message)
}

/// Returns a text as [`normalised_text`], and rejects an empty one.
pub(super) fn non_empty_text(value: &Value) -> Result<String, String> {
    let text = normalised_text(value)?;
    if text.is_empty() { Err("this is empty; give a text".to_owned()) } else { Ok(text) }
}

/// Returns the choice that the text names.
pub(super) fn parse_choice<T>(
    value: &Value,
    known: &[&str],
    from_name: impl FnOnce(&str) -> Option<T>,
) -> Result<T, String> {
    let name = unnormalised_text(value)?;
    from_name(name)
        .ok_or_else(|| format!("{} is not one of {}; {}", quote(name), known.join(", "), suggestion(name, known)))
}

/// Returns a whole number within `range`.
pub(super) fn parse_number(value: &Value, range: std::ops::RangeInclusive<u32>) -> Result<u32, String> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("this must be a whole number from {} to {}", range.start(), range.end()))
}

/// Returns a boolean.
pub(super) fn parse_boolean(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("this is {}; write true or false", type_name(value)))
}

/// Returns the elements of a list.
pub(super) fn parse_list(value: &Value) -> Result<&[Value], String> {
    let list = value.as_array().map(Vec::as_slice);
    list.ok_or_else(|| format!("this is {}, not a list; write [...]", type_name(value)))
}
