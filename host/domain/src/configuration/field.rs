//! Reading the fields of a JSON object one by one: every refusal says where, what was wrong, and how to mend it.

use crate::refusal::{Refusal, quote};
use crate::text;
use serde_json::{Map, Value};

/// `apply-invalid` at `path`.
pub(super) fn invalid(path: &str, problem: impl std::fmt::Display) -> Refusal {
    Refusal::new("apply-invalid", format!("{path}: {problem}")).with_detail("path", path)
}

/// The path of the whole file.
pub(super) const ROOT: &str = "file";

/// The name among `known` that `given` was probably meant to be.
pub(super) fn nearest_name<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The distance takes time in proportion to both lengths; nothing known is so long.
    if given.len() > 128 {
        return None;
    }
    let given = given.to_lowercase();
    let distance = |name: &&str| strsim::damerau_levenshtein(&given, &name.to_lowercase());
    known.into_iter().min_by_key(distance).filter(|name| distance(name) <= name.len().div_ceil(3))
}

/// The name that was probably meant or, where nothing is near, those that there are.
pub(super) fn suggestion(given: &str, known: &[&str]) -> String {
    match nearest_name(given, known.iter().copied()) {
        Some(name) => format!("did you mean {name}"),
        None => format!("known are {}", known.join(", ")),
    }
}

/// A JSON object somewhere in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a> {
    path: &'a str,
    fields: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// The object at `path`, whose fields are all among `known`.
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

    /// Where a field of it stands.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path == ROOT { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The field read by `read`, the stored value where it is left out; required for something new.
    pub(super) fn required_field<T: Clone>(
        &self,
        name: &str,
        stored: Option<&T>,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<T, Refusal> {
        match (self.fields.get(name), stored) {
            (Some(Value::Null), _) => {
                Err(invalid(&self.path(name), "this can't be null; leave it out to keep its value"))
            }
            (Some(value), _) => read(value).map_err(|problem| invalid(&self.path(name), problem)),
            (None, Some(stored)) => Ok(stored.clone()),
            (None, None) => Err(invalid(&self.path(name), "this is missing, and needed for something new; add it")),
        }
    }

    /// The field read by `read`, the stored value where it is left out, the default where it is new or null.
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

/// What a JSON value is, for messages.
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

/// A text as it is.
pub(super) fn unnormalised_text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("this is {}, not a text; put it in double quotes", type_name(value)))
}

/// A text in NFC, trimmed, of at most 256 characters.
pub(super) fn normalised_text(value: &Value) -> Result<String, String> {
    text::normalise(unnormalised_text(value)?, "this", "path", "apply-invalid").map_err(|refusal| refusal.message)
}

/// The same, not empty.
pub(super) fn non_empty_text(value: &Value) -> Result<String, String> {
    let text = normalised_text(value)?;
    if text.is_empty() { Err("this is empty; give a text".to_owned()) } else { Ok(text) }
}

/// A text that names one of a few things.
pub(super) fn parse_choice<T>(
    value: &Value,
    known: &[&str],
    from_name: impl FnOnce(&str) -> Option<T>,
) -> Result<T, String> {
    let name = unnormalised_text(value)?;
    from_name(name)
        .ok_or_else(|| format!("{} is none of {}; {}", quote(name), known.join(", "), suggestion(name, known)))
}

/// A whole number in a range.
pub(super) fn parse_number(value: &Value, range: std::ops::RangeInclusive<u32>) -> Result<u32, String> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("this must be a whole number from {} to {}", range.start(), range.end()))
}

/// True or false.
pub(super) fn parse_boolean(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("this is {}; write true or false", type_name(value)))
}

/// A list.
pub(super) fn parse_list(value: &Value) -> Result<&[Value], String> {
    let list = value.as_array().map(Vec::as_slice);
    list.ok_or_else(|| format!("this is {}, not a list; write [...]", type_name(value)))
}
