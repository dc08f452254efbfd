//! The parameters of a node, checked by their kinds and parsed once for many invocations.

use super::references::References;
use super::sources::ExpressionSources;
use super::{Diagnostic, kinds};
use crate::{Condition, ERROR_PORT, Manifest, Parameter};
use flowhost_error::text::{first_characters, single_line};
use flowhost_error::{ErrorCode, nearest_name};
use flowhost_expression::{Expression, ExpressionCache, ExpressionError, TextExpression};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Maximum characters of a parameter's name in a message.
const MAX_SHOWN_CHARACTERS: usize = 128;

/// Maximum number of unknown parameters with a warning of their own. One warning counts the rest, because every hint
/// costs time.
const MAX_UNKNOWN_REPORTED: usize = 20;

/// Maximum number of unknown parameters whose warnings suggest a similar name, because comparisons cost time.
const MAX_HINTS: usize = 3;

/// Maximum number of parameters of a node, including unknown ones.
const MAX_PARAMETERS: usize = 200;

/// The parsed value of a parameter. An expression that does not parse is stored with its error, which only an action
/// that reads the parameter receives.
#[derive(Debug, Clone)]
pub enum ParameterSource {
    /// `YES` or `NO`.
    Boolean(bool),
    /// A literal integer.
    Integer(i64),
    /// A literal number, which is finite.
    Number(f64),
    /// A text, choice, category or channel.
    Text(String),
    /// The id of a campaign.
    Campaign(Uuid),
    /// A text expression or template.
    TextExpression(Result<TextExpression, ExpressionError>),
    /// A boolean expression.
    BooleanExpression(Result<Expression, ExpressionError>),
    /// An integer expression.
    IntegerExpression(Result<Expression, ExpressionError>),
    /// A number expression.
    NumberExpression(Result<Expression, ExpressionError>),
    /// A list of text expressions.
    Expressions(Vec<Result<TextExpression, ExpressionError>>),
    /// The name of an entity that the action reads.
    EntityIn(String),
    /// The name of an entity that the action writes.
    EntityOut(String),
    /// Names of entities that the action reads.
    EntityList(Vec<String>),
}

/// One configured parameter.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The name of the parameter.
    pub name: String,
    /// Index of the parameter's declaration in the manifest.
    pub declaration_index: usize,
    /// The parsed value.
    pub source: ParameterSource,
}

/// A node's parameters.
#[derive(Debug)]
pub struct NodeParameters {
    /// The manifest of the action.
    pub manifest: Arc<Manifest>,
    /// The configured parameters, in the manifest's order.
    pub bindings: Vec<Binding>,
    by_name: HashMap<String, usize, foldhash::fast::RandomState>,
    /// The results of the checks, in the manifest's order, unknown parameters last.
    pub diagnostics: Vec<Diagnostic>,
    /// The first diagnostic that prevents every run of the action.
    pub refusal: Option<Diagnostic>,
    /// The objects that the parameters refer to.
    pub references: References,
}

impl NodeParameters {
    /// Checks and parses the parameters. Never fails: the diagnostics contain all errors.
    pub fn new(manifest: Arc<Manifest>, given: &Map<String, Json>, cache: &ExpressionCache) -> Self {
        let mut parameters = Self::empty(manifest);
        let too_many = given.keys().nth(MAX_PARAMETERS);
        parameters.diagnostics.extend(too_many.map(|name| too_many_parameters(name, given.len())));
        parameters.bind_all(given, too_many.is_some(), &mut ExpressionSources::new(cache));
        parameters.check_entity_outs();
        parameters.refusal = parameters.diagnostics.iter().find(|found| is_structural(found)).cloned();
        parameters.check_expressions();
        if too_many.is_none() {
            parameters.warn_unknown(given);
        }
        parameters.references = References::new(&parameters);
        parameters
    }

    /// Creates parameters without values and checks.
    pub fn empty(manifest: Arc<Manifest>) -> Self {
        Self {
            manifest,
            bindings: Vec::new(),
            by_name: HashMap::default(),
            diagnostics: Vec::new(),
            refusal: None,
            references: References::default(),
        }
    }

    /// Returns the index of a parameter in `bindings`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Returns the binding of a parameter.
    pub fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(self.position(name)?)
    }

    /// Returns the declaration of a binding in the manifest.
    pub fn declaration(&self, binding: &Binding) -> Option<&Parameter> {
        self.manifest.parameters.get(binding.declaration_index)
    }

    /// Returns each configured entity-out with the entity's name and its value on the port `error`.
    pub fn entity_outs(&self) -> impl Iterator<Item = (&str, Option<&Json>)> {
        self.bindings.iter().filter_map(|binding| match &binding.source {
            ParameterSource::EntityOut(entity) => {
                Some((entity.as_str(), self.declaration(binding).and_then(|declared| declared.on_error.as_ref())))
            }
            _ => None,
        })
    }

    /// Returns whether the action may return `port`.
    pub fn is_port(&self, port: &str) -> bool {
        port != ERROR_PORT && self.manifest.ports.iter().any(|known| known == port)
    }

    /// Binds the parameters of the manifest. If `too_many` are given, those that repeat per channel are omitted.
    fn bind_all(&mut self, given: &Map<String, Json>, too_many: bool, sources: &mut ExpressionSources<'_>) {
        let manifest = Arc::clone(&self.manifest);
        for (declared, parameter) in manifest.parameters.iter().enumerate() {
            if parameter.per_channel.is_some() {
                let given = given.iter().filter(|_| !too_many);
                for (name, value) in given.filter(|(name, _)| parameter.channel_of(name).is_some()) {
                    self.bind(declared, parameter, name, value, sources);
                }
                continue;
            }
            match given.get(&parameter.name).filter(|value| !is_absent(value)).or(parameter.default.as_ref()) {
                Some(value) => self.bind(declared, parameter, &parameter.name, value, sources),
                None if parameter.required || condition_holds(&manifest, parameter.required_when.as_ref(), given) => {
                    let message = format!("{} is required; fill it in", parameter.name);
                    self.diagnostics.push(Diagnostic::error(&parameter.name, ErrorCode::ParameterMissing, message));
                }
                None => {}
            }
        }
    }

    fn bind(
        &mut self,
        declared: usize,
        parameter: &Parameter,
        name: &str,
        value: &Json,
        sources: &mut ExpressionSources<'_>,
    ) {
        if is_absent(value) {
            return;
        }
        match kinds::parse_parameter(parameter, name, value, sources) {
            Ok(source) => {
                self.by_name.insert(name.to_owned(), self.bindings.len());
                self.bindings.push(Binding { name: name.to_owned(), declaration_index: declared, source });
            }
            Err(message) => self.diagnostics.push(Diagnostic::error(name, ErrorCode::ParameterInvalid, message)),
        }
    }

    fn check_entity_outs(&mut self) {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        let mut found = Vec::new();
        for binding in &self.bindings {
            if let ParameterSource::EntityOut(entity) = &binding.source
                && let Some(other) = seen.insert(entity, &binding.name)
            {
                let message =
                    format!("{} and {other} both write entity `{entity}`; use different entities", binding.name);
                found.push(Diagnostic::error(&binding.name, ErrorCode::ParameterInvalid, message));
            }
        }
        self.diagnostics.extend(found);
    }

    fn check_expressions(&mut self) {
        let mut found = Vec::new();
        for Binding { name, source, .. } in &self.bindings {
            match source {
                ParameterSource::TextExpression(Err(error))
                | ParameterSource::BooleanExpression(Err(error))
                | ParameterSource::IntegerExpression(Err(error))
                | ParameterSource::NumberExpression(Err(error)) => {
                    found.push(expression_diagnostic(name.clone(), error));
                }
                ParameterSource::Expressions(list) => {
                    found.extend(list.iter().enumerate().filter_map(|(index, expression)| {
                        expression.as_ref().err().map(|error| expression_diagnostic(format!("{name}[{index}]"), error))
                    }))
                }
                _ => {}
            }
        }
        self.diagnostics.extend(found);
    }

    fn warn_unknown(&mut self, given: &Map<String, Json>) {
        let unknown: Vec<&String> = given.keys().filter(|name| self.manifest.parameter(name).is_none()).collect();
        let (reported, more) = unknown.split_at(unknown.len().min(MAX_UNKNOWN_REPORTED));
        let id = &self.manifest.id;
        let warning = |name: &str, rest: String| {
            let shown = first_characters(name, MAX_SHOWN_CHARACTERS);
            let message = format!("{id} has no parameter {shown}{rest}");
            Diagnostic::warning(shown, ErrorCode::ParameterUnknown, message)
        };
        let mut found = Vec::new();
        for (index, name) in reported.iter().enumerate() {
            let names = self.manifest.parameters.iter().map(|parameter| parameter.name.as_str());
            let near = (index < MAX_HINTS).then(|| nearest_name(name, names)).flatten();
            found.push(warning(name, near.map_or_else(String::new, |near| format!("; did you mean {near}?"))));
        }
        if let [first, others @ ..] = more {
            found.push(warning(first, format!(", nor {} more of the given ones", others.len())));
        }
        self.diagnostics.extend(found);
    }
}

/// Returns a message with the position of the error in the expression.
pub fn describe_expression_error(name: &str, error: &ExpressionError) -> String {
    let position = match (error.line, error.column) {
        (Some(line), Some(column)) => format!(" at line {line}, column {column}"),
        _ => String::new(),
    };
    let source = error.expression.as_ref().map_or_else(String::new, |text| format!(" in `{text}`"));
    single_line(format!("{name}: {}{position}{source}", error.message))
}

/// Reports that a node has too many parameters; `name` is the first one beyond the limit.
fn too_many_parameters(name: &str, count: usize) -> Diagnostic {
    let name = first_characters(name, MAX_SHOWN_CHARACTERS);
    let message = format!(
        "the node has {count} parameters; at most {MAX_PARAMETERS} are allowed, remove those that it does not need"
    );
    Diagnostic::error(name, ErrorCode::ParameterInvalid, message)
}

fn expression_diagnostic(path: String, error: &ExpressionError) -> Diagnostic {
    let message = describe_expression_error(&path, error);
    Diagnostic::error(path, error.code, message)
}

/// Returns whether the diagnostic is about the parameter itself, and not about an expression that may never be
/// evaluated.
fn is_structural(found: &Diagnostic) -> bool {
    matches!(found.code, ErrorCode::ParameterMissing | ErrorCode::ParameterInvalid)
}

/// Returns whether the value is absent. Forms export untouched fields as empty texts.
pub(crate) fn is_absent(value: &Json) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

fn condition_holds(manifest: &Manifest, condition: Option<&Condition>, given: &Map<String, Json>) -> bool {
    let Some(Condition { parameter, is, given: any }) = condition else { return false };
    let configured_value = given.get(parameter).filter(|value| !is_absent(value));
    let default = || manifest.parameters.iter().find(|other| other.name == *parameter)?.default.as_ref();
    if *any {
        return configured_value.or_else(default).is_some();
    }
    let value = match configured_value.or_else(default) {
        Some(Json::Bool(true)) => "YES",
        Some(Json::Bool(false)) => "NO",
        Some(Json::String(text)) => text,
        _ => return false,
    };
    is.iter().any(|expected| expected.eq_ignore_ascii_case(value))
}
