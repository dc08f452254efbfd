//! The steps of a path: fields, elements and calls.

use super::super::ast::{Call, Node, Step, StepKind};
use super::super::error::{EvalError, EvalResult, truncated};
use super::super::limits::{STEPS_PER_ALLOCATION, STEPS_PER_CALL};
use super::super::runtime_value::{Map, RuntimeValue, Text};
use super::super::{function, operator};
use super::Evaluator;

impl<'a> Evaluator<'a> {
    pub(super) fn evaluate_path(&mut self, first: &'a Node, steps: &'a [Step]) -> EvalResult<RuntimeValue<'a>> {
        let mut value = self.evaluate(first)?;
        for step in steps {
            value = self
                .fuel
                .spend(1)
                .and_then(|()| self.apply_step(value, &step.kind))
                .map_err(|error| error.at(step.at))?;
        }
        Ok(value)
    }

    fn apply_step(&mut self, value: RuntimeValue<'a>, step: &'a StepKind) -> EvalResult<RuntimeValue<'a>> {
        match step {
            StepKind::Field { name, optional } => {
                let key = RuntimeValue::Text(Text::Borrowed(name));
                self.access_member(value, &key, *optional)
            }
            StepKind::Index { key, optional } => {
                let key = self.evaluate(key)?;
                self.access_member(value, &key, *optional)
            }
            StepKind::HasField(name) => self.has_field(&value, name),
            StepKind::Method(call) => self.call_function(Some(value), call),
            StepKind::Or(other) => self.or_optional(value, other, false),
            StepKind::OrValue(other) => self.or_optional(value, other, true),
            StepKind::Comprehension(comprehension) => self.evaluate_comprehension(&value, comprehension),
        }
    }

    /// Returns the element at a key. The result is an optional if the value is one or the step is optional.
    fn access_member(
        &mut self,
        value: RuntimeValue<'a>,
        key: &RuntimeValue<'a>,
        optional: bool,
    ) -> EvalResult<RuntimeValue<'a>> {
        let (value, optional) = match value {
            RuntimeValue::Optional(None) => return Ok(RuntimeValue::Optional(None)),
            RuntimeValue::Optional(Some(nested)) => (nested.value().clone(), true),
            other => (other, optional),
        };
        match self.find_member(&value, key)? {
            found if optional => {
                self.fuel.spend(STEPS_PER_ALLOCATION)?;
                RuntimeValue::optional(found)
            }
            Some(found) => Ok(found),
            None => Err(self.missing_member_error(&value, key)),
        }
    }

    fn find_member(
        &mut self,
        value: &RuntimeValue<'a>,
        key: &RuntimeValue<'a>,
    ) -> EvalResult<Option<RuntimeValue<'a>>> {
        match (value, key) {
            (RuntimeValue::Map(map), key) => operator::map_get(self, map, key),
            (
                RuntimeValue::List(list),
                RuntimeValue::Integer(_) | RuntimeValue::Unsigned(_) | RuntimeValue::Number(_),
            ) => {
                let index = match key {
                    RuntimeValue::Integer(index) => usize::try_from(*index).ok(),
                    RuntimeValue::Unsigned(index) => usize::try_from(*index).ok(),
                    RuntimeValue::Number(index) if index.fract() != 0.0 || !index.is_finite() => {
                        return Err(EvalError::evaluation_failed("the index of a list must be an integer"));
                    }
                    RuntimeValue::Number(index) if *index >= 0.0 => Some(*index as usize),
                    _ => None,
                };
                Ok(index.and_then(|index| list.get(index)))
            }
            (RuntimeValue::List(_), RuntimeValue::Text(name)) => Err(EvalError::evaluation_failed(format!(
                "a list has no field `{}`: take one of its elements first, as in [0]",
                truncated(name)
            ))),
            (RuntimeValue::List(_), key) => Err(EvalError::evaluation_failed(format!(
                "the index of a list must be an integer, but this is {}",
                key.type_description()
            ))),
            (value, _) => {
                Err(EvalError::evaluation_failed(format!("{} has no fields and no elements", value.type_description())))
            }
        }
    }

    fn missing_member_error(&mut self, value: &RuntimeValue<'a>, key: &RuntimeValue<'a>) -> Box<EvalError> {
        if let Err(exhausted) = self.fuel.spend(10) {
            return exhausted;
        }
        match (value, key) {
            (RuntimeValue::Map(Map::Entities(_)), RuntimeValue::Text(name)) => EvalError::entity_not_set(name),
            (RuntimeValue::Map(Map::Session(_)), _) => {
                EvalError::evaluation_failed("the session has only id, channel and user")
            }
            (RuntimeValue::List(list), _) => EvalError::evaluation_failed(format!(
                "the list has {} elements and no such index: indexes count from 0",
                list.len()
            )),
            (_, RuntimeValue::Text(name)) => EvalError::evaluation_failed(format!(
                "the map has no key `{}`: if it may be missing, write .?name.orValue(…)",
                truncated(name)
            )),
            _ => EvalError::evaluation_failed("the map has no such key: if it may be missing, write [?key].orValue(…)"),
        }
    }

    fn has_field(&mut self, value: &RuntimeValue<'a>, name: &'a str) -> EvalResult<RuntimeValue<'a>> {
        match value {
            RuntimeValue::Map(map) => {
                let key = RuntimeValue::Text(Text::Borrowed(name));
                Ok(RuntimeValue::Boolean(operator::map_get(self, map, &key)?.is_some()))
            }
            RuntimeValue::Optional(None) => Ok(RuntimeValue::Boolean(false)),
            RuntimeValue::Optional(Some(nested)) => self.has_field(nested.value(), name),
            other => Err(EvalError::evaluation_failed(format!("{} has no fields", other.type_description()))),
        }
    }

    fn or_optional(&mut self, value: RuntimeValue<'a>, other: &'a Node, unwrap: bool) -> EvalResult<RuntimeValue<'a>> {
        match value {
            RuntimeValue::Optional(Some(nested)) if unwrap => Ok(nested.value().clone()),
            RuntimeValue::Optional(Some(_)) => Ok(value),
            RuntimeValue::Optional(None) => match self.evaluate(other)? {
                value if unwrap => Ok(value),
                RuntimeValue::Optional(value) => Ok(RuntimeValue::Optional(value)),
                value => Err(EvalError::evaluation_failed(format!(
                    "`or` needs an optional, but this is {}",
                    value.type_description()
                ))),
            },
            value => Err(EvalError::evaluation_failed(format!(
                "only an optional has an alternative, but this is {}: an entity that may be unset is entities.?name",
                value.type_description()
            ))),
        }
    }

    pub(super) fn call_function(
        &mut self,
        receiver: Option<RuntimeValue<'a>>,
        call: &'a Call,
    ) -> EvalResult<RuntimeValue<'a>> {
        self.fuel.spend(STEPS_PER_CALL)?;
        let is_method = receiver.is_some();
        let mut arguments = Vec::with_capacity(call.arguments.len() + 1);
        arguments.extend(receiver);
        for argument in &call.arguments {
            arguments.push(self.evaluate(argument)?);
        }
        let Some(function) = call.function else {
            self.fuel.spend(10)?;
            return Err(EvalError::unknown_function(&call.name, is_method));
        };
        match function(self, &arguments)? {
            Some(value) => {
                let steps = if value.is_allocated() { STEPS_PER_ALLOCATION } else { 0 };
                self.fuel.spend(steps).map(|()| value)
            }
            None => {
                self.fuel.spend(10)?;
                Err(function::argument_mismatch(&call.name, is_method, &arguments))
            }
        }
    }
}
