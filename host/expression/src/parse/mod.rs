//! From tokens to a tree.
//!
//! The parser calls itself for brackets alone, whose nesting is bounded; operators are sorted out with a stack of its own.

mod call;
mod operators;
mod path;

use super::ast::{Branch, Node, NodeKind};
use super::error::{EvalError, EvalResult, offset, truncated};
use super::lexer::{Token, TokenKind};
use super::limits::{MAX_NESTING, MAX_TREE_DEPTH};

/// Parses the tokens of one expression; `end` is where it ends in the source.
pub(super) fn parse(source: &str, tokens: &[Token], end: usize) -> EvalResult<Node> {
    let mut parser =
        Parser { source, tokens, end, next: 0, nesting: 0, locals: Vec::new(), comprehensions: 0, innermost: 0 };
    if tokens.is_empty() {
        return Err(EvalError::syntax("the expression is empty", end));
    }
    let node = parser.parse_expression()?;
    match parser.peek() {
        None => Ok(node),
        Some(token) => Err(parser.unexpected_token(Some(token), "an operator or the end")),
    }
}

struct Parser<'s> {
    source: &'s str,
    tokens: &'s [Token],
    end: usize,
    next: usize,
    nesting: usize,
    /// The variables of the comprehensions around this place, outermost first.
    locals: Vec<&'s str>,
    /// How many comprehensions are around this place.
    comprehensions: usize,
    /// The greatest number of comprehensions inside one another met in the one being parsed.
    innermost: usize,
}

impl<'s> Parser<'s> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).copied()
    }

    fn text(&self, token: Token) -> &'s str {
        self.source.get(token.start..token.end).unwrap_or_default()
    }

    /// Where the next token stands, or the end.
    fn position(&self) -> usize {
        self.peek().map_or(self.end, |token| token.start)
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|token| token.kind == TokenKind::Symbol && self.text(token) == symbol)
    }

    fn consume(&mut self, symbol: &str) -> bool {
        let there = self.is_symbol(symbol);
        if there {
            self.next += 1;
        }
        there
    }

    fn expect(&mut self, symbol: &str) -> EvalResult<()> {
        if self.consume(symbol) {
            return Ok(());
        }
        Err(self.unexpected_token(self.peek(), &format!("`{symbol}`")))
    }

    fn unexpected_token(&self, token: Option<Token>, wanted: &str) -> Box<EvalError> {
        let Some(token) = token else {
            return EvalError::syntax(format!("the expression ends where {wanted} should stand"), self.end);
        };
        let text = truncated(self.text(token));
        let before = self.next.checked_sub(1).and_then(|index| self.tokens.get(index));
        let words = token.kind == TokenKind::Name && before.is_some_and(|before| before.kind == TokenKind::Name);
        let hint = if words { ": plain words without quotes are entity names, so put text in quotes" } else { "" };
        EvalError::syntax(format!("`{text}` stands where {wanted} should{hint}"), token.start)
    }

    fn new_node(&self, at: usize, inside: u32, kind: NodeKind) -> EvalResult<Node> {
        let at = offset(at);
        let depth = inside + 1;
        self.check_depth(depth, at)?;
        Ok(Node { at, depth, kind: Box::new(kind) })
    }

    fn check_depth(&self, depth: u32, at: u32) -> EvalResult<()> {
        if depth > MAX_TREE_DEPTH {
            let message = format!("the expression nests more than {MAX_TREE_DEPTH} operations inside one another");
            return Err(EvalError::too_large("nesting", message).at(at));
        }
        Ok(())
    }

    /// What stands between brackets, whose nesting it counts.
    fn with_nesting<T>(&mut self, parse: impl FnOnce(&mut Self) -> EvalResult<T>) -> EvalResult<T> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(EvalError::too_large("nesting", format!("more than {MAX_NESTING} brackets are open at once"))
                .at(offset(self.position())));
        }
        let result = parse(self);
        self.nesting -= 1;
        result
    }

    fn parse_expression(&mut self) -> EvalResult<Node> {
        let at = self.position();
        let first = self.parse_operators()?;
        if self.is_symbol("?") { self.parse_conditional(at, first) } else { Ok(first) }
    }

    /// What follows the first condition of `a ? b : c ? d : e`.
    fn parse_conditional(&mut self, at: usize, first: Node) -> EvalResult<Node> {
        let mut branches = Vec::new();
        let mut condition = first;
        let mut depth = condition.depth;
        while self.consume("?") {
            let value = self.parse_operators()?;
            self.expect(":")?;
            depth = depth.max(value.depth);
            branches.push(Branch { condition, value });
            condition = self.parse_operators()?;
            depth = depth.max(condition.depth);
        }
        self.new_node(at, depth, NodeKind::Conditional { branches, otherwise: condition })
    }
}

fn is_keyword(name: &str) -> bool {
    matches!(name, "null" | "true" | "false" | "in")
}
