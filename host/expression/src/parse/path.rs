//! Parsing of paths: values and the steps after them, as in `a.b[0].c()`.

use super::super::ast::{Builtin, Call, Literal, Node, NodeKind, Step, StepKind};
use super::super::error::{EvalError, EvalResult, offset, truncated};
use super::super::lexer::{Token, TokenKind};
use super::super::{function, literal};
use super::{Parser, is_keyword};

/// Reserved words, which cannot be variables.
pub(super) const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// A path during parsing.
struct PartialPath {
    first: Node,
    steps: Vec<Step>,
    depth: u32,
}

impl<'s> Parser<'s> {
    /// Parses a value and the steps after it.
    pub(super) fn parse_path(&mut self, is_negative: bool) -> EvalResult<Node> {
        let at = self.position();
        let first = self.parse_primary(is_negative)?;
        if self.is_symbol(".") || self.is_symbol("[") || self.is_symbol("{") {
            self.parse_steps(at, first)
        } else {
            Ok(first)
        }
    }

    fn parse_steps(&mut self, at: usize, first: Node) -> EvalResult<Node> {
        let mut path = PartialPath { depth: first.depth, first, steps: Vec::new() };
        loop {
            if self.consume(".") {
                self.parse_named_step(&mut path)?;
            } else if self.consume("[") {
                self.parse_index_step(&mut path)?;
            } else {
                break;
            }
        }
        if self.is_symbol("{") && is_plain_name(&path) {
            return Err(EvalError::syntax("a { cannot follow a name: a map is {\"name\": value}", self.position()));
        }
        if path.steps.is_empty() {
            return Ok(path.first);
        }
        self.new_node(at, path.depth, NodeKind::Path { first: path.first, steps: path.steps })
    }

    fn parse_named_step(&mut self, path: &mut PartialPath) -> EvalResult<()> {
        let optional = self.consume("?");
        let at = offset(self.position());
        let name = self.parse_field_name()?;
        if optional || !self.is_symbol("(") {
            path.steps.push(Step { at, kind: StepKind::Field { name: name.to_owned(), optional } });
            return Ok(());
        }
        if self.is_namespaced(path, name) {
            return self.parse_namespaced_call(path, name);
        }
        let (kind, inside) = self.parse_method(name)?;
        path.depth = path.depth.max(inside);
        path.steps.push(Step { at, kind });
        Ok(())
    }

    /// Returns whether the call is a namespaced function such as `math.greatest`.
    fn is_namespaced(&self, path: &PartialPath, name: &str) -> bool {
        path.steps.is_empty() && namespaced_function(path, name).is_some()
    }

    fn parse_namespaced_call(&mut self, path: &mut PartialPath, name: &str) -> EvalResult<()> {
        let (arguments, inside) = self.parse_arguments()?;
        if let Some(call) = namespaced_function(path, name) {
            path.first = self.new_node(path.first.at as usize, inside, NodeKind::Call(Call { arguments, ..call }))?;
            path.depth = path.first.depth;
        }
        Ok(())
    }

    fn parse_index_step(&mut self, path: &mut PartialPath) -> EvalResult<()> {
        let at = offset(self.position().saturating_sub(1));
        let optional = self.consume("?");
        let key = self.with_nesting(Self::parse_expression)?;
        self.expect("]")?;
        path.depth = path.depth.max(key.depth);
        path.steps.push(Step { at, kind: StepKind::Index { key, optional } });
        Ok(())
    }

    /// Parses the name after a point. Reserved words are allowed there.
    fn parse_field_name(&mut self) -> EvalResult<&'s str> {
        match self.peek() {
            Some(token) if token.kind == TokenKind::QuotedName => {
                self.next += 1;
                Ok(self.text(token).trim_matches('`'))
            }
            Some(token) if token.kind == TokenKind::Name && !is_keyword(self.text(token)) => {
                self.next += 1;
                Ok(self.text(token))
            }
            other => Err(self.unexpected_token(other, "a name")),
        }
    }

    fn parse_primary(&mut self, negative: bool) -> EvalResult<Node> {
        let Some(token) = self.peek() else { return Err(self.unexpected_token(None, "a value")) };
        match (token.kind, self.text(token)) {
            (TokenKind::Symbol, "(") => {
                self.next += 1;
                let node = self.with_nesting(Self::parse_expression)?;
                self.expect(")").map(|()| node)
            }
            (TokenKind::Symbol, "[") => self.parse_list(),
            (TokenKind::Symbol, "{") => self.parse_map(),
            (TokenKind::Symbol, ".") => self.parse_rooted_name(),
            (TokenKind::Symbol | TokenKind::QuotedName, _) => Err(self.unexpected_token(Some(token), "a value")),
            (TokenKind::Name, text) if !is_literal(text) => self.parse_name(token, false),
            (kind, text) => {
                self.next += 1;
                let literal = parse_literal(kind, text, negative, token.start)?;
                self.new_node(token.start, 0, NodeKind::Literal(literal))
            }
        }
    }

    fn parse_rooted_name(&mut self) -> EvalResult<Node> {
        self.next += 1;
        match self.peek() {
            Some(token) if token.kind == TokenKind::Name => self.parse_name(token, true),
            other => Err(self.unexpected_token(other, "a name")),
        }
    }

    /// Parses a variable or a function call. A name with a leading point never denotes a comprehension's variable.
    fn parse_name(&mut self, token: Token, is_rooted: bool) -> EvalResult<Node> {
        let name = self.text(token);
        if is_keyword(name) || RESERVED.contains(&name) {
            let hint = format!("`{name}` is a reserved word: read an entity of that name with entities[\"{name}\"]");
            return Err(EvalError::syntax(hint, token.start));
        }
        self.next += 1;
        if self.is_symbol("(") {
            if name == "has" && !is_rooted {
                return self.parse_has(token.start);
            }
            let (arguments, inside) = self.parse_arguments()?;
            let call = Call { name: name.to_owned(), function: function::global(name), arguments };
            return self.new_node(token.start, inside, NodeKind::Call(call));
        }
        let local = self.locals.iter().rposition(|local| *local == name).filter(|_| !is_rooted);
        let kind = match (local, name) {
            (Some(local), _) => NodeKind::Local(local),
            (None, "session") => NodeKind::Builtin(Builtin::Session),
            (None, "now") => NodeKind::Builtin(Builtin::Now),
            (None, "entities") => NodeKind::Builtin(Builtin::Entities),
            (None, _) => NodeKind::Entity(name.to_owned()),
        };
        self.new_node(token.start, 0, kind)
    }
}

fn is_literal(name: &str) -> bool {
    matches!(name, "null" | "true" | "false")
}

/// Returns the function of a namespace, without its arguments.
fn namespaced_function(path: &PartialPath, name: &str) -> Option<Call> {
    let NodeKind::Entity(namespace) = &*path.first.kind else { return None };
    let name = format!("{namespace}.{name}");
    let function = function::global(&name)?;
    Some(Call { name, function: Some(function), arguments: Vec::new() })
}

/// Returns whether a following `{` would begin a message, which this implementation does not support.
fn is_plain_name(path: &PartialPath) -> bool {
    let names_only = path.steps.iter().all(|step| matches!(step.kind, StepKind::Field { .. }));
    names_only && matches!(*path.first.kind, NodeKind::Entity(_))
}

fn parse_literal(kind: TokenKind, text: &str, negative: bool, at: usize) -> EvalResult<Literal> {
    let sign = if negative { "-" } else { "" };
    let hexadecimal = text.get(2..).filter(|_| text.starts_with("0x") || text.starts_with("0X"));
    let literal = match (kind, hexadecimal) {
        (TokenKind::Name, _) if text == "null" => return Ok(Literal::Null),
        (TokenKind::Name, _) => return Ok(Literal::Boolean(text == "true")),
        (TokenKind::Text, _) => return Ok(Literal::Text(literal::parse_text(text, at)?)),
        (TokenKind::Bytes, _) => return Ok(Literal::Bytes(literal::parse_bytes(text, at)?)),
        (TokenKind::Number, _) => {
            format!("{sign}{text}").parse().ok().filter(|number: &f64| number.is_finite()).map(Literal::Number)
        }
        (TokenKind::Unsigned, Some(digits)) => {
            u64::from_str_radix(digits.trim_end_matches(['u', 'U']), 16).ok().map(Literal::Unsigned)
        }
        (TokenKind::Unsigned, None) => text.trim_end_matches(['u', 'U']).parse().ok().map(Literal::Unsigned),
        (_, Some(digits)) => i64::from_str_radix(&format!("{sign}{digits}"), 16).ok().map(Literal::Integer),
        (_, None) => format!("{sign}{text}").parse().ok().map(Literal::Integer),
    };
    literal.ok_or_else(|| EvalError::syntax(format!("the number {sign}{} is too large", truncated(text)), at))
}
