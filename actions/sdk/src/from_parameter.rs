//! Values with the name of their parameter.

use std::borrow::Cow;
use std::ops::Deref;

/// A value, and the name of the parameter that it comes from, if any.
///
/// Host functions take arguments of this type, so that an error names the parameter that the designer has to correct.
/// The type dereferences to the value. `into()` converts a value that does not come from a parameter:
///
/// ```
/// use flow_sdk::FromParameter;
///
/// let name: FromParameter<String> = String::from("Ana").into();
/// assert_eq!(name.len(), 3);
/// assert_eq!(name.parameter(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromParameter<T> {
    value: T,
    parameter: Option<Cow<'static, str>>,
}

impl<T> FromParameter<T> {
    pub(crate) fn new(value: T, parameter: Cow<'static, str>) -> Self {
        Self { value, parameter: Some(parameter) }
    }

    /// Returns the value without the name.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The name of the parameter that the value comes from.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        self.parameter.as_deref()
    }

    /// Applies a function to the value and keeps the parameter.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> FromParameter<U> {
        FromParameter { value: change(self.value), parameter: self.parameter }
    }
}

impl<T> Deref for FromParameter<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> From<T> for FromParameter<T> {
    fn from(value: T) -> Self {
        Self { value, parameter: None }
    }
}

impl<T> From<FromParameter<T>> for FromParameter<Option<T>> {
    fn from(named: FromParameter<T>) -> Self {
        named.map(Some)
    }
}

impl<T> FromParameter<Option<T>> {
    /// The value with its parameter, if there is one.
    #[must_use]
    pub fn transpose(self) -> Option<FromParameter<T>> {
        let Self { value, parameter } = self;
        value.map(|value| FromParameter { value, parameter })
    }
}

impl<T> Default for FromParameter<Option<T>> {
    fn default() -> Self {
        Self { value: None, parameter: None }
    }
}
