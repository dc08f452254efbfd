//! Comprehensions: `map`, `filter`, `all`, `exists`, `exists_one`, `sortBy`, `optMap` and `optFlatMap`.

use super::super::ast::{Comprehension, ComprehensionKind, Node};
use super::super::error::{EvalError, EvalResult};
use super::super::function;
use super::super::limits::{MAX_COMPREHENSION_ELEMENTS, MAX_NESTED_COMPREHENSION_ELEMENTS, STEPS_PER_ALLOCATION};
use super::super::runtime_value::RuntimeValue;
use super::{Evaluator, keep_first_error};

impl<'a> Evaluator<'a> {
    pub(super) fn evaluate_comprehension(
        &mut self,
        range: &RuntimeValue<'a>,
        comprehension: &'a Comprehension,
    ) -> EvalResult<RuntimeValue<'a>> {
        match range {
            RuntimeValue::Optional(None) if !comprehension.kind.iterates() => Ok(RuntimeValue::Optional(None)),
            RuntimeValue::Optional(Some(nested)) if !comprehension.kind.iterates() => {
                self.map_optional(nested.value().clone(), comprehension)
            }
            RuntimeValue::List(list) if comprehension.kind.iterates() => {
                check_count(comprehension, list.len())?;
                self.iterate(&mut list.iter(), comprehension)
            }
            RuntimeValue::Map(map)
                if comprehension.kind.iterates() && comprehension.kind != ComprehensionKind::SortBy =>
            {
                check_count(comprehension, map.len(&mut self.fuel)?)?;
                self.iterate(&mut map.entries().map(|(key, _)| key), comprehension)
            }
            other => {
                let expected = if comprehension.kind.iterates() { "a list" } else { "an optional" };
                Err(wrong_operand(comprehension, expected, other))
            }
        }
    }

    fn map_optional(
        &mut self,
        value: RuntimeValue<'a>,
        comprehension: &'a Comprehension,
    ) -> EvalResult<RuntimeValue<'a>> {
        match (comprehension.kind, self.evaluate_with_local(value, comprehension, &comprehension.body)?) {
            (ComprehensionKind::OptionalMap, value) => {
                self.fuel.spend(STEPS_PER_ALLOCATION)?;
                RuntimeValue::some(value)
            }
            (_, RuntimeValue::Optional(value)) => Ok(RuntimeValue::Optional(value)),
            (_, other) => Err(wrong_operand(comprehension, "an optional", &other)),
        }
    }

    fn iterate(
        &mut self,
        elements: &mut dyn Iterator<Item = RuntimeValue<'a>>,
        comprehension: &'a Comprehension,
    ) -> EvalResult<RuntimeValue<'a>> {
        let kind = comprehension.kind;
        let body = &comprehension.body;
        let mut failure = None;
        let mut matches = 0_usize;
        let mut items = Vec::new();
        let mut keyed = Vec::new();
        for element in elements {
            if let Some(filter) = &comprehension.filter
                && !self.test_element(element.clone(), comprehension, filter)?
            {
                continue;
            }
            match kind {
                ComprehensionKind::Map => items.push(self.evaluate_with_local(element, comprehension, body)?),
                ComprehensionKind::SortBy => {
                    let key = self.evaluate_with_local(element.clone(), comprehension, body)?;
                    keyed.push((key, element));
                }
                ComprehensionKind::Filter => {
                    if self.test_element(element.clone(), comprehension, body)? {
                        items.push(element);
                    }
                }
                ComprehensionKind::ExistsOne => {
                    matches += usize::from(self.test_element(element, comprehension, body)?)
                }
                _ => match self.test_element(element, comprehension, body) {
                    Ok(value) if value == (kind == ComprehensionKind::Exists) => {
                        return Ok(RuntimeValue::Boolean(value));
                    }
                    Ok(_) => {}
                    Err(error) => keep_first_error(&mut failure, error)?,
                },
            }
        }
        match kind {
            ComprehensionKind::Map | ComprehensionKind::Filter => {
                self.fuel.spend(STEPS_PER_ALLOCATION)?;
                RuntimeValue::list(items)
            }
            ComprehensionKind::SortBy => function::sort_by_keys(self, keyed),
            ComprehensionKind::ExistsOne => Ok(RuntimeValue::Boolean(matches == 1)),
            _ => failure.map_or(Ok(RuntimeValue::Boolean(kind == ComprehensionKind::All)), Err),
        }
    }

    /// Evaluates a node with the comprehension's variable.
    fn evaluate_with_local(
        &mut self,
        value: RuntimeValue<'a>,
        comprehension: &'a Comprehension,
        node: &'a Node,
    ) -> EvalResult<RuntimeValue<'a>> {
        // Truncating also removes the variables of a failed body.
        self.locals.truncate(comprehension.local);
        self.locals.push(value);
        self.evaluate(node)
    }

    fn test_element(
        &mut self,
        value: RuntimeValue<'a>,
        comprehension: &'a Comprehension,
        node: &'a Node,
    ) -> EvalResult<bool> {
        self.locals.truncate(comprehension.local);
        self.locals.push(value);
        self.evaluate_condition(node)
    }
}

fn check_count(comprehension: &Comprehension, count: usize) -> EvalResult<()> {
    let name = comprehension.kind.name();
    let (limit, context) = if comprehension.is_nested {
        (MAX_NESTED_COMPREHENSION_ELEMENTS, " where comprehensions are nested")
    } else {
        (MAX_COMPREHENSION_ELEMENTS, "")
    };
    if count > limit {
        let message = format!("`{name}` accepts at most {limit} elements{context}, but there are {count}");
        return Err(EvalError::too_large("list", message));
    }
    Ok(())
}

fn wrong_operand(comprehension: &Comprehension, expected: &str, value: &RuntimeValue<'_>) -> Box<EvalError> {
    EvalError::evaluation_failed(format!(
        "`{}` needs {expected}, but this is {}",
        comprehension.kind.name(),
        value.type_description()
    ))
}
