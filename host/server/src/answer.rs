//! Responses in JSON.

use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::json;

/// The media type of JSON.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Returns a response with a JSON value.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, JSON)], body).into_response()
}

/// Returns a list that has no further page.
pub(crate) fn list(items: &[serde_json::Value]) -> Response {
    json(StatusCode::OK, &json!({ "items": items, "next": null }))
}
