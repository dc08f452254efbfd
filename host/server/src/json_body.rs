//! Bodies in JSON: media type, encoding, structure and unknown members.

use crate::app::App;
use crate::body::read_body;
use crate::problem::Problem;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header;
use bytes::Bytes;
use flowhost::ErrorCode;
use flowhost::domain::json::{self, IntegerCheck, MAX_TREE_BYTES};
use serde::de::DeserializeOwned;

/// Maximum length of a text that is parsed inline, bytes. Even a hostile text of this length takes well below 1 ms.
pub(crate) const MAX_INLINE_BYTES: usize = 4 << 10;

/// Returns whether the headers declare this media type. Its parameters are ignored.
pub(crate) fn has_media_type(headers: &HeaderMap, wanted: &str) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.map(|value| value.split(';').next().unwrap_or_default().trim());
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case(wanted))
}

/// Checks that a body has no content encoding, and one of the media types.
///
/// # Errors
/// `media-type-unsupported`.
pub(crate) fn check_media_type(headers: &HeaderMap, wanted: &[&str]) -> Result<(), Problem> {
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let is_encoded = encodings.into_iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_encoded {
        let detail = "send the body without a Content-Encoding";
        return Err(Problem::new(ErrorCode::MediaTypeUnsupported, detail));
    }
    if wanted.iter().any(|wanted| has_media_type(headers, wanted)) {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::MediaTypeUnsupported, format!("send the body as {}", wanted.join(" or "))))
}

/// Reads a body in JSON as text, of at most `limit` bytes.
///
/// # Errors
/// `media-type-unsupported`, `request-too-large`, `request-timeout`, `request-invalid` (not UTF-8).
pub(crate) async fn read_text(app: &App, request: Request, limit: usize) -> Result<String, Problem> {
    check_media_type(request.headers(), &["application/json"])?;
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, &parts.headers, limit, &app.settings).await?;
    text_of(&bytes)
}

/// Returns a body as text.
pub(crate) fn text_of(bytes: &Bytes) -> Result<String, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Problem::invalid(format!("the body is not UTF-8 text at byte {}", error.valid_up_to() + 1)))?;
    Ok(text.to_owned())
}

/// Parses a JSON text: its size in memory, its structure, and members that repeat.
///
/// # Errors
/// `request-too-large` or `request-invalid`, with line and column.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    // A list would be accepted as the fields of an object in their order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Problem::invalid("the body must be a JSON object"));
    }
    let bytes = json::tree_bytes(text);
    if bytes > MAX_TREE_BYTES {
        let detail = format!(
            "the lists and objects of the body need {bytes} bytes of memory; at most {MAX_TREE_BYTES} are allowed"
        );
        return Err(Problem::new(ErrorCode::RequestTooLarge, detail));
    }
    let value = serde_json::from_str(text).map_err(|error| Problem::invalid(format!("the body: {error}")))?;
    match json::inspect(text, IntegerCheck::Nowhere).duplicate {
        Some(found) => Err(Problem::invalid(format!("the body: {found}"))),
        None => Ok(value),
    }
}
