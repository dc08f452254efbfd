//! Responses of JSON lines.

use crate::invocations::NDJSON;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use std::convert::Infallible;
use tokio::sync::mpsc::Receiver;
use tokio::task::AbortHandle;

/// Returns whether the client asks for JSON lines.
pub(crate) fn accepts_ndjson(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types =
        values.flat_map(|value| value.split(',')).map(|part| part.split(';').next().unwrap_or_default().trim());
    types.any(|kind| kind.eq_ignore_ascii_case(NDJSON))
}

/// Returns a response with the lines of a channel. The task that fills it ends when the client disconnects.
pub(crate) fn response_of(mut lines: Receiver<Bytes>, task: AbortHandle) -> Response {
    let abort = AbortOnDrop(task);
    let lines = stream::poll_fn(move |context| {
        let _abort = &abort;
        lines.poll_recv(context)
    });
    let body = Body::from_stream(lines.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON))], body).into_response()
}

/// Aborts a task when the client disconnects.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
