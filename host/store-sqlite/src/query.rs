//! SQL statements and their parameters.
//!
//! The `VALUES` of a statement have a padded number of rows. The statements therefore have few forms, and a connection
//! prepares and caches each of them once. The additional rows are NULL, which equals nothing.

use super::error::SqliteError;
use flowhost_store::StoreError;
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Either, Encode, Executor, Row, Sqlite, SqliteConnection, Type};
use std::fmt::Write;
use std::sync::Arc;

/// Maximum rows of a cached statement. Larger statements are rare.
const MAX_CACHED_ROWS: usize = 2048;

/// The values of a statement's parameters, in order.
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

    /// Runs one statement that returns one row, and returns its columns as JSON or NULL. The call takes one round trip,
    /// and a cancelled call leaves nothing running.
    pub(super) async fn fetch_row(
        self,
        connection: &mut SqliteConnection,
        sql: &Arc<str>,
        rows: usize,
    ) -> Result<SqliteRow, StoreError> {
        self.check_values()?;
        #[cfg(test)]
        super::query_plan_tests::record_statement(sql);
        let query = sqlx::query_with(AssertSqlSafe(sql.clone()), self.arguments).persistent(rows <= MAX_CACHED_ROWS);
        query.fetch_one(connection).await.map_err(SqliteError::convert_error)
    }

    /// Runs several statements, of which `result_rows` return one row each, and returns the columns of all rows. The
    /// call takes one round trip. It ends with the last row, or with the last statement if no row is expected.
    pub(super) async fn fetch_columns(
        self,
        connection: &mut SqliteConnection,
        (sql, rows): (&Arc<str>, usize),
        result_rows: usize,
    ) -> Result<Vec<Option<String>>, sqlx::Error> {
        self.check_values().map_err(|error| sqlx::Error::Encode(error.into()))?;
        #[cfg(test)]
        super::query_plan_tests::record_statement(sql);
        let query = sqlx::query_with(AssertSqlSafe(sql.clone()), self.arguments).persistent(rows <= MAX_CACHED_ROWS);
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

    /// Runs a statement and returns all its rows.
    pub(super) async fn fetch_rows(
        self,
        connection: &mut SqliteConnection,
        sql: String,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        self.check_values()?;
        #[cfg(test)]
        super::query_plan_tests::record_statement(&sql);
        let query = sqlx::query_with(AssertSqlSafe(sql), self.arguments);
        query.fetch_all(connection).await.map_err(SqliteError::convert_error)
    }

    fn check_values(&self) -> Result<(), StoreError> {
        match self.is_invalid {
            false => Ok(()),
            true => Err(StoreError::Unavailable("a value cannot be encoded".to_owned())),
        }
    }
}

/// Returns the padded number of rows of a `VALUES` clause: a power of two up to 1,024, then a multiple of 1,024.
pub(super) fn padded_row_count(rows: usize) -> usize {
    if rows > 1024 { rows.next_multiple_of(1024) } else { rows.next_power_of_two() }
}

/// Returns `(0,?3,?4),(1,?5,?6)...`: numbered rows with `parameters` parameters each, numbered from `first`.
pub(super) fn numbered_rows(rows: usize, parameters: usize, first: usize) -> String {
    let mut sql = String::with_capacity(rows * (8 + 6 * parameters));
    for row in 0..rows {
        let _ = write!(sql, "{}({row}", if row == 0 { "" } else { "," });
        for parameter in 0..parameters {
            let _ = write!(sql, ",?{}", first + row * parameters + parameter);
        }
        sql.push(')');
    }
    sql
}
