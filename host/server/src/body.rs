//! Reads bodies with limits of size and time.

use crate::problem::Problem;
use crate::settings::Settings;
use axum::body::Body;
use axum::http::header::{self, HeaderMap};
use bytes::Bytes;
use flowhost::ErrorCode;
use http_body_util::BodyExt as _;
use std::time::Duration;

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// `request-too-large`, `request-timeout`, or `request-invalid` if the connection breaks.
pub(crate) async fn read_body(
    mut body: Body,
    headers: &HeaderMap,
    limit: usize,
    settings: &Settings,
) -> Result<Bytes, Problem> {
    if declared_length(headers).is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    let mut collected = Vec::new();
    while let Some(data) = next_data(&mut body, settings.body_timeout).await? {
        if collected.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        collected.extend_from_slice(&data);
    }
    Ok(collected.into())
}

/// Returns the next part of a body. `None`: the body has ended.
///
/// # Errors
/// `request-timeout`: no byte arrived in time. `request-invalid`: the connection broke.
pub(crate) async fn next_data(body: &mut Body, timeout: Duration) -> Result<Option<Bytes>, Problem> {
    loop {
        let frame = tokio::time::timeout(timeout, body.frame()).await;
        let frame = frame.map_err(|_| {
            Problem::new(ErrorCode::RequestTimeout, format!("no byte of the body arrived for {timeout:?}"))
        })?;
        match frame {
            None => return Ok(None),
            Some(Err(error)) => return Err(Problem::invalid(format!("the body can't be read: {error}"))),
            // Trailers are not used.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Returns the length that the headers declare.
fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Problem {
    Problem::new(ErrorCode::RequestTooLarge, format!("the body has more than {limit} bytes; make it smaller"))
}
