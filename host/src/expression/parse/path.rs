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

impl<'s> Parser<'s> {
    /// A value and the steps that follow it.
    pub(super) fn path(&mut self, negative: bool) -> Outcome<Node> {
        let at = self.here();
        let mut first = self.primary(negative)?;
        let mut depth = first.depth;
        let mut steps = Vec::new();
        loop {
            let step_at = offset(self.here());
            if self.eat(".") {
                let optional = self.eat("?");
                let step_at = offset(self.here());
                let name = self.field_name()?;
                if !optional && self.is_symbol("(") {
                    if let Some(namespace) = steps.is_empty().then(|| namespace(&first)).flatten()
                        && let qualified = format!("{namespace}.{name}")
                        && let Some(function) = function::global(&qualified)
                    {
                        let (arguments, inside) = self.arguments()?;
                        let call = Call { name: qualified, function: Some(function), arguments };
                        first = self.node(first.at as usize, inside, NodeKind::Call(call))?;
                        depth = first.depth;
                        continue;
                    }
                    let (kind, inside) = self.method(name)?;
                    depth = depth.max(inside);
                    steps.push(Step { at: step_at, kind });
                } else {
                    steps.push(Step { at: step_at, kind: StepKind::Field { name: name.to_owned(), optional } });
                }
            } else if self.eat("[") {
                let optional = self.eat("?");
                let key = self.nested(Self::expression)?;
                self.expect("]")?;
                depth = depth.max(key.depth);
                steps.push(Step { at: step_at, kind: StepKind::Index { key, optional } });
            } else if self.is_symbol("{") && is_message_name(&first, &steps) {
                return Err(Fault::syntax(
                    "there are no messages to build here: a map is {\"name\": value}",
                    self.here(),
                ));
            } else if steps.is_empty() {
                return Ok(first);
            } else {
                return self.node(at, depth, NodeKind::Path { first: Box::new(first), steps });
            }
        }
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
        let at = self.here();
        let Some(token) = self.peek() else { return Err(self.unexpected(None, "a value")) };
        let text = self.text(token);
        match (token.kind, text) {
            (TokenKind::Symbol, "(") => {
                self.next += 1;
                let node = self.nested(Self::expression)?;
                self.expect(")")?;
                Ok(node)
            }
            (TokenKind::Symbol, "[") => self.list(),
            (TokenKind::Symbol, "{") => self.map(),
            (TokenKind::Symbol, ".") => {
                self.next += 1;
                match self.peek() {
                    Some(token) if token.kind == TokenKind::Name => self.name(token, true),
                    other => Err(self.unexpected(other, "a name")),
                }
            }
            (TokenKind::Name, "null" | "true" | "false") => {
                self.next += 1;
                let literal = if text == "null" { Literal::Null } else { Literal::Boolean(text == "true") };
                self.node(at, 0, NodeKind::Literal(literal))
            }
            (TokenKind::Name, _) => self.name(token, false),
            (TokenKind::Symbol | TokenKind::QuotedName, _) => Err(self.unexpected(Some(token), "a value")),
            (kind, _) => {
                self.next += 1;
                self.node(at, 0, NodeKind::Literal(literal_of(kind, text, negative, at)?))
            }
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

/// The name before the point of a function such as `math.greatest`.
fn namespace(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Entity(name) => Some(name),
        _ => None,
    }
}

/// Whether a `{` after this would begin a message.
fn is_message_name(first: &Node, steps: &[Step]) -> bool {
    matches!(first.kind, NodeKind::Entity(_)) && steps.iter().all(|step| matches!(step.kind, StepKind::Field { .. }))
}

fn literal_of(kind: TokenKind, text: &str, negative: bool, at: usize) -> Outcome<Literal> {
    let sign = if negative { "-" } else { "" };
    let hexadecimal = text.get(2..).filter(|_| text.starts_with("0x") || text.starts_with("0X"));
    let literal = match (kind, hexadecimal) {
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
