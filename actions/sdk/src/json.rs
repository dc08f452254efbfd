//! A small JSON writer whose output is always well formed. The crate has no JSON parser.

use std::fmt::Write as _;

/// A list or a map as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// A value from JSON text of a list or a map. The host checks the text when the action writes it: `entity-type`.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

/// Writes a map.
///
/// ```
/// let json = flow_sdk::json::object(|o| {
///     o.text("name", "Ana \"la jefa\"").integer("visits", 3);
/// });
/// assert_eq!(json.as_str(), r#"{"name":"Ana \"la jefa\"","visits":3}"#);
/// ```
#[must_use]
pub fn object(write: impl FnOnce(&mut Object<'_>)) -> Json {
    let mut text = String::new();
    write_object(&mut text, write);
    Json(text)
}

/// Writes a list.
///
/// ```
/// let json = flow_sdk::json::list(|l| {
///     l.text("a");
///     l.object(|o| {
///         o.boolean("b", true);
///     });
/// });
/// assert_eq!(json.as_str(), r#"["a",{"b":true}]"#);
/// ```
#[must_use]
pub fn list(write: impl FnOnce(&mut List<'_>)) -> Json {
    let mut text = String::new();
    write_list(&mut text, write);
    Json(text)
}

/// A writer for the fields of a map.
#[derive(Debug)]
pub struct Object<'a> {
    text: &'a mut String,
    started: bool,
}

impl Object<'_> {
    fn key(&mut self, key: &str) -> &mut String {
        separate(self.text, &mut self.started);
        write_text(self.text, key);
        self.text.push(':');
        self.text
    }

    /// Writes a text.
    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        write_text(self.key(key), value);
        self
    }

    /// Writes a text. `None`: writes nothing.
    pub fn optional_text(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    /// Writes an integer.
    pub fn integer(&mut self, key: &str, value: i64) -> &mut Self {
        write_integer(self.key(key), value);
        self
    }

    /// Writes a number. NaN and infinities become null.
    pub fn number(&mut self, key: &str, value: f64) -> &mut Self {
        write_number(self.key(key), value);
        self
    }

    /// Writes a boolean.
    pub fn boolean(&mut self, key: &str, value: bool) -> &mut Self {
        self.key(key).push_str(if value { "true" } else { "false" });
        self
    }

    /// Writes a JSON value.
    pub fn json(&mut self, key: &str, value: &Json) -> &mut Self {
        self.key(key).push_str(&value.0);
        self
    }

    /// Writes a map.
    pub fn object(&mut self, key: &str, write: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        write_object(self.key(key), write);
        self
    }

    /// Writes a list.
    pub fn list(&mut self, key: &str, write: impl FnOnce(&mut List<'_>)) -> &mut Self {
        write_list(self.key(key), write);
        self
    }
}

/// A writer for the items of a list.
#[derive(Debug)]
pub struct List<'a> {
    text: &'a mut String,
    started: bool,
}

impl List<'_> {
    fn item(&mut self) -> &mut String {
        separate(self.text, &mut self.started);
        self.text
    }

    /// Writes a text.
    pub fn text(&mut self, value: &str) -> &mut Self {
        write_text(self.item(), value);
        self
    }

    /// Writes an integer.
    pub fn integer(&mut self, value: i64) -> &mut Self {
        write_integer(self.item(), value);
        self
    }

    /// Writes a map.
    pub fn object(&mut self, write: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        write_object(self.item(), write);
        self
    }

    /// Writes a JSON value.
    pub fn json(&mut self, value: &Json) -> &mut Self {
        self.item().push_str(&value.0);
        self
    }
}

fn separate(text: &mut String, started: &mut bool) {
    if std::mem::replace(started, true) {
        text.push(',');
    }
}

fn write_object(text: &mut String, write: impl FnOnce(&mut Object<'_>)) {
    text.push('{');
    write(&mut Object { text, started: false });
    text.push('}');
}

fn write_list(text: &mut String, write: impl FnOnce(&mut List<'_>)) {
    text.push('[');
    write(&mut List { text, started: false });
    text.push(']');
}

fn write_text(text: &mut String, value: &str) {
    text.push('"');
    let mut rest = value;
    while let Some((plain, special, after)) = split_at_escape(rest) {
        text.push_str(plain);
        match special {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            control => {
                // Writing to a `String` does not fail.
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
        }
        rest = after;
    }
    text.push_str(rest);
    text.push('"');
}

/// The text before the first character that JSON escapes, that character, and the text after it.
fn split_at_escape(text: &str) -> Option<(&str, char, &str)> {
    let at = text.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\')?;
    let (plain, rest) = text.split_at_checked(at)?;
    let mut rest = rest.chars();
    rest.next().map(|special| (plain, special, rest.as_str()))
}

fn write_integer(text: &mut String, value: i64) {
    let _ = write!(text, "{value}");
}

fn write_number(text: &mut String, value: f64) {
    if value.is_finite() {
        // Debug output keeps the point of 1.0, so that the value stays a number.
        let _ = write!(text, "{value:?}");
    } else {
        text.push_str("null");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_map_and_an_empty_list() {
        assert_eq!(object(|_| {}).as_str(), "{}");
        assert_eq!(list(|_| {}).as_str(), "[]");
    }

    #[test]
    fn numbers_keep_their_point() {
        let json = object(|o| {
            o.number("a", 1.0).number("b", 1e300).number("c", f64::NAN).integer("d", i64::MIN);
        });
        assert_eq!(json.as_str(), r#"{"a":1.0,"b":1e300,"c":null,"d":-9223372036854775808}"#);
    }

    proptest! {
        #[test]
        fn any_text_reads_back(key in any::<String>(), value in any::<String>()) {
            let json = object(|o| { o.text(&key, &value); });
            let read: serde_json::Value = serde_json::from_str(json.as_str()).unwrap();
            prop_assert_eq!(&read[&key], &serde_json::Value::from(value));
        }
    }
}
