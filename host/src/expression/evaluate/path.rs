//! The steps of a path: fields, elements and calls.

use super::super::bounds::{STEPS_PER_CALL, STEPS_PER_VALUE};
use super::super::datum::{Datum, Map, Text};
use super::super::error::{Fault, Outcome, shortened};
use super::super::tree::{Call, Node, Step, StepKind};
use super::super::{function, operator};
use super::Run;

impl<'a> Run<'a> {
    pub(super) fn path(&mut self, first: &'a Node, steps: &'a [Step]) -> Outcome<Datum<'a>> {
        let mut value = self.evaluate(first)?;
        for step in steps {
            value =
                self.fuel.spend(1).and_then(|()| self.step(value, &step.kind)).map_err(|fault| fault.at(step.at))?;
        }
        Ok(value)
    }

    fn step(&mut self, value: Datum<'a>, step: &'a StepKind) -> Outcome<Datum<'a>> {
        match step {
            StepKind::Field { name, optional } => {
                let key = Datum::Text(Text::Borrowed(name));
                self.access(value, &key, *optional)
            }
            StepKind::Index { key, optional } => {
                let key = self.evaluate(key)?;
                self.access(value, &key, *optional)
            }
            StepKind::Present(name) => self.present(&value, name),
            StepKind::Method(call) => self.call(Some(value), call),
            StepKind::Or(other) => self.or(value, other, false),
            StepKind::OrValue(other) => self.or(value, other, true),
            StepKind::Comprehension(comprehension) => self.comprehension(&value, comprehension),
        }
    }

    /// The element at a key. Of an optional, or asked for as one, it is an optional.
    fn access(&mut self, value: Datum<'a>, key: &Datum<'a>, optional: bool) -> Outcome<Datum<'a>> {
        let (value, optional) = match value {
            Datum::Optional(None) => return Ok(Datum::Optional(None)),
            Datum::Optional(Some(nested)) => (nested.value().clone(), true),
            other => (other, optional),
        };
        match self.element(&value, key)? {
            found if optional => {
                self.fuel.spend(STEPS_PER_VALUE)?;
                Datum::optional(found)
            }
            Some(found) => Ok(found),
            None => Err(self.missing(&value, key)),
        }
    }

    fn element(&mut self, value: &Datum<'a>, key: &Datum<'a>) -> Outcome<Option<Datum<'a>>> {
        match (value, key) {
            (Datum::Map(map), key) => operator::entry(self, map, key),
            (Datum::List(list), Datum::Integer(_) | Datum::Unsigned(_) | Datum::Number(_)) => {
                let index = match key {
                    Datum::Integer(index) => usize::try_from(*index).ok(),
                    Datum::Unsigned(index) => usize::try_from(*index).ok(),
                    Datum::Number(index) if index.fract() != 0.0 || !index.is_finite() => {
                        return Err(Fault::failed("the index of a list must be an integer"));
                    }
                    Datum::Number(index) if *index >= 0.0 => Some(*index as usize),
                    _ => None,
                };
                Ok(index.and_then(|index| list.get(index)))
            }
            (Datum::List(_), Datum::Text(name)) => Err(Fault::failed(format!(
                "a list has no field `{}`: take one of its elements first, as in [0]",
                shortened(name)
            ))),
            (Datum::List(_), key) => {
                Err(Fault::failed(format!("the index of a list must be an integer, and this is {}", key.words())))
            }
            (value, _) => Err(Fault::failed(format!("{} has no fields and no elements", value.words()))),
        }
    }

    fn missing(&mut self, value: &Datum<'a>, key: &Datum<'a>) -> Box<Fault> {
        if let Err(exhausted) = self.fuel.spend(10) {
            return exhausted;
        }
        match (value, key) {
            (Datum::Map(Map::Entities(_)), Datum::Text(name)) => Fault::entity_not_set(name),
            (Datum::Map(Map::Session(_)), _) => Fault::failed("the session has id, channel and user, and nothing else"),
            (Datum::List(list), _) => Fault::failed(format!(
                "the list has {} elements, counted from 0, and this one is not there",
                list.len()
            )),
            (_, Datum::Text(name)) => Fault::failed(format!(
                "the map has no key `{}`: where it may be missing, write .?name.orValue(…)",
                shortened(name)
            )),
            _ => Fault::failed("the map has no such key: where it may be missing, write [?key].orValue(…)"),
        }
    }

    fn present(&mut self, value: &Datum<'a>, name: &'a str) -> Outcome<Datum<'a>> {
        match value {
            Datum::Map(map) => {
                let key = Datum::Text(Text::Borrowed(name));
                Ok(Datum::Boolean(operator::entry(self, map, &key)?.is_some()))
            }
            Datum::Optional(None) => Ok(Datum::Boolean(false)),
            Datum::Optional(Some(nested)) => self.present(nested.value(), name),
            other => Err(Fault::failed(format!("{} has no fields", other.words()))),
        }
    }

    fn or(&mut self, value: Datum<'a>, other: &'a Node, unwrap: bool) -> Outcome<Datum<'a>> {
        match value {
            Datum::Optional(Some(nested)) if unwrap => Ok(nested.value().clone()),
            Datum::Optional(Some(_)) => Ok(value),
            Datum::Optional(None) => match self.evaluate(other)? {
                value if unwrap => Ok(value),
                Datum::Optional(value) => Ok(Datum::Optional(value)),
                value => Err(Fault::failed(format!("`or` needs an optional, and this is {}", value.words()))),
            },
            value => Err(Fault::failed(format!(
                "only an optional has an alternative, and this is {}: an entity that may be unset is entities.?name",
                value.words()
            ))),
        }
    }

    pub(super) fn call(&mut self, receiver: Option<Datum<'a>>, call: &'a Call) -> Outcome<Datum<'a>> {
        self.fuel.spend(STEPS_PER_CALL)?;
        let is_method = receiver.is_some();
        let mut arguments = Vec::with_capacity(call.arguments.len() + 1);
        arguments.extend(receiver);
        for argument in &call.arguments {
            arguments.push(self.evaluate(argument)?);
        }
        let Some(function) = call.function else {
            self.fuel.spend(10)?;
            return Err(Fault::unknown_function(&call.name, is_method));
        };
        match function(self, &arguments)? {
            Some(value) => {
                let steps = if value.has_memory() { STEPS_PER_VALUE } else { 0 };
                self.fuel.spend(steps).map(|()| value)
            }
            None => {
                self.fuel.spend(10)?;
                Err(function::mismatch(&call.name, is_method, &arguments))
            }
        }
    }
}
