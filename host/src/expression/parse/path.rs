//! Values and the steps that follow them: `a.b[0].c()`.

use super::super::error::{Fault, Outcome, offset, shortened};
use super::super::token::{Token, TokenKind};
use super::super::tree::{Call, Literal, Node, NodeKind, Root, Step, StepKind};
use super::super::{function, literal};
use super::{Parser, is_keyword};

/// Words that stand for no variable.
const RESERVED: [&str; 17] = [
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

/// A path that is being parsed.
struct Path {
    first: Node,
    steps: Vec<Step>,
    depth: u32,
}

impl<'s> Parser<'s> {
    /// A value and the steps that follow it.
    pub(super) fn path(&mut self, negative: bool) -> Outcome<Node> {
        let at = self.here();
        let first = self.primary(negative)?;
        if self.is_symbol(".") || self.is_symbol("[") || self.is_symbol("{") {
            self.steps(at, first)
        } else {
            Ok(first)
        }
    }

    fn steps(&mut self, at: usize, first: Node) -> Outcome<Node> {
        let mut path = Path { depth: first.depth, first, steps: Vec::new() };
        loop {
            if self.eat(".") {
                self.named_step(&mut path)?;
            } else if self.eat("[") {
                self.index_step(&mut path)?;
            } else {
                break;
            }
        }
        if self.is_symbol("{") && is_plain_name(&path) {
            return Err(Fault::syntax("a { cannot follow a name: a map is {\"name\": value}", self.here()));
        }
        if path.steps.is_empty() {
            return Ok(path.first);
        }
        self.node(at, path.depth, NodeKind::Path { first: path.first, steps: path.steps })
    }

    fn named_step(&mut self, path: &mut Path) -> Outcome<()> {
        let optional = self.eat("?");
        let at = offset(self.here());
        let name = self.field_name()?;
        if optional || !self.is_symbol("(") {
            path.steps.push(Step { at, kind: StepKind::Field { name: name.to_owned(), optional } });
            return Ok(());
        }
        if self.is_namespaced(path, name) {
            return self.namespaced_call(path, name);
        }
        let (kind, inside) = self.method(name)?;
        path.depth = path.depth.max(inside);
        path.steps.push(Step { at, kind });
        Ok(())
    }

    /// Whether this is a function such as `math.greatest`.
    fn is_namespaced(&self, path: &Path, name: &str) -> bool {
        path.steps.is_empty() && namespaced(path, name).is_some()
    }

    fn namespaced_call(&mut self, path: &mut Path, name: &str) -> Outcome<()> {
        let (arguments, inside) = self.arguments()?;
        if let Some(call) = namespaced(path, name) {
            path.first = self.node(path.first.at as usize, inside, NodeKind::Call(Call { arguments, ..call }))?;
            path.depth = path.first.depth;
        }
        Ok(())
    }

    fn index_step(&mut self, path: &mut Path) -> Outcome<()> {
        let at = offset(self.here().saturating_sub(1));
        let optional = self.eat("?");
        let key = self.nested(Self::expression)?;
        self.expect("]")?;
        path.depth = path.depth.max(key.depth);
        path.steps.push(Step { at, kind: StepKind::Index { key, optional } });
        Ok(())
    }

    /// The name after a point, where reserved words are names like any other.
    fn field_name(&mut self) -> Outcome<&'s str> {
        match self.peek() {
            Some(token) if token.kind == TokenKind::QuotedName => {
                self.next += 1;
                Ok(self.text(token).trim_matches('`'))
            }
            Some(token) if token.kind == TokenKind::Name && !is_keyword(self.text(token)) => {
                self.next += 1;
                Ok(self.text(token))
            }
            other => Err(self.unexpected(other, "a name")),
        }
    }

    fn primary(&mut self, negative: bool) -> Outcome<Node> {
        let Some(token) = self.peek() else { return Err(self.unexpected(None, "a value")) };
        match (token.kind, self.text(token)) {
            (TokenKind::Symbol, "(") => {
                self.next += 1;
                let node = self.nested(Self::expression)?;
                self.expect(")").map(|()| node)
            }
            (TokenKind::Symbol, "[") => self.list(),
            (TokenKind::Symbol, "{") => self.map(),
            (TokenKind::Symbol, ".") => self.rooted_name(),
            (TokenKind::Symbol | TokenKind::QuotedName, _) => Err(self.unexpected(Some(token), "a value")),
            (TokenKind::Name, text) if !is_literal(text) => self.name(token, false),
            (kind, text) => {
                self.next += 1;
                let literal = literal_of(kind, text, negative, token.start)?;
                self.node(token.start, 0, NodeKind::Literal(literal))
            }
        }
    }

    fn rooted_name(&mut self) -> Outcome<Node> {
        self.next += 1;
        match self.peek() {
            Some(token) if token.kind == TokenKind::Name => self.name(token, true),
            other => Err(self.unexpected(other, "a name")),
        }
    }

    /// A variable, or a function that is called. With a leading point it is no comprehension's variable.
    fn name(&mut self, token: Token, rooted: bool) -> Outcome<Node> {
        let name = self.text(token);
        if is_keyword(name) || RESERVED.contains(&name) {
            let hint =
                format!("`{name}` is a word of the language: an entity of that name is read with entities[\"{name}\"]");
            return Err(Fault::syntax(hint, token.start));
        }
        self.next += 1;
        if self.is_symbol("(") {
            if name == "has" && !rooted {
                return self.has(token.start);
            }
            let (arguments, inside) = self.arguments()?;
            let call = Call { name: name.to_owned(), function: function::global(name), arguments };
            return self.node(token.start, inside, NodeKind::Call(call));
        }
        let local = self.locals.iter().rposition(|local| *local == name).filter(|_| !rooted);
        let kind = match (local, name) {
            (Some(local), _) => NodeKind::Local(local),
            (None, "session") => NodeKind::Root(Root::Session),
            (None, "now") => NodeKind::Root(Root::Now),
            (None, "entities") => NodeKind::Root(Root::Entities),
            (None, _) => NodeKind::Entity(name.to_owned()),
        };
        self.node(token.start, 0, kind)
    }
}

fn is_literal(name: &str) -> bool {
    matches!(name, "null" | "true" | "false")
}

/// The function of a namespace, without its arguments.
fn namespaced(path: &Path, name: &str) -> Option<Call> {
    let NodeKind::Entity(namespace) = &*path.first.kind else { return None };
    let name = format!("{namespace}.{name}");
    let function = function::global(&name)?;
    Some(Call { name, function: Some(function), arguments: Vec::new() })
}

/// Whether a `{` after this would begin a message, of which there are none here.
fn is_plain_name(path: &Path) -> bool {
    let names_only = path.steps.iter().all(|step| matches!(step.kind, StepKind::Field { .. }));
    names_only && matches!(*path.first.kind, NodeKind::Entity(_))
}

fn literal_of(kind: TokenKind, text: &str, negative: bool, at: usize) -> Outcome<Literal> {
    let sign = if negative { "-" } else { "" };
    let hexadecimal = text.get(2..).filter(|_| text.starts_with("0x") || text.starts_with("0X"));
    let literal = match (kind, hexadecimal) {
        (TokenKind::Name, _) if text == "null" => return Ok(Literal::Null),
        (TokenKind::Name, _) => return Ok(Literal::Boolean(text == "true")),
        (TokenKind::Text, _) => return Ok(Literal::Text(literal::text(text, at)?)),
        (TokenKind::Bytes, _) => return Ok(Literal::Bytes(literal::bytes(text, at)?)),
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
    literal.ok_or_else(|| Fault::syntax(format!("the number {sign}{} is too large", shortened(text)), at))
}
