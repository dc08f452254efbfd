//! The arguments of a call, as values of the contract.

use crate::own_error;
use flow_sdk::bindings::flow::action::types::{Error, Timestamp, Value};
use serde_json::Value as Json;

/// The arguments of one call.
pub(crate) struct Arguments<'a>(pub(crate) &'a [Json]);

impl Arguments<'_> {
    /// Returns an argument; null if it is absent.
    pub(crate) fn json(&self, index: usize) -> &Json {
        self.0.get(index).unwrap_or(&Json::Null)
    }

    pub(crate) fn text(&self, index: usize) -> Result<&str, Error> {
        self.json(index).as_str().ok_or_else(|| own_error("an argument is not a text"))
    }

    pub(crate) fn optional_text(&self, index: usize) -> Option<&str> {
        self.json(index).as_str()
    }

    pub(crate) fn count(&self, index: usize) -> Result<u32, Error> {
        let count = self.json(index).as_u64().and_then(|count| count.try_into().ok());
        count.ok_or_else(|| own_error("an argument is not a count"))
    }

    pub(crate) fn boolean(&self, index: usize) -> Result<bool, Error> {
        self.json(index).as_bool().ok_or_else(|| own_error("an argument is not a boolean"))
    }

    pub(crate) fn timestamp(&self, index: usize) -> Result<Timestamp, Error> {
        let json = self.json(index);
        let seconds = json["seconds"].as_i64().ok_or_else(|| own_error("an argument is not a timestamp"))?;
        let nanoseconds = json["nanoseconds"].as_u64().and_then(|count| count.try_into().ok()).unwrap_or_default();
        Ok(Timestamp { seconds, nanoseconds })
    }

    /// Returns a value of the contract. `{"$json": TEXT}` is JSON text, also if it does not parse, and `{"$nan": true}` a
    /// number that is not finite.
    pub(crate) fn value(&self, index: usize) -> Option<Value> {
        value(self.json(index))
    }

    /// Returns the pairs of an object, or of a list of pairs.
    pub(crate) fn pairs(&self, index: usize) -> Vec<(String, Json)> {
        match self.json(index) {
            Json::Object(object) => object.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            Json::Array(list) => {
                list.iter().map(|pair| (pair[0].as_str().unwrap_or_default().to_owned(), pair[1].clone())).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Returns a JSON value as a value of the contract. `None`: null.
pub(crate) fn value(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(boolean) => Value::Boolean(*boolean),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Object(object) if object.contains_key("$nan") => Value::Number(f64::NAN),
        Json::Object(object) => match object.get("$json").and_then(Json::as_str) {
            Some(text) => Value::Json(text.to_owned()),
            None => Value::Json(json.to_string()),
        },
        Json::Array(_) => Value::Json(json.to_string()),
    })
}
