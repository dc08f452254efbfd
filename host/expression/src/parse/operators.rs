//! Parsing of operators by precedence, with an explicit stack.

use super::super::ast::{BinaryOperand, Node, NodeKind, Operator};
use super::super::error::{EvalResult, offset};
use super::super::lexer::TokenKind;
use super::Parser;

/// An operator that waits for its right operand.
#[derive(Clone, Copy)]
enum PendingOperator {
    Or,
    And,
    Chain(Operator),
}

impl PendingOperator {
    fn precedence(self) -> u8 {
        match self {
            Self::Or => 0,
            Self::And => 1,
            Self::Chain(operator) => precedence(operator),
        }
    }
}

fn precedence(operator: Operator) -> u8 {
    match operator {
        Operator::Add | Operator::Subtract => 3,
        Operator::Multiply | Operator::Divide | Operator::Remainder => 4,
        _ => 2,
    }
}

impl Parser<'_> {
    pub(super) fn parse_operators(&mut self) -> EvalResult<Node> {
        let mut operands = vec![self.parse_unary()?];
        let mut pending: Vec<(PendingOperator, usize)> = Vec::new();
        while let Some(operator) = self.peek_operator() {
            let at = self.position();
            self.next += 1;
            self.reduce_operators(&mut operands, &mut pending, operator.precedence())?;
            pending.push((operator, at));
            operands.push(self.parse_unary()?);
        }
        self.reduce_operators(&mut operands, &mut pending, 0)?;
        operands.pop().ok_or_else(|| self.unexpected_token(self.peek(), "a value"))
    }

    fn peek_operator(&self) -> Option<PendingOperator> {
        let token = self.peek()?;
        if !matches!(token.kind, TokenKind::Symbol | TokenKind::Name) {
            return None;
        }
        Some(match self.text(token) {
            "||" => PendingOperator::Or,
            "&&" => PendingOperator::And,
            "+" => PendingOperator::Chain(Operator::Add),
            "-" => PendingOperator::Chain(Operator::Subtract),
            "*" => PendingOperator::Chain(Operator::Multiply),
            "/" => PendingOperator::Chain(Operator::Divide),
            "%" => PendingOperator::Chain(Operator::Remainder),
            "==" => PendingOperator::Chain(Operator::Equal),
            "!=" => PendingOperator::Chain(Operator::NotEqual),
            "<" => PendingOperator::Chain(Operator::Less),
            "<=" => PendingOperator::Chain(Operator::LessOrEqual),
            ">" => PendingOperator::Chain(Operator::Greater),
            ">=" => PendingOperator::Chain(Operator::GreaterOrEqual),
            "in" => PendingOperator::Chain(Operator::In),
            _ => return None,
        })
    }

    /// Applies the pending operators of at least `precedence`.
    fn reduce_operators(
        &self,
        operands: &mut Vec<Node>,
        pending: &mut Vec<(PendingOperator, usize)>,
        precedence: u8,
    ) -> EvalResult<()> {
        while let Some(&(operator, at)) = pending.last()
            && operator.precedence() >= precedence
        {
            pending.pop();
            let (Some(right), Some(left)) = (operands.pop(), operands.pop()) else { break };
            operands.push(self.apply_operator(operator, at, left, right)?);
        }
        Ok(())
    }

    /// Applies an operator. If its left operand is a chain of the same precedence, the operator extends that chain.
    fn apply_operator(&self, pending: PendingOperator, at: usize, mut left: Node, right: Node) -> EvalResult<Node> {
        let depth = left.depth.max(right.depth + 1);
        match (pending, &mut *left.kind) {
            (PendingOperator::Or, NodeKind::Any(operands)) | (PendingOperator::And, NodeKind::All(operands)) => {
                operands.push(right)
            }
            (PendingOperator::Or, _) => {
                return self.new_node(at, left.depth.max(right.depth), NodeKind::Any(vec![left, right]));
            }
            (PendingOperator::And, _) => {
                return self.new_node(at, left.depth.max(right.depth), NodeKind::All(vec![left, right]));
            }
            (PendingOperator::Chain(operator), NodeKind::Chain { rest, .. })
                if rest.first().is_some_and(|link| precedence(link.operator) == precedence(operator)) =>
            {
                rest.push(BinaryOperand { operator, at: offset(at), operand: right });
            }
            (PendingOperator::Chain(operator), _) => {
                let link = BinaryOperand { operator, at: offset(at), operand: right };
                let inside = left.depth.max(link.operand.depth);
                return self.new_node(at, inside, NodeKind::Chain { first: left, rest: vec![link] });
            }
        }
        // The right operand may be deeper than the chain so far.
        self.check_depth(depth, left.at)?;
        left.depth = depth;
        Ok(left)
    }

    fn parse_unary(&mut self) -> EvalResult<Node> {
        if self.is_symbol("!") || self.is_symbol("-") { self.parse_signed() } else { self.parse_path(false) }
    }

    /// Parses `!a` or `-a` with any number of repeated operators.
    fn parse_signed(&mut self) -> EvalResult<Node> {
        let at = self.position();
        let mut count = 0_usize;
        while self.consume("!") {
            count += 1;
        }
        if count > 0 {
            let operand = self.parse_path(false)?;
            return self.new_node(at, operand.depth, NodeKind::Not { operand, twice: count.is_multiple_of(2) });
        }
        while self.consume("-") {
            count += 1;
        }
        // The sign belongs to a number, since the smallest integer has no positive counterpart.
        let is_number = self.peek().is_some_and(|token| matches!(token.kind, TokenKind::Integer | TokenKind::Number));
        let operand = self.parse_path(is_number)?;
        count -= usize::from(is_number);
        if count == 0 {
            return Ok(operand);
        }
        self.new_node(at, operand.depth, NodeKind::Negate { operand, twice: count.is_multiple_of(2) })
    }
}
