//! Checks of the form of a JSON value. An error has the JSON pointer of the value.

use flowhost_error::nearest_name;
use flowhost_error::text::quote;
use serde_json::{Map, Value};

/// A value that does not have the form of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) pointer: String,
    pub(crate) message: String,
}

/// The result of a check.
pub(crate) type Checked<T> = Result<T, Problem>;

/// A value with its JSON pointer.
#[derive(Debug, Clone)]
pub(crate) struct Place<'v> {
    pub(crate) value: &'v Value,
    pub(crate) pointer: String,
}

/// The names of an object's members that a case may have.
pub(crate) type Fields = &'static [&'static str];

impl<'v> Place<'v> {
    pub(crate) fn new(value: &'v Value, pointer: impl Into<String>) -> Self {
        Self { value, pointer: pointer.into() }
    }

    pub(crate) fn problem<T>(&self, message: impl Into<String>) -> Checked<T> {
        Err(Problem { pointer: self.pointer.clone(), message: message.into() })
    }

    fn wrong_type<T>(&self, wanted: &str) -> Checked<T> {
        self.problem(format!("the value is not {wanted}: {}; write {wanted}", type_name(self.value)))
    }

    /// Returns the object. A member outside of `fields` is an error.
    pub(crate) fn object(&self, fields: Fields) -> Checked<&'v Map<String, Value>> {
        let object = self.any_object()?;
        match object.keys().find(|name| !fields.contains(&name.as_str())) {
            None => Ok(object),
            Some(unknown) => {
                let known = nearest_name(unknown, fields.iter().copied());
                let known = known.map_or_else(|| fields.join(", "), |name| format!("did you mean {name}?"));
                let place = self.step(unknown, self.value);
                place.problem(format!("the field {} is not known; {known}", quote(unknown)))
            }
        }
    }

    pub(crate) fn any_object(&self) -> Checked<&'v Map<String, Value>> {
        self.value.as_object().map_or_else(|| self.wrong_type("an object"), Ok)
    }

    /// Returns the value of a member.
    pub(crate) fn member(&self, name: &str) -> Option<Self> {
        self.value.get(name).map(|value| self.step(name, value))
    }

    /// Returns the value of a member that is not null.
    pub(crate) fn set_member(&self, name: &str) -> Option<Self> {
        self.member(name).filter(|place| !place.value.is_null())
    }

    pub(crate) fn required(&self, name: &str) -> Checked<Self> {
        self.set_member(name).map_or_else(|| self.problem(format!("the field {name} is missing; add it")), Ok)
    }

    /// Returns the elements of a list.
    pub(crate) fn items(&self) -> Checked<Vec<Self>> {
        let Value::Array(items) = self.value else { return self.wrong_type("a list") };
        Ok(items.iter().enumerate().map(|(index, item)| self.step(&index.to_string(), item)).collect())
    }

    pub(crate) fn text(&self) -> Checked<&'v str> {
        self.value.as_str().map_or_else(|| self.wrong_type("a text"), Ok)
    }

    pub(crate) fn boolean(&self) -> Checked<bool> {
        self.value.as_bool().map_or_else(|| self.wrong_type("true or false"), Ok)
    }

    pub(crate) fn count(&self) -> Checked<u64> {
        self.value.as_u64().map_or_else(|| self.wrong_type("an integer of at least 0"), Ok)
    }

    /// Returns the text as a value of another type.
    pub(crate) fn parse<T: std::str::FromStr>(&self, wanted: &str) -> Checked<T> {
        let text = self.text()?;
        text.parse().or_else(|_| self.problem(format!("{} is not {wanted}; write {wanted}", quote(text))))
    }

    fn step<'o>(&self, name: &str, value: &'o Value) -> Place<'o> {
        Place { value, pointer: push_step(&self.pointer, name) }
    }
}

/// Returns the pointer of a member.
pub(crate) fn push_step(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
