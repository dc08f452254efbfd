//! Query parameters: known names, each at most once.

use crate::problem::Problem;
use axum::http::Uri;
use flowhost::text::quote;
use std::collections::BTreeMap;

/// The parameters of a query, checked against the known names.
#[derive(Debug, Default)]
pub(crate) struct Query(BTreeMap<String, String>);

impl Query {
    /// Parses a query.
    ///
    /// # Errors
    /// `request-invalid`: a name is not in `known`, or repeats, or the query is malformed or contains NUL.
    pub(crate) fn parse(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let mut found = BTreeMap::new();
        for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if !known.contains(&&*name) {
                let hint = if known.is_empty() {
                    "the route has none".to_owned()
                } else {
                    format!("use {}", known.join(", "))
                };
                return Err(Problem::invalid(format!("the query parameter {} is not known; {hint}", quote(&name))));
            }
            if found.insert(name.clone(), value).is_some() {
                return Err(Problem::invalid(format!("the query parameter {name} repeats; give it once")));
            }
        }
        Ok(Self(found))
    }

    /// Returns the value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns a number in a range.
    ///
    /// # Errors
    /// `request-invalid`: it is not a number in the range.
    pub(crate) fn number(&self, name: &str, range: std::ops::RangeInclusive<usize>) -> Result<Option<usize>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            Problem::invalid(format!("the query parameter {name} must be a number from {least} to {most}"))
        })
    }
}

/// Decodes percent-encoding and plus signs.
fn decode(text: &str) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| (byte as char).to_digit(16));
                let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                value.and_then(|value| u8::try_from(value).ok()).ok_or_else(malformed)?
            }
            other => other,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| malformed())?;
    if text.contains('\0') { Err(Problem::invalid("the query contains NUL (U+0000); remove it")) } else { Ok(text) }
}

fn malformed() -> Problem {
    Problem::invalid("the query is malformed; write % as %25 and encode text in UTF-8")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn known_parameters_occur_once() {
        let parse = |text: &str| Query::parse(&text.parse().unwrap(), &["tenant", "limit"]);
        assert_eq!(parse("/x?tenant=a%20b+c&limit=3").unwrap().get("tenant"), Some("a b c"));
        assert_eq!(parse("/x?limit=3").unwrap().number("limit", 1..=10).unwrap(), Some(3));
        assert_eq!(parse("/x").unwrap().number("limit", 1..=10).unwrap(), None);
        for other in
            ["/x?other=1", "/x?limit=1&limit=1", "/x?tenant=%zz", "/x?tenant=%ff", "/x?tenant=%00", "/x?tenant=%4"]
        {
            assert!(parse(other).is_err(), "{other}");
        }
        for other in ["/x?limit=0", "/x?limit=11", "/x?limit=-1", "/x?limit="] {
            assert!(parse(other).unwrap().number("limit", 1..=10).is_err(), "{other}");
        }
    }
}
