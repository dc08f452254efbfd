//! What stands between brackets: arguments, the bodies of comprehensions, lists and maps.

use super::super::bounds::COMPREHENSIONS;
use super::super::error::{Fault, Outcome, offset};
use super::super::function;
use super::super::token::TokenKind;
use super::super::tree::{Call, Comprehension, ComprehensionKind, Element, Entry, Node, NodeKind, Step, StepKind};
use super::{Parser, is_keyword};

impl<'s> Parser<'s> {
    /// `has(a.b)`: whether the field is there.
    pub(super) fn has(&mut self, at: usize) -> Outcome<Node> {
        let (mut arguments, _) = self.arguments()?;
        let wrong = || Fault::syntax("has(…) takes a field, as in has(order.id)", at);
        let (Some(mut node), true) = (arguments.pop(), arguments.is_empty()) else { return Err(wrong()) };
        let NodeKind::Path { steps, .. } = &mut *node.kind else { return Err(wrong()) };
        match steps.pop() {
            Some(Step { at, kind: StepKind::Field { name, optional: false } }) => {
                steps.push(Step { at, kind: StepKind::Present(name) });
                Ok(node)
            }
            _ => Err(wrong()),
        }
    }

    /// Arguments between parentheses, and how deep the deepest is.
    pub(super) fn arguments(&mut self) -> Outcome<(Vec<Node>, u32)> {
        self.expect("(")?;
        self.nested(|parser| {
            let mut arguments = Vec::new();
            let mut depth = 0;
            if !parser.eat(")") {
                loop {
                    let argument = parser.expression()?;
                    depth = depth.max(argument.depth);
                    arguments.push(argument);
                    if !parser.eat(",") {
                        break;
                    }
                }
                parser.expect(")")?;
            }
            Ok((arguments, depth))
        })
    }

    /// What follows `.name`, from its parenthesis on.
    pub(super) fn method(&mut self, name: &str) -> Outcome<(StepKind, u32)> {
        if let Some(kind) = ComprehensionKind::find(name) {
            return self.comprehension(kind);
        }
        let (mut arguments, depth) = self.arguments()?;
        if arguments.len() == 1
            && let "or" | "orValue" = name
            && let Some(argument) = arguments.pop()
        {
            let kind = if name == "or" { StepKind::Or(argument) } else { StepKind::OrValue(argument) };
            return Ok((kind, depth));
        }
        let call = Call { name: name.to_owned(), function: function::method(name), arguments };
        Ok((StepKind::Method(Box::new(call)), depth))
    }

    fn comprehension(&mut self, kind: ComprehensionKind) -> Outcome<(StepKind, u32)> {
        let at = self.here();
        let local = self.locals.len();
        let variable = self.variable(kind)?;
        let around = self.enter(kind, at)?;
        self.locals.push(variable);
        let bodies = self.nested(Self::bodies)?;
        self.locals.truncate(local);
        let nested = self.leave(kind, around);
        let depth = bodies.iter().map(|body| body.depth).max().unwrap_or_default();
        match comprehension_of(kind, local, nested, bodies) {
            Some(comprehension) => Ok((StepKind::Comprehension(Box::new(comprehension)), depth)),
            None => Err(Fault::syntax(format!("{}(…) has too many arguments", kind.name()), at)),
        }
    }

    /// The variable of a comprehension, and what stands around it.
    fn variable(&mut self, kind: ComprehensionKind) -> Outcome<&'s str> {
        self.expect("(")?;
        match self.peek() {
            Some(token) if token.kind == TokenKind::Name && !is_keyword(self.text(token)) => {
                self.next += 1;
                self.expect(",")?;
                Ok(self.text(token))
            }
            other => {
                let wanted = format!("the name of a variable, as in {}(item, …),", kind.name());
                Err(self.unexpected(other, &wanted))
            }
        }
    }

    /// Counts a comprehension that begins; answers with how deep those before it were.
    fn enter(&mut self, kind: ComprehensionKind, at: usize) -> Outcome<usize> {
        let around = self.innermost;
        if kind.repeats() {
            self.comprehensions += 1;
            self.innermost = self.comprehensions;
            if self.comprehensions > COMPREHENSIONS {
                let message =
                    format!("more than {COMPREHENSIONS} comprehensions (map, filter, …) stand inside one another");
                return Err(Fault::too_large("comprehensions", message).at(offset(at)));
            }
        }
        Ok(around)
    }

    /// Whether the comprehension that ends is nested.
    fn leave(&mut self, kind: ComprehensionKind, around: usize) -> bool {
        let nested = self.innermost > 1;
        if kind.repeats() {
            self.comprehensions -= 1;
            self.innermost = self.innermost.max(around);
        }
        nested
    }

    fn bodies(&mut self) -> Outcome<Vec<Node>> {
        let mut bodies = vec![self.expression()?];
        while self.eat(",") {
            bodies.push(self.expression()?);
        }
        self.expect(")").map(|()| bodies)
    }

    pub(super) fn list(&mut self) -> Outcome<Node> {
        let at = self.here();
        self.expect("[")?;
        let (elements, depth) = self.nested(|parser| {
            let mut elements = Vec::new();
            let mut depth = 0;
            while !parser.eat("]") {
                let optional = parser.eat("?");
                let value = parser.expression()?;
                depth = depth.max(value.depth);
                elements.push(Element { optional, value });
                if !parser.eat(",") {
                    parser.expect("]")?;
                    break;
                }
            }
            Ok((elements, depth))
        })?;
        self.node(at, depth, NodeKind::List(elements))
    }

    pub(super) fn map(&mut self) -> Outcome<Node> {
        let at = self.here();
        self.expect("{")?;
        let (entries, depth) = self.nested(|parser| {
            let mut entries = Vec::new();
            let mut depth = 0;
            while !parser.eat("}") {
                let optional = parser.eat("?");
                let key = parser.expression()?;
                parser.expect(":")?;
                let value = parser.expression()?;
                depth = depth.max(key.depth).max(value.depth);
                entries.push(Entry { optional, key, value });
                if !parser.eat(",") {
                    parser.expect("}")?;
                    break;
                }
            }
            Ok((entries, depth))
        })?;
        self.node(at, depth, NodeKind::Map(entries))
    }
}

fn comprehension_of(
    kind: ComprehensionKind,
    local: usize,
    nested: bool,
    mut bodies: Vec<Node>,
) -> Option<Comprehension> {
    let body = bodies.pop()?;
    let filter = bodies.pop();
    let is_known = bodies.is_empty() && (filter.is_none() || kind == ComprehensionKind::Map);
    is_known.then_some(Comprehension { kind, local, nested, filter, body })
}
