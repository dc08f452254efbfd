//! Several statements in one text, each over rows of parameters.

use super::query::{Bound, rounded};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// The most rows of one statement, which takes at most 32,766 parameters.
pub(super) const ROWS_OF_STATEMENT: usize = 1024;

/// How many texts are remembered; they are quick to make again.
const TEXTS: usize = 256;

/// The most parameters of one statement, less those of its last part.
const PARAMETERS_OF_STATEMENT: usize = 20_000;

/// A statement or a part of one: `before`, the rows, `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Part {
    pub(super) before: &'static str,
    /// Parameters of a row.
    pub(super) parameters: usize,
    /// Whether a row begins with its number.
    pub(super) numbered: bool,
    pub(super) after: &'static str,
}

/// Parts with their rows. Each is split where it has too many, and filled up to a rounded number with rows of NULL.
#[derive(Default)]
pub(super) struct Script {
    shape: Shape,
    bound: Bound,
    /// Begins a new statement where one would have too many parameters.
    cut: Option<Part>,
    parameters: usize,
}

impl Script {
    /// A script whose parts make one statement, as far as that goes; `cut` begins another.
    pub(super) fn cut_by(cut: Part) -> Self {
        Self { cut: Some(cut), ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shape.is_empty()
    }

    /// The parts, in their order.
    pub(super) fn parts(&self) -> Vec<Part> {
        self.shape.iter().map(|(part, _)| *part).collect()
    }

    /// Adds a part over these rows, unless there are none; `bind` adds a row's parameters.
    pub(super) fn add<T>(
        &mut self,
        part: Part,
        rows: impl IntoIterator<Item = T>,
        mut bind: impl FnMut(&mut Bound, T),
    ) {
        let mut count = 0;
        for row in rows {
            if count == ROWS_OF_STATEMENT {
                self.push(part, count);
                count = 0;
            }
            bind(&mut self.bound, row);
            count += 1;
        }
        if count > 0 {
            self.bound.add_nulls((rounded(count) - count) * part.parameters);
            self.push(part, rounded(count));
        }
    }

    fn push(&mut self, part: Part, rows: usize) {
        if let Some(cut) = self.cut.filter(|_| self.parameters > PARAMETERS_OF_STATEMENT) {
            self.shape.push((cut, 0));
            self.parameters = 0;
        }
        self.parameters += rows * part.parameters;
        self.shape.push((part, rows));
    }

    /// The text between `first` and `last`, its parameters, and how many rows it has.
    pub(super) fn finish(self, texts: &mut Texts, first: &'static str, last: &'static str) -> (Arc<str>, Bound, usize) {
        let rows = self.shape.iter().map(|(_, rows)| rows).sum();
        (texts.get(self.shape, first, last), self.bound, rows)
    }
}

/// Parts, each with its number of rows.
type Shape = Vec<(Part, usize)>;

/// Texts by how they begin and what they are made of.
#[derive(Default)]
pub(super) struct Texts(HashMap<(&'static str, Shape), Arc<str>>);

impl Texts {
    fn get(&mut self, shape: Shape, first: &'static str, last: &'static str) -> Arc<str> {
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
                text.push_str("?,".repeat(part.parameters).trim_end_matches(','));
                text.push(')');
            }
            text.push_str(part.after);
        }
        text.push_str(last);
        let text: Arc<str> = text.into();
        if self.0.len() >= TEXTS {
            self.0.clear();
        }
        self.0.insert(key, text.clone());
        text
    }
}
