//! The parser: builds a tree from tokens.
//!
//! The parser is recursive only for brackets, whose nesting is limited. It parses operators with an explicit stack.

mod call;
mod operators;
mod path;

use super::ast::{Branch, Node, NodeKind};
use super::error::{EvalError, EvalResult, offset, truncated};
use super::lexer::{Token, TokenKind};
use super::limits::{MAX_NESTING, MAX_TREE_DEPTH};

/// Parses the tokens of one expression. `end` is its end in the source.
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
    /// The variables of the enclosing comprehensions, outermost first.
    locals: Vec<&'s str>,
    /// The number of enclosing comprehensions.
    comprehensions: usize,
    /// The maximum nesting depth of comprehensions in the current one.
    innermost: usize,
}

impl<'s> Parser<'s> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).copied()
    }

    fn text(&self, token: Token) -> &'s str {
        self.source.get(token.start..token.end).unwrap_or_default()
    }

    /// Returns the position of the next token, or of the end.
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
            return EvalError::syntax(format!("the expression ends where {wanted} is expected"), self.end);
        };
        let text = truncated(self.text(token));
        let before = self.next.checked_sub(1).and_then(|index| self.tokens.get(index));
        let words = token.kind == TokenKind::Name && before.is_some_and(|before| before.kind == TokenKind::Name);
        let hint = if words { ": plain words without quotes are entity names, so put text in quotes" } else { "" };
        EvalError::syntax(format!("unexpected `{text}`, expected {wanted}{hint}"), token.start)
    }

    fn new_node(&self, at: usize, inside: u32, kind: NodeKind) -> EvalResult<Node> {
        let at = offset(at);
        let depth = inside + 1;
        self.check_depth(depth, at)?;
        Ok(Node { at, depth, kind: Box::new(kind) })
    }

    fn check_depth(&self, depth: u32, at: u32) -> EvalResult<()> {
        if depth > MAX_TREE_DEPTH {
            let message = format!("the expression nests more than {MAX_TREE_DEPTH} operations");
            return Err(EvalError::too_large("nesting", message).at(at));
        }
        Ok(())
    }

    /// Parses a bracketed part and counts the nesting.
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

    /// Parses the part after the first condition of `a ? b : c ? d : e`.
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

/// Returns whether an expression can read a variable of this name: the name is an identifier, and neither a reserved word
/// nor `entities`, `session` or `now`.
pub fn is_variable_name(name: &str) -> bool {
    let mut characters = name.chars();
    let is_letter = |character: char| character.is_ascii_alphabetic() || character == '_';
    characters.next().is_some_and(is_letter)
        && characters.all(|character| is_letter(character) || character.is_ascii_digit())
        && !is_keyword(name)
        && !path::RESERVED.contains(&name)
        && !matches!(name, "entities" | "session" | "now")
}

fn is_keyword(name: &str) -> bool {
    matches!(name, "null" | "true" | "false" | "in")
}
