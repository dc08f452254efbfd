//! From a tree and a scope to a value, one step of fuel at a time.
//!
//! A failed operand does not end `&&`, `||`, `all` and `exists`: another operand may outweigh it. A bound that was met
//! does.

mod comprehension;
mod path;

use super::bounds::{STEPS_PER_VALUE, VALUE_DEPTH, too_deep};
use super::budget::Fuel;
use super::datum::{Datum, Map, Text, get_set};
use super::error::{Fault, Outcome};
use super::operator;
use super::scope::Scope;
use super::tree::{Arm, Element, Entry, Link, Literal, Node, NodeKind, Root};

/// One evaluation: what it sees and what it has left.
pub(super) struct Run<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) fuel: Fuel<'a>,
    /// The variables of the comprehensions around the current place.
    locals: Vec<Datum<'a>>,
    /// How many lists and maps are being looked into, one inside another.
    walks: u8,
}

/// The types that can be named.
const TYPE_NAMES: [&str; 11] =
    ["bool", "bytes", "double", "int", "list", "map", "null_type", "optional_type", "string", "type", "uint"];

impl<'a> Run<'a> {
    pub(super) fn new(scope: &'a Scope<'a>, fuel: Fuel<'a>) -> Self {
        Self { scope, fuel, locals: Vec::new(), walks: 0 }
    }

    /// Looks into a list or map, which may stand inside another. What an entity holds may be deeper than the stack bears.
    pub(super) fn walk<T>(&mut self, look: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.walks >= VALUE_DEPTH {
            return Err(too_deep());
        }
        self.walks += 1;
        let result = look(self);
        self.walks -= 1;
        result
    }

    /// The value of a node. The work is in small functions, so that a deep expression takes little stack.
    pub(super) fn evaluate(&mut self, node: &'a Node) -> Outcome<Datum<'a>> {
        let result = self.fuel.spend(1).and_then(|()| match &*node.kind {
            NodeKind::Literal(literal) => self.literal(literal),
            NodeKind::Entity(name) => self.entity(name),
            NodeKind::Local(local) => self.local(*local),
            NodeKind::Root(root) => Ok(self.root(*root)),
            NodeKind::Path { first, steps } => self.path(first, steps),
            NodeKind::Chain { first, rest } => self.chain(first, rest),
            NodeKind::Call(call) => self.call(None, call),
            NodeKind::All(operands) => self.logic(operands, false),
            NodeKind::Any(operands) => self.logic(operands, true),
            NodeKind::Not { operand, twice } => self.not(operand, *twice),
            NodeKind::Negate { operand, twice } => self.negate(operand, *twice),
            NodeKind::Conditional { arms, otherwise } => self.conditional(arms, otherwise),
            NodeKind::List(elements) => self.list(elements),
            NodeKind::Map(entries) => self.map(entries),
        });
        result.map_err(|fault| fault.at(node.at))
    }

    fn literal(&mut self, literal: &'a Literal) -> Outcome<Datum<'a>> {
        Ok(match literal {
            Literal::Null => Datum::Null,
            Literal::Boolean(boolean) => Datum::Boolean(*boolean),
            Literal::Integer(integer) => Datum::Integer(*integer),
            Literal::Unsigned(unsigned) => Datum::Unsigned(*unsigned),
            Literal::Number(number) => Datum::Number(*number),
            Literal::Text(text) => Datum::Text(Text::Borrowed(text)),
            Literal::Bytes(bytes) => {
                self.fuel.spend_bytes(bytes.len())?;
                Datum::Bytes(bytes.clone().into())
            }
        })
    }

    fn entity(&mut self, name: &'a str) -> Outcome<Datum<'a>> {
        self.fuel.spend(name.len() / operator::KEY_BYTES_PER_STEP)?;
        if let Some(value) = get_set(self.scope.entities, name) {
            return Ok(Datum::from_json(value));
        }
        match TYPE_NAMES.iter().find(|type_name| **type_name == name) {
            Some(type_name) => Ok(Datum::Type(type_name)),
            None => Err(self.not_set(name)),
        }
    }

    /// Making an error costs more than most operations.
    fn not_set(&mut self, name: &str) -> Box<Fault> {
        match self.fuel.spend(10) {
            Ok(()) => Fault::entity_not_set(name),
            Err(exhausted) => exhausted,
        }
    }

    fn local(&self, local: usize) -> Outcome<Datum<'a>> {
        self.locals.get(local).cloned().ok_or_else(|| Fault::failed("this variable has no value here"))
    }

    fn root(&self, root: Root) -> Datum<'a> {
        match root {
            Root::Session => Datum::Map(Map::Session(&self.scope.session)),
            Root::Now => Datum::Timestamp(self.scope.now),
            Root::Entities => Datum::Map(Map::Entities(self.scope.entities)),
        }
    }

    fn chain(&mut self, first: &'a Node, rest: &'a [Link]) -> Outcome<Datum<'a>> {
        let mut left = self.evaluate(first)?;
        for link in rest {
            let right = self.evaluate(&link.operand)?;
            left = operator::apply(self, link.operator, left, right).map_err(|fault| fault.at(link.at))?;
        }
        Ok(left)
    }

    /// `||` where `decisive` is true, `&&` where it is false: the value that decides whatever the others are.
    fn logic(&mut self, operands: &'a [Node], decisive: bool) -> Outcome<Datum<'a>> {
        let mut failure = None;
        for operand in operands {
            match self.condition(operand) {
                Ok(value) if value == decisive => return Ok(Datum::Boolean(decisive)),
                Ok(_) => {}
                Err(fault) => keep(&mut failure, fault)?,
            }
        }
        failure.map_or(Ok(Datum::Boolean(!decisive)), Err)
    }

    /// A node that must yield a boolean.
    fn condition(&mut self, node: &'a Node) -> Outcome<bool> {
        match self.evaluate(node)? {
            Datum::Boolean(boolean) => Ok(boolean),
            other => {
                self.fuel.spend(10)?;
                let message =
                    format!("a condition must be true or false, and this is {}: compare it with ==", other.words());
                Err(Fault::failed(message).at(node.at))
            }
        }
    }

    fn not(&mut self, operand: &'a Node, twice: bool) -> Outcome<Datum<'a>> {
        Ok(Datum::Boolean(self.condition(operand)? == twice))
    }

    fn negate(&mut self, operand: &'a Node, twice: bool) -> Outcome<Datum<'a>> {
        match self.evaluate(operand)? {
            Datum::Integer(integer) if twice => Ok(Datum::Integer(integer)),
            Datum::Number(number) if twice => Ok(Datum::Number(number)),
            Datum::Number(number) => Ok(Datum::Number(-number)),
            Datum::Integer(integer) => integer
                .checked_neg()
                .map(Datum::Integer)
                .ok_or_else(|| Fault::failed("the result of `-` is too large for an integer")),
            other => Err(Fault::failed(format!("`-` cannot be applied to {}", other.words()))),
        }
    }

    fn conditional(&mut self, arms: &'a [Arm], otherwise: &'a Node) -> Outcome<Datum<'a>> {
        for arm in arms {
            if self.condition(&arm.condition)? {
                return self.evaluate(&arm.value);
            }
        }
        self.evaluate(otherwise)
    }

    fn list(&mut self, elements: &'a [Element]) -> Outcome<Datum<'a>> {
        self.fuel.spend(STEPS_PER_VALUE)?;
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            let value = self.evaluate(&element.value)?;
            items.extend(self.included(value, element.optional)?);
        }
        Datum::list(items)
    }

    /// The value of an element or entry; none where it is an optional that has none.
    fn included(&self, value: Datum<'a>, optional: bool) -> Outcome<Option<Datum<'a>>> {
        match (optional, value) {
            (false, value) => Ok(Some(value)),
            (true, Datum::Optional(value)) => Ok(value.map(|nested| nested.value().clone())),
            (true, other) => Err(Fault::failed(format!("`?` needs an optional, and this is {}", other.words()))),
        }
    }

    fn map(&mut self, entries: &'a [Entry]) -> Outcome<Datum<'a>> {
        self.fuel.spend(STEPS_PER_VALUE)?;
        let mut pairs: Vec<(Datum<'a>, Datum<'a>)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = self.evaluate(&entry.key)?;
            if !matches!(key, Datum::Text(_) | Datum::Boolean(_) | Datum::Integer(_) | Datum::Unsigned(_)) {
                let message = format!("a key must be a text, an integer or a boolean, and this is {}", key.words());
                return Err(Fault::failed(message).at(entry.key.at));
            }
            let value = self.evaluate(&entry.value)?;
            let Some(value) = self.included(value, entry.optional)? else { continue };
            for (other, _) in &pairs {
                if operator::equal(self, other, &key)? {
                    return Err(Fault::failed("this key is in the map twice").at(entry.key.at));
                }
            }
            pairs.push((key, value));
        }
        Datum::map(pairs)
    }
}

/// Keeps the first failure that another operand may still outweigh; one that is final ends everything.
fn keep(failure: &mut Option<Box<Fault>>, fault: Box<Fault>) -> Outcome<()> {
    if !fault.absorbable() {
        return Err(fault);
    }
    failure.get_or_insert(fault);
    Ok(())
}
