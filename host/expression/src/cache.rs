//! A cache of parsed expressions, by source.

use quick_cache::Weighter;
use quick_cache::sync::Cache as ConcurrentCache;

use super::ast::Node;
use super::limits::MAX_TOKENS;
use super::{Expression, ExpressionError, TextExpression};

/// A cache of parsed sources with a size limit, shared between threads. It also stores parse errors, because parsing
/// the same source again would fail in the same way.
#[derive(Debug)]
pub struct ExpressionCache {
    expressions: ConcurrentCache<Box<str>, Result<Expression, ExpressionError>, SourceWeighter>,
    texts: ConcurrentCache<Box<str>, Result<TextExpression, ExpressionError>, SourceWeighter>,
}

/// The maximum memory of an entry: its source, its literals and its tree.
#[derive(Debug, Clone)]
struct SourceWeighter;

impl<V> Weighter<Box<str>, V> for SourceWeighter {
    fn weight(&self, source: &Box<str>, _: &V) -> u64 {
        // A source has at most one node per byte and at most one per token.
        let nodes = source.len().min(MAX_TOKENS);
        (ENTRY_OVERHEAD_BYTES + 2 * source.len() + nodes * size_of::<Node>()) as u64
    }
}

/// Bytes of an entry that do not depend on its source.
const ENTRY_OVERHEAD_BYTES: usize = 256;

/// Default memory limit of a cache in bytes, for each of the two kinds of expression.
pub const CACHE_BYTES: u64 = 64 * 1024 * 1024;

impl Default for ExpressionCache {
    fn default() -> Self {
        Self::new(CACHE_BYTES)
    }
}

impl ExpressionCache {
    /// Creates a cache of about `bytes` of memory for each of the two kinds of expression.
    pub fn new(bytes: u64) -> Self {
        let expected = usize::try_from(bytes / 8_192).unwrap_or(usize::MAX);
        Self {
            expressions: ConcurrentCache::with_weighter(expected, bytes, SourceWeighter),
            texts: ConcurrentCache::with_weighter(expected, bytes, SourceWeighter),
        }
    }

    /// Returns the parsed expression of a source.
    ///
    /// # Errors
    /// The errors of [`Expression::parse`].
    pub fn expression(&self, source: &str) -> Result<Expression, ExpressionError> {
        if let Some(cached) = self.expressions.get(source) {
            return cached;
        }
        let parsed = Expression::parse(source);
        self.expressions.insert(source.into(), parsed.clone());
        parsed
    }

    /// Returns the parsed text expression of a source.
    ///
    /// # Errors
    /// The errors of [`TextExpression::parse`].
    pub fn text(&self, source: &str) -> Result<TextExpression, ExpressionError> {
        if let Some(cached) = self.texts.get(source) {
            return cached;
        }
        let parsed = TextExpression::parse(source);
        self.texts.insert(source.into(), parsed.clone());
        parsed
    }
}
