//! The error of a command for authors.

use flowhost::ErrorCode;
use flowhost::text::single_line;

/// The reason why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AuthorError {
    /// The code; `None`: the system failed, for example a file can't be read.
    pub code: Option<ErrorCode>,
    /// One sentence without a full stop.
    pub message: String,
}

impl AuthorError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code: Some(code), message: single_line(message.into()) }
    }

    pub(crate) fn system(message: impl Into<String>) -> Self {
        Self { code: None, message: single_line(message.into()) }
    }
}
