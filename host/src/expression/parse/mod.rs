//! From tokens to a tree.
//!
//! The parser calls itself for brackets alone, whose nesting is bounded; operators are sorted out with a stack of its own.

mod call;
mod operators;
mod path;

use super::bounds::{NESTING, TREE_DEPTH};
use super::error::{Fault, Outcome, offset, shortened};
use super::token::{Token, TokenKind};
use super::tree::{Arm, Node, NodeKind};

/// Parses the tokens of one expression; `end` is where it ends in the source.
pub(super) fn parse(source: &str, tokens: &[Token], end: usize) -> Outcome<Node> {
    let mut parser =
        Parser { source, tokens, end, next: 0, nesting: 0, locals: Vec::new(), comprehensions: 0, innermost: 0 };
    if tokens.is_empty() {
        return Err(Fault::syntax("the expression is empty", end));
    }
    let node = parser.expression()?;
    match parser.peek() {
        None => Ok(node),
        Some(token) => Err(parser.unexpected(Some(token), "an operator or the end")),
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
    fn here(&self) -> usize {
        self.peek().map_or(self.end, |token| token.start)
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|token| token.kind == TokenKind::Symbol && self.text(token) == symbol)
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let there = self.is_symbol(symbol);
        if there {
            self.next += 1;
        }
        there
    }

    fn expect(&mut self, symbol: &str) -> Outcome<()> {
        if self.eat(symbol) {
            return Ok(());
        }
        Err(self.unexpected(self.peek(), &format!("`{symbol}`")))
    }

    fn unexpected(&self, token: Option<Token>, wanted: &str) -> Box<Fault> {
        let Some(token) = token else {
            return Fault::syntax(format!("the expression ends where {wanted} should stand"), self.end);
        };
        let text = shortened(self.text(token));
        let before = self.next.checked_sub(1).and_then(|index| self.tokens.get(index));
        let words = token.kind == TokenKind::Name && before.is_some_and(|before| before.kind == TokenKind::Name);
        let hint = if words { ": plain words without quotes are entity names, so put text in quotes" } else { "" };
        Fault::syntax(format!("`{text}` stands where {wanted} should{hint}"), token.start)
    }

    fn node(&self, at: usize, inside: u32, kind: NodeKind) -> Outcome<Node> {
        let at = offset(at);
        let depth = inside + 1;
        self.check_depth(depth, at)?;
        Ok(Node { at, depth, kind: Box::new(kind) })
    }

    fn check_depth(&self, depth: u32, at: u32) -> Outcome<()> {
        if depth > TREE_DEPTH {
            let message = format!("the expression nests more than {TREE_DEPTH} operations inside one another");
            return Err(Fault::too_large("nesting", message).at(at));
        }
        Ok(())
    }

    /// What stands between brackets, whose nesting it counts.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.nesting += 1;
        if self.nesting > NESTING {
            return Err(Fault::too_large("nesting", format!("more than {NESTING} brackets are open at once"))
                .at(offset(self.here())));
        }
        let result = parse(self);
        self.nesting -= 1;
        result
    }

    fn expression(&mut self) -> Outcome<Node> {
        let at = self.here();
        let first = self.operators()?;
        if self.is_symbol("?") { self.conditional(at, first) } else { Ok(first) }
    }

    /// What follows the first condition of `a ? b : c ? d : e`.
    fn conditional(&mut self, at: usize, first: Node) -> Outcome<Node> {
        let mut arms = Vec::new();
        let mut condition = first;
        let mut depth = condition.depth;
        while self.eat("?") {
            let value = self.operators()?;
            self.expect(":")?;
            depth = depth.max(value.depth);
            arms.push(Arm { condition, value });
            condition = self.operators()?;
            depth = depth.max(condition.depth);
        }
        self.node(at, depth, NodeKind::Conditional { arms, otherwise: condition })
    }
}

fn is_keyword(name: &str) -> bool {
    matches!(name, "null" | "true" | "false" | "in")
}
