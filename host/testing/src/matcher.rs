//! Comparison of an expected value with an observed one. Matchers stand for many values.

use crate::pattern::find_match;
use crate::shape::push_step;
use flowhost_error::text::{escape_json, truncate};
use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// Maximum characters of a value in a report.
const MAX_SHOWN_CHARACTERS: usize = 128;

/// A difference between what a case expects and what was observed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The JSON pointer into `expect`.
    pub path: String,
    /// The expected value; `None`: nothing.
    pub expected: Option<Value>,
    /// The observed value; `None`: nothing.
    pub actual: Option<Value>,
}

impl Difference {
    pub(crate) fn new(path: impl Into<String>, expected: Option<&Value>, actual: Option<&Value>) -> Self {
        Self { path: path.into(), expected: expected.cloned(), actual: actual.cloned() }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<Value>| match value {
            None => "nothing".to_owned(),
            Some(value) => truncate(&escape_json(&value.to_string()), MAX_SHOWN_CHARACTERS).into_owned(),
        };
        write!(f, "{}: expected {}, got {}", self.path, show(&self.expected), show(&self.actual))
    }
}

/// A matcher: an object with one member.
pub(crate) enum Matcher<'v> {
    /// `{"$any": true}` matches every value.
    Any,
    /// `{"$matches": "regex"}` matches a text in which the pattern occurs.
    Matches(&'v str),
}

/// The reason why an object is not a matcher although its member has the name of one.
pub(crate) type MatcherError = String;

impl<'v> Matcher<'v> {
    /// Parses a matcher. `None`: the value is not a matcher.
    pub(crate) fn parse(value: &'v Value) -> Result<Option<Self>, MatcherError> {
        let Some(object) = value.as_object().filter(|object| object.len() == 1) else { return Ok(None) };
        match object.iter().next().map(|(name, value)| (name.as_str(), value)) {
            Some(("$any", Value::Bool(true))) => Ok(Some(Self::Any)),
            Some(("$any", _)) => Err("the matcher $any is not true; write {\"$any\": true}".to_owned()),
            Some(("$matches", Value::String(pattern))) => match find_match(pattern, "") {
                Some(_) => Ok(Some(Self::Matches(pattern))),
                None => Err("the pattern of $matches is not a regular expression; correct its syntax".to_owned()),
            },
            Some(("$matches", _)) => Err("the pattern of $matches is not a text; write it as a text".to_owned()),
            _ => Ok(None),
        }
    }

    fn accepts(&self, actual: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Matches(pattern) => actual.as_str().is_some_and(|text| find_match(pattern, text) == Some(true)),
        }
    }
}

/// Returns the first invalid matcher in a value, with its pointer.
pub(crate) fn check_matchers(value: &Value, pointer: &str) -> Result<(), (String, MatcherError)> {
    match Matcher::parse(value) {
        Err(error) => Err((pointer.to_owned(), error)),
        Ok(Some(_)) => Ok(()),
        Ok(None) => match value {
            Value::Object(members) => {
                members.iter().try_for_each(|(name, value)| check_matchers(value, &push_step(pointer, name)))
            }
            Value::Array(items) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(index, item)| check_matchers(item, &format!("{pointer}/{index}")))
            }
            _ => Ok(()),
        },
    }
}

/// Returns whether the observed value is the expected one. 1 does not equal 1.0.
pub(crate) fn matches(expected: &Value, actual: &Value) -> bool {
    if let Ok(Some(matcher)) = Matcher::parse(expected) {
        return matcher.accepts(actual);
    }
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            expected.len() == actual.len()
                && expected.iter().all(|(name, value)| actual.get(name).is_some_and(|actual| matches(value, actual)))
        }
        (Value::Array(expected), Value::Array(actual)) => {
            expected.len() == actual.len()
                && expected.iter().zip(actual).all(|(expected, actual)| matches(expected, actual))
        }
        _ => expected == actual,
    }
}

/// Adds the differences of two values: those of the members of two objects, else the whole values.
pub(crate) fn compare(path: &str, expected: &Value, actual: &Value, found: &mut Vec<Difference>) {
    if matches(expected, actual) {
        return;
    }
    if let (Value::Object(wanted), Value::Object(got), Ok(None)) = (expected, actual, Matcher::parse(expected)) {
        for (name, value) in wanted {
            let path = push_step(path, name);
            match got.get(name) {
                Some(actual) => compare(&path, value, actual, found),
                None => found.push(Difference::new(path, Some(value), None)),
            }
        }
        let unexpected = got.iter().filter(|(name, _)| !wanted.contains_key(*name));
        found.extend(unexpected.map(|(name, value)| Difference::new(push_step(path, name), None, Some(value))));
    } else {
        found.push(Difference::new(path, Some(expected), Some(actual)));
    }
}

/// Returns whether the elements of two lists match one to one, in any order.
pub(crate) fn matches_in_any_order(expected: &[Value], actual: &[Value]) -> bool {
    let mut rest: Vec<&Value> = actual.iter().collect();
    // A matcher takes only what no literal value takes.
    let (matchers, literals): (Vec<_>, Vec<_>) =
        expected.iter().partition(|value| matches!(Matcher::parse(value), Ok(Some(_))));
    expected.len() == actual.len()
        && literals.into_iter().chain(matchers).all(|wanted| {
            let at = rest.iter().position(|actual| matches(wanted, actual));
            at.map(|at| rest.swap_remove(at)).is_some()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(expected: &Value, actual: &Value) -> Vec<String> {
        let mut found = Vec::new();
        compare("", expected, actual, &mut found);
        found.into_iter().map(|difference| difference.path).collect()
    }

    #[test]
    fn matchers_stand_for_values() {
        for (expected, actual, result) in [
            (json!({"$any": true}), json!(null), true),
            (json!({"a": {"$any": true}}), json!({}), false),
            (json!({"$matches": "b+"}), json!("abbc"), true),
            (json!({"$matches": "^b+$"}), json!("abbc"), false),
            (json!({"$matches": "1"}), json!(1), false),
            (json!([{"$any": true}, 2]), json!([1, 2]), true),
        ] {
            assert_eq!(matches(&expected, &actual), result, "{expected} {actual}");
        }
        for wrong in [json!({"$any": false}), json!({"$matches": "("}), json!({"$matches": 1})] {
            assert_eq!(check_matchers(&json!({"a": [wrong]}), "").map_err(|(path, _)| path), Err("/a/0".to_owned()));
        }
        assert_eq!(check_matchers(&json!({"$any": 1, "b": 2}), ""), Ok(()));
    }

    #[test]
    fn an_integer_is_not_a_number_with_a_point() {
        assert!(!matches(&json!(1), &json!(1.0)) && matches(&json!(1), &json!(1)) && matches(&json!(1.0), &json!(1.0)));
    }

    #[test]
    fn differences_have_the_path_of_the_member() {
        assert_eq!(
            paths(&json!({"a": 1, "b": {"c/d": 1}, "e": 1}), &json!({"b": {"c/d": 2}, "e": 1, "f": 1})),
            ["/a", "/b/c~1d", "/f"]
        );
        assert_eq!(paths(&json!([1]), &json!([2])), [""]);
    }

    #[test]
    fn order_does_not_matter_where_stated() {
        let same = |expected: &[Value], actual: &[Value]| matches_in_any_order(expected, actual);
        assert!(same(&[json!("b"), json!("a")], &[json!("a"), json!("b")]));
        assert!(same(&[json!({"$any": true}), json!("a")], &[json!("a"), json!("b")]));
        assert!(!same(&[json!("a"), json!("a")], &[json!("a"), json!("b")]));
        assert!(!same(&[json!("a")], &[]));
    }
}
