//! Parsing of bracketed parts: arguments, the bodies of comprehensions, lists and maps.

use super::super::ast::{
    Call, Comprehension, ComprehensionKind, ListElement, MapEntry, Node, NodeKind, Step, StepKind,
};
use super::super::error::{EvalError, EvalResult, offset};
use super::super::function;
use super::super::lexer::TokenKind;
use super::super::limits::MAX_NESTED_COMPREHENSIONS;
use super::{Parser, is_keyword};

impl<'s> Parser<'s> {
    /// Parses `has(a.b)`, which tests for the presence of a field.
    pub(super) fn parse_has(&mut self, at: usize) -> EvalResult<Node> {
        let (mut arguments, _) = self.parse_arguments()?;
        let wrong = || EvalError::syntax("has(…) takes a field, as in has(order.id)", at);
        let (Some(mut node), true) = (arguments.pop(), arguments.is_empty()) else { return Err(wrong()) };
        let NodeKind::Path { steps, .. } = &mut *node.kind else { return Err(wrong()) };
        match steps.pop() {
            Some(Step { at, kind: StepKind::Field { name, optional: false } }) => {
                steps.push(Step { at, kind: StepKind::HasField(name) });
                Ok(node)
            }
            _ => Err(wrong()),
        }
    }

    /// Parses the arguments between parentheses. Returns them and the depth of the deepest one.
    pub(super) fn parse_arguments(&mut self) -> EvalResult<(Vec<Node>, u32)> {
        self.expect("(")?;
        self.with_nesting(|parser| {
            let mut arguments = Vec::new();
            let mut depth = 0;
            if !parser.consume(")") {
                loop {
                    let argument = parser.parse_expression()?;
                    depth = depth.max(argument.depth);
                    arguments.push(argument);
                    if !parser.consume(",") {
                        break;
                    }
                }
                parser.expect(")")?;
            }
            Ok((arguments, depth))
        })
    }

    /// Parses the part after `.name`, from its parenthesis.
    pub(super) fn parse_method(&mut self, name: &str) -> EvalResult<(StepKind, u32)> {
        if let Some(kind) = ComprehensionKind::from_name(name) {
            return self.parse_comprehension(kind);
        }
        let (mut arguments, depth) = self.parse_arguments()?;
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

    fn parse_comprehension(&mut self, kind: ComprehensionKind) -> EvalResult<(StepKind, u32)> {
        let at = self.position();
        let local = self.locals.len();
        let variable = self.parse_variable(kind)?;
        let previous_depth = self.begin_comprehension(kind, at)?;
        self.locals.push(variable);
        let bodies = self.with_nesting(Self::parse_bodies)?;
        self.locals.truncate(local);
        let nested = self.end_comprehension(kind, previous_depth);
        let depth = bodies.iter().map(|body| body.depth).max().unwrap_or_default();
        match new_comprehension(kind, local, nested, bodies) {
            Some(comprehension) => Ok((StepKind::Comprehension(Box::new(comprehension)), depth)),
            None => Err(EvalError::syntax(format!("{}(…) has too many arguments", kind.name()), at)),
        }
    }

    /// Parses the variable of a comprehension.
    fn parse_variable(&mut self, kind: ComprehensionKind) -> EvalResult<&'s str> {
        self.expect("(")?;
        match self.peek() {
            Some(token) if token.kind == TokenKind::Name && !is_keyword(self.text(token)) => {
                self.next += 1;
                self.expect(",")?;
                Ok(self.text(token))
            }
            other => {
                let expected = format!("the name of a variable, as in {}(item, …)", kind.name());
                Err(self.unexpected_token(other, &expected))
            }
        }
    }

    /// Counts a comprehension at its beginning. Returns the maximum nesting depth of the preceding ones.
    fn begin_comprehension(&mut self, kind: ComprehensionKind, at: usize) -> EvalResult<usize> {
        let previous_depth = self.innermost;
        if kind.iterates() {
            self.comprehensions += 1;
            self.innermost = self.comprehensions;
            if self.comprehensions > MAX_NESTED_COMPREHENSIONS {
                let message =
                    format!("more than {MAX_NESTED_COMPREHENSIONS} comprehensions (map, filter, …) are nested");
                return Err(EvalError::too_large("comprehensions", message).at(offset(at)));
            }
        }
        Ok(previous_depth)
    }

    /// Returns whether the comprehension is nested, at its end.
    fn end_comprehension(&mut self, kind: ComprehensionKind, previous_depth: usize) -> bool {
        let nested = self.innermost > 1;
        if kind.iterates() {
            self.comprehensions -= 1;
            self.innermost = self.innermost.max(previous_depth);
        }
        nested
    }

    fn parse_bodies(&mut self) -> EvalResult<Vec<Node>> {
        let mut bodies = vec![self.parse_expression()?];
        while self.consume(",") {
            bodies.push(self.parse_expression()?);
        }
        self.expect(")").map(|()| bodies)
    }

    pub(super) fn parse_list(&mut self) -> EvalResult<Node> {
        let at = self.position();
        self.expect("[")?;
        let (elements, depth) = self.with_nesting(|parser| {
            let mut elements = Vec::new();
            let mut depth = 0;
            while !parser.consume("]") {
                let optional = parser.consume("?");
                let value = parser.parse_expression()?;
                depth = depth.max(value.depth);
                elements.push(ListElement { optional, value });
                if !parser.consume(",") {
                    parser.expect("]")?;
                    break;
                }
            }
            Ok((elements, depth))
        })?;
        self.new_node(at, depth, NodeKind::List(elements))
    }

    pub(super) fn parse_map(&mut self) -> EvalResult<Node> {
        let at = self.position();
        self.expect("{")?;
        let (entries, depth) = self.with_nesting(|parser| {
            let mut entries = Vec::new();
            let mut depth = 0;
            while !parser.consume("}") {
                let optional = parser.consume("?");
                let key = parser.parse_expression()?;
                parser.expect(":")?;
                let value = parser.parse_expression()?;
                depth = depth.max(key.depth).max(value.depth);
                entries.push(MapEntry { optional, key, value });
                if !parser.consume(",") {
                    parser.expect("}")?;
                    break;
                }
            }
            Ok((entries, depth))
        })?;
        self.new_node(at, depth, NodeKind::Map(entries))
    }
}

fn new_comprehension(
    kind: ComprehensionKind,
    local: usize,
    nested: bool,
    mut bodies: Vec<Node>,
) -> Option<Comprehension> {
    let body = bodies.pop()?;
    let filter = bodies.pop();
    let is_known = bodies.is_empty() && (filter.is_none() || kind == ComprehensionKind::Map);
    is_known.then_some(Comprehension { kind, local, is_nested: nested, filter, body })
}
