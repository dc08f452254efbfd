//! The error of a recording that can't be read or written.

use flowhost_error::ErrorCode;
use flowhost_error::text::single_line;

/// The reason why a recording can't be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RecordingError {
    /// A stable code, for example `recording-damaged`.
    pub code: ErrorCode,
    /// One sentence without a full stop.
    pub message: String,
}

impl RecordingError {
    /// Creates an error with a code of recordings.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: single_line(message.into()) }
    }

    pub(crate) fn invalid(reason: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::RecordingInvalid, format!("the file is not a recording: {reason}"))
    }
}
