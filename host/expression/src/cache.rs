//! Parsed expressions kept by their source.

use quick_cache::Weighter;
use quick_cache::sync::Cache as ConcurrentCache;

use super::ast::Node;
use super::limits::MAX_TOKENS;
use super::{Expression, ExpressionError, TextExpression};

/// A bounded cache of parsed sources, shared between threads. What does not parse is kept too: parsing it again would
/// only fail again.
#[derive(Debug)]
pub struct ExpressionCache {
    expressions: ConcurrentCache<Box<str>, Result<Expression, ExpressionError>, SourceWeighter>,
    texts: ConcurrentCache<Box<str>, Result<TextExpression, ExpressionError>, SourceWeighter>,
}

/// What an entry takes of the memory, at most: its source, its literals and its tree.
#[derive(Debug, Clone)]
struct SourceWeighter;

impl<V> Weighter<Box<str>, V> for SourceWeighter {
    fn weight(&self, source: &Box<str>, _: &V) -> u64 {
        // A source has no more nodes than bytes, nor than tokens are allowed.
        let nodes = source.len().min(MAX_TOKENS);
        (ENTRY_OVERHEAD_BYTES + 2 * source.len() + nodes * size_of::<Node>()) as u64
    }
}

/// Bytes of an entry besides what depends on its source.
const ENTRY_OVERHEAD_BYTES: usize = 256;

/// Bytes of memory that a cache takes at most for each of the two kinds of expression, unless told otherwise.
pub const CACHE_BYTES: u64 = 64 * 1024 * 1024;

impl Default for ExpressionCache {
    fn default() -> Self {
        Self::new(CACHE_BYTES)
    }
}

impl ExpressionCache {
    /// A cache that takes at most about `bytes` of memory for each of the two kinds of expression.
    pub fn new(bytes: u64) -> Self {
        let expected = usize::try_from(bytes / 8_192).unwrap_or(usize::MAX);
        Self {
            expressions: ConcurrentCache::with_weighter(expected, bytes, SourceWeighter),
            texts: ConcurrentCache::with_weighter(expected, bytes, SourceWeighter),
        }
    }

    /// The expression of a source.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub fn expression(&self, source: &str) -> Result<Expression, ExpressionError> {
        if let Some(cached) = self.expressions.get(source) {
            return cached;
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
        if let Some(cached) = self.texts.get(source) {
            return cached;
        }
        let parsed = TextExpression::parse(source);
        self.texts.insert(source.into(), parsed.clone());
        parsed
    }
}
