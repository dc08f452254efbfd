//! A node's parameters as one run reads them: evaluated when first asked for, then remembered.

use super::configured::{Binding, Configured, Source, explain};
use crate::capability::bindings::flow::action::types::{Error, Value};
use crate::capability::json_type;
use crate::capability::regional::Regional;
use crate::capability::session::SessionState;
use crate::capability::value::{from_json, is_of, refusal, type_name};
use crate::catalog::manifest::Parameter;
use crate::domain::Tenant;
use crate::expression::{Expression, ExpressionError, Scope, TextExpression};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// One run's parameters.
#[derive(Default)]
pub(crate) struct Evaluated {
    configured: Option<Arc<Configured>>,
    remembered: Vec<Option<Option<Value>>>,
}

impl Evaluated {
    pub(crate) fn new(configured: Arc<Configured>) -> Self {
        let remembered = vec![None; configured.bindings.len()];
        Self { configured: Some(configured), remembered }
    }

    /// The action whose parameters they are; empty where there is none.
    pub(crate) fn action(&self) -> &str {
        self.configured.as_ref().map_or("", |configured| &configured.manifest.id)
    }

    /// What the manifest says of the parameter called `name`.
    pub(super) fn declared(&self, name: &str) -> Option<&Parameter> {
        let configured = self.configured.as_ref()?;
        match configured.binding(name) {
            Some(binding) => configured.declaration(binding),
            None => configured.manifest.parameter(name).map(|(_, parameter)| parameter),
        }
    }

    /// The entity that an entity-out names.
    pub(super) fn entity_out(&self, name: &str) -> Option<&str> {
        match &self.configured.as_ref()?.binding(name)?.source {
            Source::EntityOut(entity) => Some(entity),
            _ => None,
        }
    }

    /// The parameter that has yielded this text, the first in the form's order.
    pub(crate) fn that_yielded(&self, text: &str) -> Option<&str> {
        let configured = self.configured.as_ref()?;
        let yielded = |value: &Option<Option<Value>>| matches!(value, Some(Some(Value::Text(other))) if other == text);
        let position = self.remembered.iter().position(yielded)?;
        configured.bindings.get(position).map(|binding| binding.name.as_str())
    }

    /// The parameter's value. `None`: the manifest doesn't declare it.
    pub(super) fn get(
        &mut self,
        name: &str,
        session: &SessionState,
        tenant: &Tenant,
    ) -> Option<Result<Option<Value>, Error>> {
        let configured = self.configured.as_ref()?;
        let Some(position) = configured.position(name) else {
            return configured.manifest.parameter(name).map(|_| Ok(None));
        };
        if let Some(Some(value)) = self.remembered.get(position) {
            return Some(Ok(value.clone()));
        }
        let binding = configured.bindings.get(position)?;
        let evaluation = Evaluation { session, tenant, declared: configured.declaration(binding)?, binding };
        let result = evaluation.run();
        if let (Ok(value), Some(slot)) = (&result, self.remembered.get_mut(position)) {
            *slot = Some(value.clone());
        }
        Some(result.map_err(|error| Error { parameter: Some(name.to_owned()), ..error }))
    }
}

struct Evaluation<'a> {
    session: &'a SessionState,
    tenant: &'a Tenant,
    declared: &'a Parameter,
    binding: &'a Binding,
}

impl Evaluation<'_> {
    fn run(&self) -> Result<Option<Value>, Error> {
        let value = match &self.binding.source {
            Source::Boolean(value) => Some(Value::Boolean(*value)),
            Source::Text(text) => Some(Value::Text(text.clone())),
            Source::Campaign(id) => Some(Value::Text(id.to_string())),
            Source::EntityOut(entity) => Some(Value::Text(entity.clone())),
            Source::EntityIn(entity) => Some(self.entity_in(entity)?),
            Source::EntityList(names) => Some(self.entity_list(names)?),
            Source::TextExpression(expression) => self.text(&self.binding.name, expression)?.map(Value::Text),
            Source::BooleanExpression(expression) => self.boolean(expression)?.map(Value::Boolean),
            Source::Expressions(list) => Some(self.expressions(list)?),
        };
        if value.is_none() && self.declared.required {
            let message = format!("{} is required, but its expression yields nothing", self.binding.name);
            return Err(refusal("parameter-missing", message));
        }
        Ok(value)
    }

    fn entity(&self, name: &str) -> Result<&Json, Error> {
        self.session.entity(name).ok_or_else(|| {
            let names = crate::expression::Entities::names(self.session);
            let near = crate::nearest::nearest(name, names);
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let mut error =
                refusal("entity-not-set", format!("{}: entity `{name}` is not set{hint}", self.binding.name));
            error.details.push(("entity".to_owned(), name.to_owned()));
            error.details.extend(near.map(|near| ("nearest".to_owned(), near.to_owned())));
            error
        })
    }

    fn entity_in(&self, name: &str) -> Result<Value, Error> {
        let value = self.entity(name)?;
        match self.declared.value_type {
            Some(expected) if !is_of(value, expected) => {
                let (is, wanted) = (json_type(value), type_name(expected));
                let message = format!("{}: entity `{name}` holds {is}, but {wanted} is needed", self.binding.name);
                Err(refusal("entity-type", message))
            }
            _ => Ok(from_json(value)),
        }
    }

    fn entity_list(&self, names: &[String]) -> Result<Value, Error> {
        let entry = |name: &String| self.entity(name).map(|value| (name.clone(), value.clone()));
        let map = names.iter().map(entry).collect::<Result<Map<_, _>, _>>()?;
        Ok(Value::Json(Json::Object(map).to_string()))
    }

    fn scoped<T>(&self, evaluate: impl FnOnce(&Scope<'_>) -> T) -> T {
        evaluate(&Scope {
            entities: self.session,
            session: self.session.view(),
            now: self.session.now,
            region: &Regional(self.tenant),
        })
    }

    fn text(&self, path: &str, source: &Result<TextExpression, ExpressionError>) -> Result<Option<String>, Error> {
        let result = source.as_ref().map_err(Clone::clone).and_then(|text| self.scoped(|scope| text.evaluate(scope)));
        result.map_err(|error| failed(path, &error))
    }

    fn boolean(&self, source: &Result<Expression, ExpressionError>) -> Result<Option<bool>, Error> {
        let name = &self.binding.name;
        let result = source.as_ref().map_err(Clone::clone);
        let result = result.and_then(|source| self.scoped(|scope| source.evaluate_boolean(scope)));
        result.map_err(|error| failed(name, &error))
    }

    fn expressions(&self, list: &[Result<TextExpression, ExpressionError>]) -> Result<Value, Error> {
        let element = |(index, source): (usize, &Result<TextExpression, ExpressionError>)| {
            let path = format!("{}[{index}]", self.binding.name);
            match self.text(&path, source)? {
                Some(text) => Ok(Json::String(text)),
                None => {
                    Err(refusal("expression-type", format!("{path}: the expression yields null, but a text is needed")))
                }
            }
        };
        let texts = list.iter().enumerate().map(element).collect::<Result<Vec<_>, _>>()?;
        Ok(Value::Json(Json::Array(texts).to_string()))
    }
}

/// An expression's error as the guest gets it.
pub(in crate::capability) fn failed(path: &str, error: &ExpressionError) -> Error {
    let number = |name: &str, value: Option<u32>| value.map(|value| (name.to_owned(), value.to_string()));
    let text = |name: &str, value: &Option<String>| value.as_ref().map(|value| (name.to_owned(), value.clone()));
    let details = [
        text("expression", &error.expression),
        number("line", error.line),
        number("column", error.column),
        text("entity", &error.entity),
        text("nearest", &error.nearest),
        error.limit.map(|limit| ("limit".to_owned(), limit.to_owned())),
    ];
    Error {
        code: error.code().to_owned(),
        message: explain(path, error),
        parameter: None,
        details: details.into_iter().flatten().collect(),
    }
}
