//! Parsed expressions kept by their source.

use quick_cache::Weighter;
use quick_cache::sync::Cache as Shared;

use super::bounds::TOKENS;
use super::tree::Node;
use super::{Expression, ExpressionError, TextExpression};

/// A bounded cache of parsed sources, shared between threads. What does not parse is kept too: parsing it again would
/// only fail again.
#[derive(Debug)]
pub struct Cache {
    expressions: Shared<Box<str>, Result<Expression, ExpressionError>, BySource>,
    texts: Shared<Box<str>, Result<TextExpression, ExpressionError>, BySource>,
}

/// What an entry takes of the memory, at most: its source, its literals and its tree.
#[derive(Debug, Clone)]
struct BySource;

impl<V> Weighter<Box<str>, V> for BySource {
    fn weight(&self, source: &Box<str>, _: &V) -> u64 {
        // A source has no more nodes than bytes, nor than tokens are allowed.
        let nodes = source.len().min(TOKENS);
        (ENTRY_BYTES + 2 * source.len() + nodes * size_of::<Node>()) as u64
    }
}

/// Bytes of an entry besides what depends on its source.
const ENTRY_BYTES: usize = 256;

/// Bytes of memory that a cache takes at most for each of the two kinds of expression, unless told otherwise.
pub const CACHE_BYTES: u64 = 64 * 1024 * 1024;

impl Default for Cache {
    fn default() -> Self {
        Self::new(CACHE_BYTES)
    }
}

impl Cache {
    /// A cache that takes at most about `bytes` of memory for each of the two kinds of expression.
    pub fn new(bytes: u64) -> Self {
        let expected = usize::try_from(bytes / 8_192).unwrap_or(usize::MAX);
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
