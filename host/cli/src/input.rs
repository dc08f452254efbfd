//! Input from files and stdin, with limited sizes.

use super::error::CliError;
use super::excerpt::excerpt;
use flowhost::domain::json::{self, IntegerCheck};
use flowhost::{ErrorCode, Limits, Session};
use serde_json::{Map, Value as Json};
use std::convert::Infallible;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::str::FromStr;

/// A file, or stdin for the argument `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    Stdin,
    File(PathBuf),
}

impl FromStr for Input {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "-" { Self::Stdin } else { Self::File(text.into()) })
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("stdin"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

impl Input {
    /// Reads the whole input, at most `limit` bytes; `too_large` is the code of the error for more.
    pub(super) fn read_bytes(&self, limit: usize, too_large: ErrorCode) -> Result<Vec<u8>, CliError> {
        let mut bytes = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let read = match self {
            Self::Stdin => std::io::stdin().lock().take(most).read_to_end(&mut bytes),
            Self::File(path) => File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
        };
        read.map_err(|error| CliError::message(format!("can't read {self}: {error}")))?;
        if bytes.len() > limit {
            return Err(CliError::message(format!("{self} has more than {limit} bytes")).with_code(too_large));
        }
        Ok(bytes)
    }

    /// Reads the whole input as text; `invalid` is the code of the error for other content.
    pub(super) fn read_text(&self, limit: usize, too_large: ErrorCode, invalid: ErrorCode) -> Result<String, CliError> {
        let mut text = String::from_utf8(self.read_bytes(limit, too_large)?).map_err(|error| {
            let position = error.utf8_error().valid_up_to();
            let hint = "save the file as UTF-8";
            CliError::message(format!("{self} is not UTF-8 text: byte {} is not valid", position + 1))
                .with_code(invalid)
                .with_hint(hint)
        })?;
        // Some editors write a byte order mark, which is not valid JSON.
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        Ok(text)
    }

    /// Returns the error for a problem in `text`, which was read from this input, at a line and column if known.
    pub(super) fn error_at(
        &self,
        text: &str,
        problem: impl fmt::Display,
        position: Option<(usize, usize)>,
        code: ErrorCode,
    ) -> CliError {
        let drawn = position.and_then(|(line, column)| excerpt(text, line, character_column(text, line, column)));
        CliError::message(format!("{self}: {problem}")).with_code(code).with_excerpt(drawn)
    }

    /// Parses parameters from `text`, which was read from this input.
    pub(super) fn parse_parameters(&self, text: &str) -> Result<Map<String, Json>, CliError> {
        let invalid = |problem: &dyn fmt::Display, line, column| {
            self.error_at(text, problem, Some((line, column)), ErrorCode::RequestInvalid)
        };
        let parameters = serde_json::from_str(text).map_err(|error| invalid(&error, error.line(), error.column()))?;
        match json::inspect(text, IntegerCheck::Nowhere).duplicate {
            Some(found) => Err(invalid(&found, found.line, found.column)),
            None => Ok(parameters),
        }
    }

    /// Reads a session from this input.
    pub(super) fn read_session(&self) -> Result<Session, CliError> {
        let text =
            self.read_text(Limits::default().request_bytes, ErrorCode::RequestTooLarge, ErrorCode::SessionInvalid)?;
        Session::from_json(&text)
            .map_err(|error| self.error_at(&text, &error, error.position(), ErrorCode::SessionInvalid))
    }
}

/// Converts a column in bytes into a column in characters.
fn character_column(text: &str, line: usize, column: usize) -> usize {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    line.char_indices().take_while(|(index, _)| *index < column).count().max(1)
}
