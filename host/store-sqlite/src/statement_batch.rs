//! Several statements in one text, each over rows of parameters.

use super::query::{Parameters, padded_row_count};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// The most rows of one statement, which takes at most 32,766 parameters.
pub(super) const MAX_ROWS_PER_STATEMENT: usize = 1024;

/// How many texts are remembered; they are quick to make again.
const MAX_CACHED_STATEMENTS: usize = 256;

/// The most parameters of one statement, less those of its last part.
const MAX_PARAMETERS_PER_STATEMENT: usize = 20_000;

/// A statement or a part of one: `before`, the rows, `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct StatementPart {
    pub(super) before: &'static str,
    /// Parameters of a row.
    pub(super) parameters_per_row: usize,
    /// Whether a row begins with its number.
    pub(super) numbered: bool,
    pub(super) after: &'static str,
}

/// Parts with their rows. Each is split where it has too many, and filled up to a rounded number with rows of NULL.
#[derive(Default)]
pub(super) struct StatementBatch {
    shape: StatementShape,
    values: Parameters,
    /// Begins a new statement where one would have too many parameters.
    statement_break: Option<StatementPart>,
    parameter_count: usize,
}

impl StatementBatch {
    /// A script whose parts make one statement, as far as that goes; `cut` begins another.
    pub(super) fn with_break(statement_break: StatementPart) -> Self {
        Self { statement_break: Some(statement_break), ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shape.is_empty()
    }

    /// The parts, in their order.
    pub(super) fn parts(&self) -> Vec<StatementPart> {
        self.shape.iter().map(|(part, _)| *part).collect()
    }

    /// Adds a part over these rows, unless there are none; `bind` adds a row's parameters.
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

    /// The text between `first` and `last`, its parameters, and how many rows it has.
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

/// Parts, each with its number of rows.
type StatementShape = Vec<(StatementPart, usize)>;

/// Texts by how they begin and what they are made of.
#[derive(Default)]
pub(super) struct StatementCache(HashMap<(&'static str, StatementShape), Arc<str>>);

impl StatementCache {
    fn get(&mut self, shape: StatementShape, first: &'static str, last: &'static str) -> Arc<str> {
        let key = (first, shape);
        if let Some(text) = self.0.get(&key) {
            return text.clone();
        }
        let mut text = first.to_owned();
        for (part, rows) in &key.1 {
            text.push_str(part.before);
            for row in 0..*rows {
                text.push_str(if row == 0 { "(" } else { ",(" });
                if part.numbered {
                    let _ = write!(text, "{row},");
                }
                text.push_str("?,".repeat(part.parameters_per_row).trim_end_matches(','));
                text.push(')');
            }
            text.push_str(part.after);
        }
        text.push_str(last);
        let text: Arc<str> = text.into();
        if self.0.len() >= MAX_CACHED_STATEMENTS {
            self.0.clear();
        }
        self.0.insert(key, text.clone());
        text
    }
}
