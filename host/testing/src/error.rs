//! The errors of reading and running cases.

use flowhost_engine::LoadError;
use flowhost_error::ErrorCode;
use flowhost_error::text::single_line;
use flowhost_invocation::OpenError;
use std::fmt;

/// The reason why no case was run: `case-invalid` or `case-none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseError {
    /// The code.
    pub code: ErrorCode,
    /// The file; empty if the error does not concern one file.
    pub file: String,
    /// The line in the file, from 1.
    pub line: Option<usize>,
    /// The JSON pointer of the value.
    pub pointer: String,
    /// One sentence without a full stop.
    pub message: String,
}

impl CaseError {
    pub(crate) fn invalid(file: &str, line: Option<usize>, pointer: impl Into<String>, message: &str) -> Self {
        let (file, pointer) = (file.to_owned(), pointer.into());
        Self { code: ErrorCode::CaseInvalid, file, line, pointer, message: single_line(message.to_owned()) }
    }

    pub(crate) fn none(message: String) -> Self {
        let (file, pointer) = Default::default();
        Self { code: ErrorCode::CaseNone, file, line: None, pointer, message: single_line(message) }
    }
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}", self.file)?;
            self.line.map_or(Ok(()), |line| write!(f, ":{line}"))?;
            f.write_str(": ")?;
        }
        if !self.pointer.is_empty() {
            write!(f, "{}: ", single_line(self.pointer.clone()))?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for CaseError {}

/// The reason why the cases did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The content that a case gives does not fit into a store.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The component was refused.
    #[error("{}", .0.message)]
    Load(LoadError),
    /// The host did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<LoadError> for RunError {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}
