//! Statement texts and what is bound to them.
//!
//! A text with its rows as `VALUES` of a rounded number takes few forms, so that each is prepared once a connection and
//! kept; the rows that are too many are NULL, which equals nothing.

use super::error::SqliteError;
use flowhost_store::StoreError;
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Either, Encode, Executor, Row, Sqlite, SqliteConnection, Type};
use std::fmt::Write;
use std::sync::Arc;

/// Texts with more rows than this are rare, and not kept.
const MAX_CACHED_ROWS: usize = 2048;

/// Values in the order of a text's parameters.
#[derive(Default)]
pub(super) struct Parameters {
    arguments: SqliteArguments,
    is_invalid: bool,
}

impl Parameters {
    pub(super) fn add<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, value: T) {
        self.is_invalid |= self.arguments.add(value).is_err();
    }

    pub(super) fn add_nulls(&mut self, count: usize) {
        for _ in 0..count {
            self.add(None::<i64>);
        }
    }

    /// Runs a text of one statement that yields one row, and gives its columns: JSON or NULL. One round trip, and
    /// nothing is left running when it is dropped in the middle.
    pub(super) async fn fetch_row(
        self,
        connection: &mut SqliteConnection,
        text: &Arc<str>,
        rows: usize,
    ) -> Result<SqliteRow, StoreError> {
        self.check_values()?;
        #[cfg(test)]
        super::query_plan_tests::record_statement(text);
        let query = sqlx::query_with(AssertSqlSafe(text.clone()), self.arguments).persistent(rows <= MAX_CACHED_ROWS);
        query.fetch_one(connection).await.map_err(SqliteError::convert_error)
    }

    /// Runs a text of several statements, of which `answers` yield a row each, and gives the columns of all those rows.
    /// One round trip, which ends with the last row or, where none is awaited, with the last statement.
    pub(super) async fn fetch_columns(
        self,
        connection: &mut SqliteConnection,
        (text, rows): (&Arc<str>, usize),
        result_rows: usize,
    ) -> Result<Vec<Option<String>>, sqlx::Error> {
        self.check_values().map_err(|error| sqlx::Error::Encode(error.into()))?;
        #[cfg(test)]
        super::query_plan_tests::record_statement(text);
        let query = sqlx::query_with(AssertSqlSafe(text.clone()), self.arguments).persistent(rows <= MAX_CACHED_ROWS);
        let mut results = connection.fetch_many(query);
        let mut columns = Vec::new();
        let mut answered = 0;
        while let Some(result) = results.try_next().await? {
            let Either::Right(row) = result else { continue };
            for column in 0..row.len() {
                columns.push(row.try_get_unchecked(column)?);
            }
            answered += 1;
            if answered == result_rows {
                break;
            }
        }
        Ok(columns)
    }

    /// Runs a text and gives all its rows.
    pub(super) async fn fetch_rows(
        self,
        connection: &mut SqliteConnection,
        text: String,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        self.check_values()?;
        #[cfg(test)]
        super::query_plan_tests::record_statement(&text);
        let query = sqlx::query_with(AssertSqlSafe(text), self.arguments);
        query.fetch_all(connection).await.map_err(SqliteError::convert_error)
    }

    fn check_values(&self) -> Result<(), StoreError> {
        match self.is_invalid {
            false => Ok(()),
            true => Err(StoreError::Unavailable("a value can't be sent to it".to_owned())),
        }
    }
}

/// How many rows a `VALUES` gets for so many: not many more where there are many.
pub(super) fn padded_row_count(rows: usize) -> usize {
    if rows > 1024 { rows.next_multiple_of(1024) } else { rows.next_power_of_two() }
}

/// `(0,?3,?4),(1,?5,?6)...`: numbered rows of so many parameters, of which `first` is the number of the first.
pub(super) fn numbered_rows(rows: usize, parameters: usize, first: usize) -> String {
    let mut text = String::with_capacity(rows * (8 + 6 * parameters));
    for row in 0..rows {
        let _ = write!(text, "{}({row}", if row == 0 { "" } else { "," });
        for parameter in 0..parameters {
            let _ = write!(text, ",?{}", first + row * parameters + parameter);
        }
        text.push(')');
    }
    text
}
