//! The expressions of a node, parsed through the cache within one budget for the whole node.

use flowhost_expression::limits::MAX_TOKENS;
use flowhost_expression::{Expression, ExpressionCache, ExpressionError, TextExpression};

/// The budget of a node. A unit is the time for one token, below 100 ns.
const NODE_BUDGET: usize = 150_000;

/// Units that every expression costs in addition to its source.
const UNITS_PER_EXPRESSION: usize = 16;

/// Bytes of a literal text that cost one unit.
const BYTES_PER_UNIT: usize = 8;

/// Parses the expressions of one node. The cost does not depend on the contents of the cache, so that the same node is
/// always accepted or always rejected.
pub(super) struct ExpressionSources<'c> {
    cache: &'c ExpressionCache,
    units_left: usize,
}

impl<'c> ExpressionSources<'c> {
    pub(super) fn new(cache: &'c ExpressionCache) -> Self {
        Self { cache, units_left: NODE_BUDGET }
    }

    /// Returns the expression of the parameter `name`. `Err`: the node's budget is exhausted.
    pub(super) fn expression(
        &mut self,
        name: &str,
        source: &str,
    ) -> Result<Result<Expression, ExpressionError>, String> {
        self.charge(name, source)?;
        Ok(self.cache.expression(source))
    }

    /// Returns the text expression of the parameter `name`. `Err`: the node's budget is exhausted.
    pub(super) fn text(&mut self, name: &str, source: &str) -> Result<Result<TextExpression, ExpressionError>, String> {
        self.charge(name, source)?;
        Ok(self.cache.text(source))
    }

    /// Charges the maximum cost of parsing in advance.
    fn charge(&mut self, name: &str, source: &str) -> Result<(), String> {
        let cost = UNITS_PER_EXPRESSION + source.len().min(MAX_TOKENS) + source.len() / BYTES_PER_UNIT;
        match self.units_left.checked_sub(cost) {
            Some(left) => {
                self.units_left = left;
                Ok(())
            }
            None => {
                // After the first rejection, later expressions with a lower cost are rejected too.
                self.units_left = 0;
                Err(format!(
                    "{name}: the expressions of the node have more than about {NODE_BUDGET} names, values and operators \
                     together; shorten them"
                ))
            }
        }
    }
}
