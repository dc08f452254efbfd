//! A node's parameters as one run reads them: evaluated when first asked for, then remembered.

use super::configured::{Binding, Configured, Source, explain};
use crate::capability::bindings::flow::action::types::{Error, Value};
use crate::capability::evaluation::{Allowance, Exceeded, JsonWriter};
use crate::capability::json_type;
use crate::capability::regional::Regional;
use crate::capability::session::SessionState;
use crate::capability::value::{from_json, is_of, refusal, type_name};
use crate::catalog::manifest::{Kind, Parameter};
use crate::domain::Tenant;
use crate::expression::{Budget, Expression, ExpressionError, Scope, TextExpression};
use crate::nearest::{comparing, nearest};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Names of entities that are compared with one that is not set.
const MOST_COMPARED: usize = 200;

/// One run's parameters.
#[derive(Default)]
pub(crate) struct Evaluated {
    configured: Option<Arc<Configured>>,
    remembered: Vec<Option<Answered>>,
}

/// A parameter's value, or why it has none.
pub(super) type Answered = Result<Option<Value>, Error>;

/// The state of a parameter when the plugin asks for it.
pub(super) enum Known<'a> {
    /// The manifest does not declare it.
    Undeclared,
    /// It was evaluated before, or is not configured.
    Answered(Cow<'a, Answered>),
    /// It is the one at this position of these, and has not been evaluated.
    Unknown(&'a Arc<Configured>, usize),
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

    /// The parameter whose value was passed as this argument: the only one that has yielded an equal text and whose kind
    /// fits the argument. Where several do, nobody knows which.
    pub(crate) fn origin_of(&self, argument: &str, text: &str) -> Option<&str> {
        let configured = self.configured.as_ref()?;
        let mut candidates = configured.bindings.iter().zip(&self.remembered).filter(|(binding, value)| {
            matches!(value, Some(Ok(Some(Value::Text(other)))) if other == text)
                && configured.declaration(binding).is_some_and(|declared| fits(declared, argument))
        });
        match (candidates.next(), candidates.next()) {
            (Some((binding, _)), None) => Some(&binding.name),
            _ => None,
        }
    }

    /// The state of the parameter.
    pub(super) fn known(&self, name: &str) -> Known<'_> {
        let Some(configured) = &self.configured else { return Known::Undeclared };
        let Some(position) = configured.position(name) else {
            return match configured.manifest.parameter(name) {
                Some(_) => Known::Answered(Cow::Owned(Ok(None))),
                None => Known::Undeclared,
            };
        };
        match self.remembered.get(position) {
            Some(Some(answered)) => Known::Answered(Cow::Borrowed(answered)),
            _ => Known::Unknown(configured, position),
        }
    }

    /// Remembers what a parameter came to, an error too: it would only fail again.
    pub(super) fn remember(&mut self, position: usize, answered: &Answered) {
        if let Some(slot) = self.remembered.get_mut(position) {
            *slot = Some(answered.clone());
        }
    }
}

/// Whether the value of such a parameter may have been passed as this argument.
fn fits(declared: &Parameter, argument: &str) -> bool {
    match argument {
        "campaign" => declared.kind == Kind::Campaign,
        "category" => declared.kind == Kind::Category,
        "channel" => declared.kind == Kind::Channel,
        "contact" | "record" => declared.refers_to.as_deref() == Some(argument),
        _ => {
            matches!(declared.kind, Kind::TextExpression | Kind::Text | Kind::EntityIn) && declared.refers_to.is_none()
        }
    }
}

/// Evaluates the parameter at a position, within what is allowed.
pub(super) fn evaluate(
    configured: &Configured,
    position: usize,
    (session, tenant): (&SessionState, &Tenant),
    allowance: &mut Allowance<'_>,
) -> Result<Answered, Exceeded> {
    let Some(binding) = configured.bindings.get(position) else { return Ok(Ok(None)) };
    let Some(declared) = configured.declaration(binding) else { return Ok(Ok(None)) };
    let answered = Evaluation { session, tenant, declared, binding }.run(allowance);
    let named = |error: Error| Error { parameter: Some(binding.name.clone()), ..error };
    match answered {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Refused(error)) => Ok(Err(named(error))),
        Err(Stop::Exceeded) => Err(Exceeded),
    }
}

/// Why there is no value.
enum Stop {
    /// The guest gets this error.
    Refused(Error),
    /// It has more bytes than are left.
    Exceeded,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Exceeded> for Stop {
    fn from(Exceeded: Exceeded) -> Self {
        Self::Exceeded
    }
}

struct Evaluation<'a> {
    session: &'a SessionState,
    tenant: &'a Tenant,
    declared: &'a Parameter,
    binding: &'a Binding,
}

impl Evaluation<'_> {
    fn run(&self, allowance: &mut Allowance<'_>) -> Result<Option<Value>, Stop> {
        let value = match &self.binding.source {
            Source::Boolean(value) => Some(Value::Boolean(*value)),
            Source::Text(text) => Some(copied(text, allowance)?),
            Source::Campaign(id) => Some(Value::Text(id.to_string())),
            Source::EntityOut(entity) => Some(copied(entity, allowance)?),
            Source::EntityIn(entity) => Some(self.entity_in(entity, allowance)?),
            Source::EntityList(names) => Some(self.entity_list(names, allowance)?),
            Source::TextExpression(expression) => match self.text(&self.binding.name, expression, allowance)? {
                Some(text) => {
                    allowance.charge(text.len())?;
                    Some(Value::Text(text))
                }
                None => None,
            },
            Source::BooleanExpression(expression) => self.boolean(expression, allowance)?.map(Value::Boolean),
            Source::Expressions(list) => Some(self.expressions(list, allowance)?),
        };
        if value.is_none() && self.declared.required {
            let message = format!("{} is required, but its expression yields nothing", self.binding.name);
            return Err(refusal("parameter-missing", message).into());
        }
        Ok(value)
    }

    fn entity(&self, name: &str, budget: &mut Budget<'_>) -> Result<&Json, Error> {
        self.session.entity(name).ok_or_else(|| {
            // Names are compared for as long as there are steps.
            let names = crate::expression::Entities::names(self.session).take(MOST_COMPARED);
            let near = nearest(name, names.take_while(|other| budget.take(comparing(name, other))));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let mut error =
                refusal("entity-not-set", format!("{}: entity `{name}` is not set{hint}", self.binding.name));
            error.details.push(("entity".to_owned(), name.to_owned()));
            error.details.extend(near.map(|near| ("nearest".to_owned(), near.to_owned())));
            error
        })
    }

    fn entity_in(&self, name: &str, allowance: &mut Allowance<'_>) -> Result<Value, Stop> {
        let value = self.entity(name, &mut allowance.budget)?;
        match self.declared.value_type {
            Some(expected) if !is_of(value, expected) => {
                let (is, wanted) = (json_type(value), type_name(expected));
                let message = format!("{}: entity `{name}` holds {is}, but {wanted} is needed", self.binding.name);
                Err(refusal("entity-type", message).into())
            }
            _ => Ok(from_json(value, allowance)?),
        }
    }

    /// The entities' values as one JSON object, each name once.
    fn entity_list(&self, names: &[String], allowance: &mut Allowance<'_>) -> Result<Value, Stop> {
        let names: BTreeSet<&String> = names.iter().collect();
        let mut json = JsonWriter::new(allowance);
        for (index, name) in names.into_iter().enumerate() {
            json.raw(if index == 0 { "{" } else { "," })?;
            json.value(name)?;
            json.raw(":")?;
            let value = self.entity(name, &mut json.allowance().budget)?;
            json.value(value)?;
        }
        if json.is_empty() {
            json.raw("{")?;
        }
        json.raw("}")?;
        Ok(Value::Json(json.finish()))
    }

    fn scoped<T>(&self, evaluate: impl FnOnce(&Scope<'_>) -> T) -> T {
        evaluate(&Scope {
            entities: self.session,
            session: self.session.view(),
            now: self.session.now,
            region: &Regional(self.tenant),
        })
    }

    fn text(
        &self,
        path: &str,
        source: &Result<TextExpression, ExpressionError>,
        allowance: &mut Allowance<'_>,
    ) -> Result<Option<String>, Error> {
        let budget = &mut allowance.budget;
        let result = source.as_ref().map_err(Clone::clone);
        let result = result.and_then(|text| self.scoped(|scope| text.evaluate(scope, budget)));
        result.map_err(|error| failed(path, &error))
    }

    fn boolean(
        &self,
        source: &Result<Expression, ExpressionError>,
        allowance: &mut Allowance<'_>,
    ) -> Result<Option<bool>, Error> {
        let (name, budget) = (&self.binding.name, &mut allowance.budget);
        let result = source.as_ref().map_err(Clone::clone);
        let result = result.and_then(|source| self.scoped(|scope| source.evaluate_boolean(scope, budget)));
        result.map_err(|error| failed(name, &error))
    }

    /// The texts as one JSON list, each written as soon as it is evaluated.
    fn expressions(
        &self,
        list: &[Result<TextExpression, ExpressionError>],
        allowance: &mut Allowance<'_>,
    ) -> Result<Value, Stop> {
        let mut json = JsonWriter::new(allowance);
        json.raw("[")?;
        for (index, source) in list.iter().enumerate() {
            let path = format!("{}[{index}]", self.binding.name);
            let Some(text) = self.text(&path, source, json.allowance())? else {
                let message = format!("{path}: the expression yields null, but a text is needed");
                return Err(refusal("expression-type", message).into());
            };
            if index > 0 {
                json.raw(",")?;
            }
            json.value(&text)?;
        }
        json.raw("]")?;
        Ok(Value::Json(json.finish()))
    }
}

fn copied(text: &str, allowance: &mut Allowance<'_>) -> Result<Value, Exceeded> {
    allowance.charge(text.len())?;
    Ok(Value::Text(text.to_owned()))
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
