//! Conversion of the driver's errors.

use flowhost_store::StoreError;
use sqlx::Error;
use std::borrow::Cow;

/// Functions that convert the driver's errors to the store's.
pub(super) struct SqliteError;

impl SqliteError {
    pub(super) fn convert_error(error: Error) -> StoreError {
        let Some(code) = Self::result_code(&error) else {
            return match error {
                Error::ColumnDecode { .. } | Error::Decode(_) => Self::unreadable_content(error),
                other => StoreError::Unavailable(other.to_string()),
            };
        };
        let message = match &error {
            Error::Database(error) => Cow::Borrowed(error.message()),
            other => Cow::Owned(other.to_string()),
        };
        match code {
            BUSY | LOCKED => {
                StoreError::Unavailable(format!("another process locked the file for too long ({message})"))
            }
            READ_ONLY => StoreError::ReadOnly(message.into_owned()),
            FULL => StoreError::Full(message.into_owned()),
            CORRUPT => StoreError::Unusable(format!("its file is damaged ({message})")),
            NOT_A_DATABASE => StoreError::Unusable(format!("its file is not a SQLite database ({message})")),
            // SQLite cannot compile or run a statement: a table or a column is missing or has another type.
            ERROR => Self::unreadable_content(message),
            _ => StoreError::Unavailable(message.into_owned()),
        }
    }

    /// Returns SQLite's primary result code.
    pub(super) fn result_code(error: &Error) -> Option<i32> {
        let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
        Some(code & 0xff)
    }

    /// Returns the error for content that this release cannot read.
    pub(super) fn unreadable_content(what: impl std::fmt::Display) -> StoreError {
        StoreError::Unusable(format!("this release cannot read the content of its file ({what})"))
    }
}

const ERROR: i32 = 1;
pub(super) const BUSY: i32 = 5;
const LOCKED: i32 = 6;
pub(super) const READ_ONLY: i32 = 8;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
pub(super) const CANNOT_OPEN: i32 = 14;
pub(super) const TOO_BIG: i32 = 18;
pub(super) const CONSTRAINT: i32 = 19;
const NOT_A_DATABASE: i32 = 26;
