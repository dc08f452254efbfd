//! The value of an expression, for the rest of the host.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value as Json, json};

use super::error::ExpressionError;

/// The result of an expression.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Null. A parameter treats it as absent.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A finite floating-point number, distinct from an integer: `1.0` is not `1`.
    Number(f64),
    /// A text of at most 1 MiB.
    Text(String),
    /// A timestamp. No parameter accepts it, see [`TIMESTAMP_HINT`].
    Timestamp(DateTime<Utc>),
    /// A list, at most 1 MiB as JSON.
    List(Vec<Json>),
    /// A map with text keys, at most 1 MiB as JSON.
    Map(Map<String, Json>),
}

/// The hint for a designer whose parameter has an expression that returns a timestamp.
pub const TIMESTAMP_HINT: &str = "convert it to text with formatDate(…, \"dd/MM/yyyy HH:mm:ss\")";

impl Value {
    /// Returns the name of its type: `null`, `boolean`, `integer`, `number`, `text`, `timestamp`, `list` or `map`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Timestamp(_) => "timestamp",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }

    /// Converts the value to JSON. A timestamp becomes an RFC 3339 text.
    pub fn into_json(self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Boolean(boolean) => Json::Bool(boolean),
            Self::Integer(integer) => Json::from(integer),
            Self::Number(number) => Json::from(number),
            Self::Text(text) => Json::String(text),
            Self::Timestamp(instant) => Json::String(rfc3339(instant)),
            Self::List(items) => Json::Array(items),
            Self::Map(entries) => Json::Object(entries),
        }
    }
}

/// Formats a timestamp as RFC 3339 in UTC, with as many fraction digits as necessary.
pub(super) fn rfc3339(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Converts the result of an evaluation to JSON for programs: `{"type":…,"value":…}` or
/// `{"error":{"code":…,"message":…,"line":…,"column":…}}`. Line and column are null if no position is known.
pub fn to_json_result(result: Result<Value, ExpressionError>) -> Json {
    match result {
        Ok(value) => json!({"type": value.type_name(), "value": value.into_json()}),
        Err(error) => json!({"error": {
            "code": error.code,
            "message": error.message,
            "line": error.line,
            "column": error.column,
        }}),
    }
}
