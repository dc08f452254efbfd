//! Operators, sorted by precedence with a stack of their own.

use super::super::error::{Outcome, offset};
use super::super::token::TokenKind;
use super::super::tree::{Link, Node, NodeKind, Operator};
use super::Parser;

/// What is still to be applied while operators are sorted by precedence.
#[derive(Clone, Copy)]
enum Pending {
    Or,
    And,
    Chain(Operator),
}

impl Pending {
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
    pub(super) fn operators(&mut self) -> Outcome<Node> {
        let mut operands = vec![self.unary()?];
        let mut pending: Vec<(Pending, usize)> = Vec::new();
        while let Some(operator) = self.operator() {
            let at = self.here();
            self.next += 1;
            self.reduce(&mut operands, &mut pending, operator.precedence())?;
            pending.push((operator, at));
            operands.push(self.unary()?);
        }
        self.reduce(&mut operands, &mut pending, 0)?;
        operands.pop().ok_or_else(|| self.unexpected(self.peek(), "a value"))
    }

    fn operator(&self) -> Option<Pending> {
        let token = self.peek()?;
        if !matches!(token.kind, TokenKind::Symbol | TokenKind::Name) {
            return None;
        }
        Some(match self.text(token) {
            "||" => Pending::Or,
            "&&" => Pending::And,
            "+" => Pending::Chain(Operator::Add),
            "-" => Pending::Chain(Operator::Subtract),
            "*" => Pending::Chain(Operator::Multiply),
            "/" => Pending::Chain(Operator::Divide),
            "%" => Pending::Chain(Operator::Remainder),
            "==" => Pending::Chain(Operator::Equal),
            "!=" => Pending::Chain(Operator::NotEqual),
            "<" => Pending::Chain(Operator::Less),
            "<=" => Pending::Chain(Operator::LessOrEqual),
            ">" => Pending::Chain(Operator::Greater),
            ">=" => Pending::Chain(Operator::GreaterOrEqual),
            "in" => Pending::Chain(Operator::In),
            _ => return None,
        })
    }

    /// Applies what binds at least as tightly as `precedence`.
    fn reduce(&self, operands: &mut Vec<Node>, pending: &mut Vec<(Pending, usize)>, precedence: u8) -> Outcome<()> {
        while let Some(&(operator, at)) = pending.last()
            && operator.precedence() >= precedence
        {
            pending.pop();
            let (Some(right), Some(left)) = (operands.pop(), operands.pop()) else { break };
            operands.push(self.join(operator, at, left, right)?);
        }
        Ok(())
    }

    /// Applies an operator, going on with the chain that its left operand is, if it is one of that precedence.
    fn join(&self, pending: Pending, at: usize, mut left: Node, right: Node) -> Outcome<Node> {
        let depth = left.depth.max(right.depth + 1);
        match (pending, &mut *left.kind) {
            (Pending::Or, NodeKind::Any(operands)) | (Pending::And, NodeKind::All(operands)) => operands.push(right),
            (Pending::Or, _) => {
                return self.node(at, left.depth.max(right.depth), NodeKind::Any(vec![left, right]));
            }
            (Pending::And, _) => {
                return self.node(at, left.depth.max(right.depth), NodeKind::All(vec![left, right]));
            }
            (Pending::Chain(operator), NodeKind::Chain { rest, .. })
                if rest.first().is_some_and(|link| precedence(link.operator) == precedence(operator)) =>
            {
                rest.push(Link { operator, at: offset(at), operand: right });
            }
            (Pending::Chain(operator), _) => {
                let link = Link { operator, at: offset(at), operand: right };
                let inside = left.depth.max(link.operand.depth);
                return self.node(at, inside, NodeKind::Chain { first: left, rest: vec![link] });
            }
        }
        // The right operand may be deeper than what the chain held so far.
        self.check_depth(depth, left.at)?;
        left.depth = depth;
        Ok(left)
    }

    fn unary(&mut self) -> Outcome<Node> {
        if self.is_symbol("!") || self.is_symbol("-") { self.signed() } else { self.path(false) }
    }

    /// `!a`, `-a`, and as many of the same before it.
    fn signed(&mut self) -> Outcome<Node> {
        let at = self.here();
        let mut count = 0_usize;
        while self.eat("!") {
            count += 1;
        }
        if count > 0 {
            let operand = self.path(false)?;
            return self.node(at, operand.depth, NodeKind::Not { operand, twice: count.is_multiple_of(2) });
        }
        while self.eat("-") {
            count += 1;
        }
        // The sign belongs to a number, since the least integer has no positive counterpart.
        let is_number = self.peek().is_some_and(|token| matches!(token.kind, TokenKind::Integer | TokenKind::Number));
        let operand = self.path(is_number)?;
        count -= usize::from(is_number);
        if count == 0 {
            return Ok(operand);
        }
        self.node(at, operand.depth, NodeKind::Negate { operand, twice: count.is_multiple_of(2) })
    }
}
