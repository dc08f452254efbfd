//! The values of a node's parameters in one run: evaluated on the first read, then cached.

use crate::bindings::flow::action::types::{Error, Value};
use crate::evaluation::{Allowance, BytesExceeded, JsonWriter};
use crate::locale::TenantLocale;
use crate::session::SessionOverlay;
use crate::value::{from_json, refusal};
use flowhost_domain::Tenant;
use flowhost_error::{ErrorCode, comparison_steps, nearest_name};
use flowhost_expression::{Budget, Expression, ExpressionError, Scope, TextExpression};
use flowhost_manifest::json_type;
use flowhost_manifest::{Binding, NodeParameters, ParameterSource, describe_expression_error};
use flowhost_manifest::{Parameter, ParameterKind};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Maximum number of entity names that are compared with an unset one.
const MAX_COMPARED_NAMES: usize = 200;

/// The parameters of one run.
#[derive(Default)]
pub struct ParameterValues {
    node_parameters: Option<Arc<NodeParameters>>,
    cached: Vec<Option<ParameterResult>>,
}

/// The value of a parameter, or an error for the guest.
pub(super) type ParameterResult = Result<Option<Value>, Error>;

/// The state of a parameter when the plugin reads it.
pub(super) enum CachedResult<'a> {
    /// The manifest does not declare the parameter.
    Undeclared,
    /// The parameter was evaluated before, or is not configured.
    Evaluated(Cow<'a, ParameterResult>),
    /// The parameter at this position of these has not been evaluated.
    Pending(&'a Arc<NodeParameters>, usize),
}

impl ParameterValues {
    /// Creates values that are evaluated at the first read.
    pub fn new(node_parameters: Arc<NodeParameters>) -> Self {
        let cached = vec![None; node_parameters.bindings.len()];
        Self { node_parameters: Some(node_parameters), cached }
    }

    /// Returns the id of the action; empty during `describe`.
    pub fn action(&self) -> &str {
        self.node_parameters.as_ref().map_or("", |node_parameters| &node_parameters.manifest.id)
    }

    /// Returns the declaration of the parameter `name`.
    pub(super) fn declared(&self, name: &str) -> Option<&Parameter> {
        let node_parameters = self.node_parameters.as_ref()?;
        match node_parameters.binding(name) {
            Some(binding) => node_parameters.declaration(binding),
            None => node_parameters.manifest.parameter(name).map(|(_, parameter)| parameter),
        }
    }

    /// Returns the entity that an entity-out names.
    pub(super) fn entity_out(&self, name: &str) -> Option<&str> {
        match &self.node_parameters.as_ref()?.binding(name)?.source {
            ParameterSource::EntityOut(entity) => Some(entity),
            _ => None,
        }
    }

    /// Returns the parameter whose value was passed as this argument: the only one that has yielded an equal text and
    /// whose kind suits the argument. If several do, the origin is unknown.
    pub fn parameter_with_value(&self, argument: &str, text: &str) -> Option<&str> {
        let node_parameters = self.node_parameters.as_ref()?;
        let mut candidates = node_parameters.bindings.iter().zip(&self.cached).filter(|(binding, value)| {
            matches!(value, Some(Ok(Some(Value::Text(other)))) if other == text)
                && node_parameters.declaration(binding).is_some_and(|declared| accepts_argument(declared, argument))
        });
        match (candidates.next(), candidates.next()) {
            (Some((binding, _)), None) => Some(&binding.name),
            _ => None,
        }
    }

    /// Returns the state of the parameter.
    pub(super) fn cached_result(&self, name: &str) -> CachedResult<'_> {
        let Some(node_parameters) = &self.node_parameters else { return CachedResult::Undeclared };
        let Some(position) = node_parameters.position(name) else {
            return match node_parameters.manifest.parameter(name) {
                Some(_) => CachedResult::Evaluated(Cow::Owned(Ok(None))),
                None => CachedResult::Undeclared,
            };
        };
        match self.cached.get(position) {
            Some(Some(answered)) => CachedResult::Evaluated(Cow::Borrowed(answered)),
            _ => CachedResult::Pending(node_parameters, position),
        }
    }

    /// Caches the result of a parameter, errors included, since another evaluation would fail again.
    pub(super) fn cache_result(&mut self, position: usize, answered: &ParameterResult) {
        if let Some(slot) = self.cached.get_mut(position) {
            *slot = Some(answered.clone());
        }
    }
}

/// Returns whether the value of this parameter may have been passed as this argument.
fn accepts_argument(declared: &Parameter, argument: &str) -> bool {
    match argument {
        "campaign" => declared.kind == ParameterKind::Campaign,
        "category" => declared.kind == ParameterKind::Category,
        "channel" => declared.kind == ParameterKind::Channel,
        "contact" | "record" => declared.refers_to.as_deref() == Some(argument),
        _ => {
            matches!(declared.kind, ParameterKind::TextExpression | ParameterKind::Text | ParameterKind::EntityIn)
                && declared.refers_to.is_none()
        }
    }
}

/// Evaluates the parameter at a position within the allowance.
pub(super) fn evaluate(
    node_parameters: &NodeParameters,
    position: usize,
    (session, tenant): (&SessionOverlay, &Tenant),
    allowance: &mut Allowance<'_>,
) -> Result<ParameterResult, BytesExceeded> {
    let Some(binding) = node_parameters.bindings.get(position) else { return Ok(Ok(None)) };
    let Some(declared) = node_parameters.declaration(binding) else { return Ok(Ok(None)) };
    let answered = Evaluation { session, tenant, declared, binding }.run(allowance);
    let named = |error: Error| Error { parameter: Some(binding.name.clone()), ..error };
    match answered {
        Ok(value) => Ok(Ok(value)),
        Err(EvaluationError::Refused(error)) => Ok(Err(named(error))),
        Err(EvaluationError::Exceeded) => Err(BytesExceeded),
    }
}

/// The reason why a parameter has no value.
enum EvaluationError {
    /// An error for the guest.
    Refused(Error),
    /// The value has more bytes than are left.
    Exceeded,
}

impl From<Error> for EvaluationError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<BytesExceeded> for EvaluationError {
    fn from(BytesExceeded: BytesExceeded) -> Self {
        Self::Exceeded
    }
}

struct Evaluation<'a> {
    session: &'a SessionOverlay,
    tenant: &'a Tenant,
    declared: &'a Parameter,
    binding: &'a Binding,
}

impl Evaluation<'_> {
    fn run(&self, allowance: &mut Allowance<'_>) -> Result<Option<Value>, EvaluationError> {
        let value = match &self.binding.source {
            ParameterSource::Boolean(value) => Some(Value::Boolean(*value)),
            ParameterSource::Integer(value) => Some(Value::Integer(*value)),
            ParameterSource::Number(value) => Some(Value::Number(*value)),
            ParameterSource::Text(text) => Some(copy_text(text, allowance)?),
            ParameterSource::Campaign(id) => Some(Value::Text(id.to_string())),
            ParameterSource::EntityOut(entity) => Some(copy_text(entity, allowance)?),
            ParameterSource::EntityIn(entity) => Some(self.entity_in(entity, allowance)?),
            ParameterSource::EntityList(names) => Some(self.entity_list(names, allowance)?),
            ParameterSource::TextExpression(expression) => {
                match self.text(&self.binding.name, expression, allowance)? {
                    Some(text) => {
                        allowance.charge(text.len())?;
                        Some(Value::Text(text))
                    }
                    None => None,
                }
            }
            ParameterSource::BooleanExpression(source) => {
                self.scalar(source, allowance, Expression::evaluate_boolean)?.map(Value::Boolean)
            }
            ParameterSource::IntegerExpression(source) => {
                self.scalar(source, allowance, Expression::evaluate_integer)?.map(Value::Integer)
            }
            ParameterSource::NumberExpression(source) => {
                self.scalar(source, allowance, Expression::evaluate_number)?.map(Value::Number)
            }
            ParameterSource::Expressions(list) => Some(self.expressions(list, allowance)?),
        };
        if value.is_none() && self.declared.required {
            let message = format!("{} is required, but its expression yields nothing", self.binding.name);
            return Err(refusal(ErrorCode::ParameterMissing, message).into());
        }
        Ok(value)
    }

    fn entity(&self, name: &str, budget: &mut Budget<'_>) -> Result<&Json, Error> {
        self.session.entity(name).ok_or_else(|| {
            // Names are compared until the steps are used up.
            let names = flowhost_expression::Entities::names(self.session).take(MAX_COMPARED_NAMES);
            let near = nearest_name(name, names.take_while(|other| budget.spend_steps(comparison_steps(name, other))));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let mut error =
                refusal(ErrorCode::EntityNotSet, format!("{}: entity `{name}` is not set{hint}", self.binding.name));
            error.details.push(("entity".to_owned(), name.to_owned()));
            error.details.extend(near.map(|near| ("nearest".to_owned(), near.to_owned())));
            error
        })
    }

    fn entity_in(&self, name: &str, allowance: &mut Allowance<'_>) -> Result<Value, EvaluationError> {
        let value = self.entity(name, &mut allowance.budget)?;
        match self.declared.value_type {
            Some(expected) if !expected.matches(value) => {
                let (actual, needed) = (json_type(value), expected.designer_name());
                let message = format!("{}: entity `{name}` holds {actual}, but {needed} is needed", self.binding.name);
                Err(refusal(ErrorCode::EntityType, message).into())
            }
            _ => Ok(from_json(value, allowance)?),
        }
    }

    /// Returns the entities' values as one JSON object with each name once.
    fn entity_list(&self, names: &[String], allowance: &mut Allowance<'_>) -> Result<Value, EvaluationError> {
        let names: BTreeSet<&String> = names.iter().collect();
        let mut json = JsonWriter::new(allowance);
        for (index, name) in names.into_iter().enumerate() {
            json.write_raw(if index == 0 { "{" } else { "," })?;
            json.write_value(name)?;
            json.write_raw(":")?;
            let value = self.entity(name, &mut json.allowance().budget)?;
            json.write_value(value)?;
        }
        if json.is_empty() {
            json.write_raw("{")?;
        }
        json.write_raw("}")?;
        Ok(Value::Json(json.finish()))
    }

    fn with_scope<T>(&self, evaluate: impl FnOnce(&Scope<'_>) -> T) -> T {
        evaluate(&Scope {
            entities: self.session,
            variables: None,
            session: self.session.expression_session(),
            now: self.session.now,
            locale: &TenantLocale(self.tenant),
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
        let result = result.and_then(|text| self.with_scope(|scope| text.evaluate(scope, budget)));
        result.map_err(|error| to_guest_error(path, &error))
    }

    /// Evaluates an expression to a boolean, an integer or a number.
    fn scalar<T>(
        &self,
        source: &Result<Expression, ExpressionError>,
        allowance: &mut Allowance<'_>,
        evaluate: impl FnOnce(&Expression, &Scope<'_>, &mut Budget<'_>) -> Result<Option<T>, ExpressionError>,
    ) -> Result<Option<T>, Error> {
        let (name, budget) = (&self.binding.name, &mut allowance.budget);
        let result = source.as_ref().map_err(Clone::clone);
        let result = result.and_then(|source| self.with_scope(|scope| evaluate(source, scope, budget)));
        result.map_err(|error| to_guest_error(name, &error))
    }

    /// Returns the texts as one JSON list, and writes each as soon as it is evaluated.
    fn expressions(
        &self,
        list: &[Result<TextExpression, ExpressionError>],
        allowance: &mut Allowance<'_>,
    ) -> Result<Value, EvaluationError> {
        let mut json = JsonWriter::new(allowance);
        json.write_raw("[")?;
        for (index, source) in list.iter().enumerate() {
            let path = format!("{}[{index}]", self.binding.name);
            let Some(text) = self.text(&path, source, json.allowance())? else {
                let message = format!("{path}: the expression yields null, but a text is needed");
                return Err(refusal(ErrorCode::ExpressionType, message).into());
            };
            if index > 0 {
                json.write_raw(",")?;
            }
            json.write_value(&text)?;
        }
        json.write_raw("]")?;
        Ok(Value::Json(json.finish()))
    }
}

fn copy_text(text: &str, allowance: &mut Allowance<'_>) -> Result<Value, BytesExceeded> {
    allowance.charge(text.len())?;
    Ok(Value::Text(text.to_owned()))
}

/// Converts an expression's error into the guest's error.
pub(crate) fn to_guest_error(path: &str, error: &ExpressionError) -> Error {
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
        code: error.code.as_str().to_owned(),
        message: describe_expression_error(path, error),
        parameter: None,
        details: details.into_iter().flatten().collect(),
    }
}
