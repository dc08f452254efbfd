//! Parsed expressions kept by their source.

use quick_cache::Weighter;
use quick_cache::sync::Cache as Shared;

use super::{Expression, ExpressionError, TextExpression};

/// A bounded cache of parsed sources, shared between threads. What does not parse is kept too: parsing it again would
/// only fail again.
#[derive(Debug)]
pub struct Cache {
    expressions: Shared<Box<str>, Result<Expression, ExpressionError>, BySource>,
    texts: Shared<Box<str>, Result<TextExpression, ExpressionError>, BySource>,
}

/// What an entry weighs: a tree takes some times its source.
#[derive(Debug, Clone)]
struct BySource;

impl<V> Weighter<Box<str>, V> for BySource {
    fn weight(&self, source: &Box<str>, _: &V) -> u64 {
        64 + source.len() as u64
    }
}

/// Bytes of sources that a cache holds unless told otherwise; their trees take some times that.
pub const CACHED_SOURCE_BYTES: u64 = 4 * 1024 * 1024;

impl Default for Cache {
    fn default() -> Self {
        Self::new(CACHED_SOURCE_BYTES)
    }
}

impl Cache {
    /// A cache for sources of `bytes` in all, each of the two kinds of expression.
    pub fn new(bytes: u64) -> Self {
        let expected = usize::try_from(bytes / 256).unwrap_or(usize::MAX);
        Self {
            expressions: Shared::with_weighter(expected, bytes, BySource),
            texts: Shared::with_weighter(expected, bytes, BySource),
        }
    }

    /// The expression of a source.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub fn expression(&self, source: &str) -> Result<Expression, ExpressionError> {
        if let Some(known) = self.expressions.get(source) {
            return known;
        }
        let parsed = Expression::parse(source);
        self.expressions.insert(source.into(), parsed.clone());
        parsed
    }

    /// The text expression of a source.
    ///
    /// # Errors
    /// As [`TextExpression::parse`].
    pub fn text(&self, source: &str) -> Result<TextExpression, ExpressionError> {
        if let Some(known) = self.texts.get(source) {
            return known;
        }
        let parsed = TextExpression::parse(source);
        self.texts.insert(source.into(), parsed.clone());
        parsed
    }
}
