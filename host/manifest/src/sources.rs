//! The sources of a node's expressions: parsed through the cache, within one budget for the whole node.

use flowhost_expression::limits::MAX_TOKENS;
use flowhost_expression::{Expression, ExpressionCache, ExpressionError, TextExpression};

/// The budget of a node. A unit is the time of one token, below 100 ns.
const NODE_BUDGET: usize = 150_000;

/// Units that an expression costs whatever its source.
const UNITS_PER_EXPRESSION: usize = 16;

/// Bytes of a literal text that cost one unit.
const BYTES_PER_UNIT: usize = 8;

/// Parses the expressions of one node. The cost does not depend on what the cache holds, so that the same node is
/// accepted or refused always.
pub(super) struct ExpressionSources<'c> {
    cache: &'c ExpressionCache,
    units_left: usize,
}

impl<'c> ExpressionSources<'c> {
    pub(super) fn new(cache: &'c ExpressionCache) -> Self {
        Self { cache, units_left: NODE_BUDGET }
    }

    /// The expression of the parameter `name`. `Err`: the node's budget is used up.
    pub(super) fn expression(
        &mut self,
        name: &str,
        source: &str,
    ) -> Result<Result<Expression, ExpressionError>, String> {
        self.charge(name, source)?;
        Ok(self.cache.expression(source))
    }

    /// The text expression of the parameter `name`. `Err`: the node's budget is used up.
    pub(super) fn text(&mut self, name: &str, source: &str) -> Result<Result<TextExpression, ExpressionError>, String> {
        self.charge(name, source)?;
        Ok(self.cache.text(source))
    }

    /// Charges the most that parsing can cost, before it is done.
    fn charge(&mut self, name: &str, source: &str) -> Result<(), String> {
        let cost = UNITS_PER_EXPRESSION + source.len().min(MAX_TOKENS) + source.len() / BYTES_PER_UNIT;
        match self.units_left.checked_sub(cost) {
            Some(left) => {
                self.units_left = left;
                Ok(())
            }
            None => {
                // Nothing cheaper is parsed after the first refusal.
                self.units_left = 0;
                Err(format!(
                    "{name}: the expressions of the node have more than about {NODE_BUDGET} names, values and operators \
                     together; shorten them"
                ))
            }
        }
    }
}
