//! The evaluator: computes the value of a tree in a scope and takes steps for each operation.
//!
//! A failed operand does not end `&&`, `||`, `all` and `exists`, because another operand may decide the result. An
//! exceeded limit ends them.

mod comprehension;
mod path;

use super::ast::{BinaryOperand, Branch, Builtin, ListElement, Literal, MapEntry, Node, NodeKind};
use super::budget::Fuel;
use super::error::{EvalError, EvalResult};
use super::limits::{MAX_VALUE_DEPTH, STEPS_PER_ALLOCATION, too_deep_error};
use super::operator;
use super::runtime_value::{Map, RuntimeValue, Text, get_entity};
use super::scope::Scope;

/// One evaluation: its scope, its remaining steps and its variables.
pub(super) struct Evaluator<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) fuel: Fuel<'a>,
    /// The variables of the enclosing comprehensions.
    locals: Vec<RuntimeValue<'a>>,
    /// The number of nested lists and maps that the evaluation is visiting.
    depth: u8,
}

/// The names that denote types.
const TYPE_NAMES: [&str; 11] =
    ["bool", "bytes", "double", "int", "list", "map", "null_type", "optional_type", "string", "type", "uint"];

impl<'a> Evaluator<'a> {
    pub(super) fn new(scope: &'a Scope<'a>, fuel: Fuel<'a>) -> Self {
        Self { scope, fuel, locals: Vec::new(), depth: 0 }
    }

    /// Visits a list or map, which may be nested in another. An entity may be nested more deeply than the stack allows.
    pub(super) fn with_depth<T>(&mut self, visit: impl FnOnce(&mut Self) -> EvalResult<T>) -> EvalResult<T> {
        if self.depth >= MAX_VALUE_DEPTH {
            return Err(too_deep_error());
        }
        self.depth += 1;
        let result = visit(self);
        self.depth -= 1;
        result
    }

    /// Returns the value of a node. Small functions do the work, because a deep expression must take little stack.
    pub(super) fn evaluate(&mut self, node: &'a Node) -> EvalResult<RuntimeValue<'a>> {
        let result = self.fuel.spend(1).and_then(|()| match &*node.kind {
            NodeKind::Literal(literal) => self.evaluate_literal(literal),
            NodeKind::Entity(name) => self.evaluate_entity(name),
            NodeKind::Local(local) => self.local_value(*local),
            NodeKind::Builtin(builtin) => Ok(self.builtin_value(*builtin)),
            NodeKind::Path { first, steps } => self.evaluate_path(first, steps),
            NodeKind::Chain { first, rest } => self.evaluate_chain(first, rest),
            NodeKind::Call(call) => self.call_function(None, call),
            NodeKind::All(operands) => self.short_circuit(operands, false),
            NodeKind::Any(operands) => self.short_circuit(operands, true),
            NodeKind::Not { operand, twice } => self.evaluate_not(operand, *twice),
            NodeKind::Negate { operand, twice } => self.evaluate_negation(operand, *twice),
            NodeKind::Conditional { branches, otherwise } => self.evaluate_conditional(branches, otherwise),
            NodeKind::List(elements) => self.evaluate_list(elements),
            NodeKind::Map(entries) => self.evaluate_map(entries),
        });
        result.map_err(|error| error.at(node.at))
    }

    fn evaluate_literal(&mut self, literal: &'a Literal) -> EvalResult<RuntimeValue<'a>> {
        Ok(match literal {
            Literal::Null => RuntimeValue::Null,
            Literal::Boolean(boolean) => RuntimeValue::Boolean(*boolean),
            Literal::Integer(integer) => RuntimeValue::Integer(*integer),
            Literal::Unsigned(unsigned) => RuntimeValue::Unsigned(*unsigned),
            Literal::Number(number) => RuntimeValue::Number(*number),
            Literal::Text(text) => RuntimeValue::Text(Text::Borrowed(text)),
            Literal::Bytes(bytes) => {
                self.fuel.spend_bytes(bytes.len())?;
                RuntimeValue::Bytes(bytes.clone().into())
            }
        })
    }

    fn evaluate_entity(&mut self, name: &'a str) -> EvalResult<RuntimeValue<'a>> {
        self.fuel.spend(name.len() / operator::KEY_BYTES_PER_STEP)?;
        if let Some(value) = self.scope.variables.and_then(|variables| variables.get(name)) {
            return Ok(RuntimeValue::from_json(value));
        }
        if let Some(value) = get_entity(self.scope.entities, name) {
            return Ok(RuntimeValue::from_json(value));
        }
        match TYPE_NAMES.iter().find(|type_name| **type_name == name) {
            Some(type_name) => Ok(RuntimeValue::Type(type_name)),
            None => Err(self.entity_not_set(name)),
        }
    }

    /// Creates an error, which costs more than most operations.
    fn entity_not_set(&mut self, name: &str) -> Box<EvalError> {
        match self.fuel.spend(10) {
            Ok(()) => EvalError::entity_not_set(name),
            Err(exhausted) => exhausted,
        }
    }

    fn local_value(&self, local: usize) -> EvalResult<RuntimeValue<'a>> {
        self.locals.get(local).cloned().ok_or_else(|| EvalError::evaluation_failed("this variable has no value here"))
    }

    fn builtin_value(&self, builtin: Builtin) -> RuntimeValue<'a> {
        match builtin {
            Builtin::Session => RuntimeValue::Map(Map::Session(&self.scope.session)),
            Builtin::Now => RuntimeValue::Timestamp(self.scope.now),
            Builtin::Entities => RuntimeValue::Map(Map::Entities(self.scope.entities)),
        }
    }

    fn evaluate_chain(&mut self, first: &'a Node, rest: &'a [BinaryOperand]) -> EvalResult<RuntimeValue<'a>> {
        let mut left = self.evaluate(first)?;
        for step in rest {
            let right = self.evaluate(&step.operand)?;
            left = operator::apply(self, step.operator, left, right).map_err(|error| error.at(step.at))?;
        }
        Ok(left)
    }

    /// Evaluates `||` if `decisive` is true, `&&` if it is false. An operand with the decisive value determines the
    /// result.
    fn short_circuit(&mut self, operands: &'a [Node], decisive: bool) -> EvalResult<RuntimeValue<'a>> {
        let mut failure = None;
        for operand in operands {
            match self.evaluate_condition(operand) {
                Ok(value) if value == decisive => return Ok(RuntimeValue::Boolean(decisive)),
                Ok(_) => {}
                Err(error) => keep_first_error(&mut failure, error)?,
            }
        }
        failure.map_or(Ok(RuntimeValue::Boolean(!decisive)), Err)
    }

    /// Evaluates a node that must return a boolean.
    fn evaluate_condition(&mut self, node: &'a Node) -> EvalResult<bool> {
        match self.evaluate(node)? {
            RuntimeValue::Boolean(boolean) => Ok(boolean),
            other => {
                self.fuel.spend(10)?;
                let message = format!(
                    "a condition must be true or false, but this is {}: compare it with ==",
                    other.type_description()
                );
                Err(EvalError::evaluation_failed(message).at(node.at))
            }
        }
    }

    fn evaluate_not(&mut self, operand: &'a Node, twice: bool) -> EvalResult<RuntimeValue<'a>> {
        Ok(RuntimeValue::Boolean(self.evaluate_condition(operand)? == twice))
    }

    fn evaluate_negation(&mut self, operand: &'a Node, twice: bool) -> EvalResult<RuntimeValue<'a>> {
        match self.evaluate(operand)? {
            RuntimeValue::Integer(integer) if twice => Ok(RuntimeValue::Integer(integer)),
            RuntimeValue::Number(number) if twice => Ok(RuntimeValue::Number(number)),
            RuntimeValue::Number(number) => Ok(RuntimeValue::Number(-number)),
            RuntimeValue::Integer(integer) => integer
                .checked_neg()
                .map(RuntimeValue::Integer)
                .ok_or_else(|| EvalError::evaluation_failed("the result of `-` is too large for an integer")),
            other => {
                Err(EvalError::evaluation_failed(format!("`-` cannot be applied to {}", other.type_description())))
            }
        }
    }

    fn evaluate_conditional(&mut self, branches: &'a [Branch], otherwise: &'a Node) -> EvalResult<RuntimeValue<'a>> {
        for branch in branches {
            if self.evaluate_condition(&branch.condition)? {
                return self.evaluate(&branch.value);
            }
        }
        self.evaluate(otherwise)
    }

    fn evaluate_list(&mut self, elements: &'a [ListElement]) -> EvalResult<RuntimeValue<'a>> {
        self.fuel.spend(STEPS_PER_ALLOCATION)?;
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            let value = self.evaluate(&element.value)?;
            items.extend(self.skip_none(value, element.optional)?);
        }
        RuntimeValue::list(items)
    }

    /// Returns the value of an element or entry, or `None` for an optional one without a value.
    fn skip_none(&self, value: RuntimeValue<'a>, optional: bool) -> EvalResult<Option<RuntimeValue<'a>>> {
        match (optional, value) {
            (false, value) => Ok(Some(value)),
            (true, RuntimeValue::Optional(value)) => Ok(value.map(|nested| nested.value().clone())),
            (true, other) => Err(EvalError::evaluation_failed(format!(
                "`?` needs an optional, but this is {}",
                other.type_description()
            ))),
        }
    }

    fn evaluate_map(&mut self, entries: &'a [MapEntry]) -> EvalResult<RuntimeValue<'a>> {
        self.fuel.spend(STEPS_PER_ALLOCATION)?;
        let mut pairs: Vec<(RuntimeValue<'a>, RuntimeValue<'a>)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = self.evaluate(&entry.key)?;
            if !matches!(
                key,
                RuntimeValue::Text(_) | RuntimeValue::Boolean(_) | RuntimeValue::Integer(_) | RuntimeValue::Unsigned(_)
            ) {
                let message =
                    format!("a key must be a text, an integer or a boolean, but this is {}", key.type_description());
                return Err(EvalError::evaluation_failed(message).at(entry.key.at));
            }
            let value = self.evaluate(&entry.value)?;
            let Some(value) = self.skip_none(value, entry.optional)? else { continue };
            for (other, _) in &pairs {
                if operator::values_equal(self, other, &key)? {
                    return Err(EvalError::evaluation_failed("this key is in the map twice").at(entry.key.at));
                }
            }
            pairs.push((key, value));
        }
        RuntimeValue::map(pairs)
    }
}

/// Stores the first failure that another operand may still absorb. Returns any other failure as the error.
fn keep_first_error(failure: &mut Option<Box<EvalError>>, error: Box<EvalError>) -> EvalResult<()> {
    if !error.is_short_circuitable() {
        return Err(error);
    }
    failure.get_or_insert(error);
    Ok(())
}
