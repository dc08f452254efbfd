//! Several SQL statements in one string, each over rows of parameters.

use super::query::{Parameters, padded_row_count};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// Maximum rows of one statement part. SQLite allows 32,766 parameters per statement.
pub(super) const MAX_ROWS_PER_STATEMENT: usize = 1024;

/// Maximum number of cached SQL strings. Rebuilding one is fast.
const MAX_CACHED_STATEMENTS: usize = 256;

/// Maximum parameters of one statement, without those of its last part.
const MAX_PARAMETERS_PER_STATEMENT: usize = 20_000;

/// A statement or a part of one: `before`, the rows, then `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct StatementPart {
    pub(super) before: &'static str,
    /// The number of parameters of a row.
    pub(super) parameters_per_row: usize,
    /// Whether each row begins with its number.
    pub(super) numbered: bool,
    pub(super) after: &'static str,
}

/// Statement parts with their rows. A part with too many rows is split, and the number of rows is padded with rows of
/// NULL.
#[derive(Default)]
pub(super) struct StatementBatch {
    shape: StatementShape,
    values: Parameters,
    /// The separator that begins a new statement before one exceeds the maximum number of parameters.
    statement_break: Option<StatementPart>,
    parameter_count: usize,
}

impl StatementBatch {
    /// Creates a batch whose parts form one statement. `statement_break` begins another one when the first has too many
    /// parameters.
    pub(super) fn with_break(statement_break: StatementPart) -> Self {
        Self { statement_break: Some(statement_break), ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shape.is_empty()
    }

    /// Returns the parts, in their order.
    pub(super) fn parts(&self) -> Vec<StatementPart> {
        self.shape.iter().map(|(part, _)| *part).collect()
    }

    /// Adds a part over these rows, unless there are none. `bind` adds the parameters of a row.
    pub(super) fn add<T>(
        &mut self,
        part: StatementPart,
        rows: impl IntoIterator<Item = T>,
        mut bind: impl FnMut(&mut Parameters, T),
    ) {
        let mut count = 0;
        for row in rows {
            if count == MAX_ROWS_PER_STATEMENT {
                self.push(part, count);
                count = 0;
            }
            bind(&mut self.values, row);
            count += 1;
        }
        if count > 0 {
            self.values.add_nulls((padded_row_count(count) - count) * part.parameters_per_row);
            self.push(part, padded_row_count(count));
        }
    }

    fn push(&mut self, part: StatementPart, rows: usize) {
        if let Some(statement_break) =
            self.statement_break.filter(|_| self.parameter_count > MAX_PARAMETERS_PER_STATEMENT)
        {
            self.shape.push((statement_break, 0));
            self.parameter_count = 0;
        }
        self.parameter_count += rows * part.parameters_per_row;
        self.shape.push((part, rows));
    }

    /// Returns the SQL between `first` and `last`, its parameters, and its number of rows.
    pub(super) fn build(
        self,
        cache: &mut StatementCache,
        first: &'static str,
        last: &'static str,
    ) -> (Arc<str>, Parameters, usize) {
        let rows = self.shape.iter().map(|(_, rows)| rows).sum();
        (cache.get(self.shape, first, last), self.values, rows)
    }
}

/// Statement parts, each with its number of rows.
type StatementShape = Vec<(StatementPart, usize)>;

/// SQL strings by their beginning and their shape.
#[derive(Default)]
pub(super) struct StatementCache(HashMap<(&'static str, StatementShape), Arc<str>>);

impl StatementCache {
    fn get(&mut self, shape: StatementShape, first: &'static str, last: &'static str) -> Arc<str> {
        let key = (first, shape);
        if let Some(sql) = self.0.get(&key) {
            return sql.clone();
        }
        let mut sql = first.to_owned();
        for (part, rows) in &key.1 {
            sql.push_str(part.before);
            for row in 0..*rows {
                sql.push_str(if row == 0 { "(" } else { ",(" });
                if part.numbered {
                    let _ = write!(sql, "{row},");
                }
                sql.push_str("?,".repeat(part.parameters_per_row).trim_end_matches(','));
                sql.push(')');
            }
            sql.push_str(part.after);
        }
        sql.push_str(last);
        let sql: Arc<str> = sql.into();
        if self.0.len() >= MAX_CACHED_STATEMENTS {
            self.0.clear();
        }
        self.0.insert(key, sql.clone());
        sql
    }
}
