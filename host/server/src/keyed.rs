//! The header `Idempotency-Key`.

use crate::problem::Problem;
use axum::http::HeaderMap;
use flowhost::text::quote;

/// Longest key, bytes.
const MAX_KEY_BYTES: usize = 256;

const NAME: &str = "idempotency-key";

/// Returns the key of the header: a structured-field string, or the same text without quotes.
///
/// # Errors
/// `request-invalid`: the header repeats, or it is not a key of 1 to 256 bytes.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(NAME).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::invalid("the header Idempotency-Key repeats; send it once"));
    }
    let text = value.to_str().ok().and_then(unquote);
    match text.filter(|text| (1..=MAX_KEY_BYTES).contains(&text.len())) {
        Some(text) => Ok(Some(text)),
        None => {
            Err(Problem::invalid("the header Idempotency-Key must be a text of 1 to 256 bytes, as in \"s-1/n4/1\""))
        }
    }
}

/// Returns the one key of header and field.
///
/// # Errors
/// `request-invalid`: they differ.
pub(crate) fn one_key(header: Option<String>, field: Option<String>) -> Result<Option<String>, Problem> {
    match (header, field) {
        (Some(header), Some(field)) if header != field => Err(Problem::invalid(format!(
            "the header Idempotency-Key and the field key differ: {} and {}",
            quote(&header),
            quote(&field)
        ))),
        (header, field) => Ok(header.or(field)),
    }
}

/// Returns the text of a structured-field string (RFC 9651), or the text itself if it has no quotes.
fn unquote(text: &str) -> Option<String> {
    let text = text.trim();
    let Some(inner) = text.strip_prefix('"') else { return Some(text.to_owned()) };
    let inner = inner.strip_suffix('"')?;
    let (mut unescaped, mut characters) = (String::with_capacity(inner.len()), inner.chars());
    while let Some(character) = characters.next() {
        match character {
            '\\' => unescaped.push(characters.next().filter(|next| matches!(next, '"' | '\\'))?),
            '"' => return None,
            other => unescaped.push(other),
        }
    }
    Some(unescaped)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_has_quotes_or_not() {
        for (header, key) in
            [("\"s-1/n4/1\"", Some("s-1/n4/1")), ("s-1", Some("s-1")), (r#""a\"\\b""#, Some(r#"a"\b"#))]
        {
            let headers = [(NAME.parse().unwrap(), header.parse().unwrap())].into_iter().collect();
            assert_eq!(idempotency_key(&headers).unwrap().as_deref(), key);
        }
        for header in ["", "\"\"", "\"a", r#""a\x""#, r#""a"b""#, &"x".repeat(257)] {
            let headers = [(NAME.parse().unwrap(), header.parse().unwrap())].into_iter().collect();
            assert!(idempotency_key(&headers).is_err(), "{header}");
        }
        assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn header_and_field_are_equal() {
        let key = |text: &str| Some(text.to_owned());
        assert_eq!(one_key(key("a"), key("a")).unwrap(), key("a"));
        assert_eq!(one_key(None, key("a")).unwrap(), key("a"));
        assert!(one_key(key("a"), key("b")).is_err());
    }
}
