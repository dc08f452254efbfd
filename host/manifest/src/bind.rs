//! A node's parameters as the designer configured them: checked by kind and parsed once, used by many invocations.

use super::references::References;
use super::sources::ExpressionSources;
use super::{Diagnostic, kinds};
use crate::{Condition, ERROR_PORT, Manifest, Parameter};
use flowhost_expression::{Expression, ExpressionCache, ExpressionError, TextExpression};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Parameters that the action doesn't have and that are told one by one. More are no slips, and a hint takes time.
const MAX_UNKNOWN_REPORTED: usize = 20;

/// Unknown parameters whose messages name a similar one: comparing takes time.
const MAX_HINTS: usize = 3;

/// Parameters of a node, the unknown ones included.
const MAX_PARAMETERS: usize = 200;

/// What a parameter was configured to. Expressions that don't parse are kept with their errors: an action meets one
/// only if it asks for it.
#[derive(Debug, Clone)]
pub enum ParameterSource {
    Boolean(bool),
    Text(String),
    Campaign(Uuid),
    TextExpression(Result<TextExpression, ExpressionError>),
    BooleanExpression(Result<Expression, ExpressionError>),
    Expressions(Vec<Result<TextExpression, ExpressionError>>),
    EntityIn(String),
    EntityOut(String),
    EntityList(Vec<String>),
}

/// One configured parameter.
#[derive(Debug, Clone)]
pub struct Binding {
    pub name: String,
    /// Which of the manifest's parameters it configures.
    pub declaration_index: usize,
    pub source: ParameterSource,
}

/// A node's parameters.
#[derive(Debug)]
pub struct NodeParameters {
    pub manifest: Arc<Manifest>,
    pub bindings: Vec<Binding>,
    by_name: HashMap<String, usize, foldhash::fast::RandomState>,
    /// What the checks found, in the manifest's order, unknown parameters last.
    pub diagnostics: Vec<Diagnostic>,
    /// The first finding that keeps the action from running at all.
    pub refusal: Option<Diagnostic>,
    /// What it names.
    pub references: References,
}

impl NodeParameters {
    /// Checks and parses. Never fails: what is wrong is among the diagnostics.
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

    /// Parameters that are not configured, and not checked.
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

    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(self.position(name)?)
    }

    pub fn declaration(&self, binding: &Binding) -> Option<&Parameter> {
        self.manifest.parameters.get(binding.declaration_index)
    }

    /// Each configured entity-out with the entity's name and what it is set to on the port `error`.
    pub fn entity_outs(&self) -> impl Iterator<Item = (&str, Option<&Json>)> {
        self.bindings.iter().filter_map(|binding| match &binding.source {
            ParameterSource::EntityOut(entity) => {
                Some((entity.as_str(), self.declaration(binding).and_then(|declared| declared.on_error.as_ref())))
            }
            _ => None,
        })
    }

    /// Whether `port` is one that the action may return.
    pub fn is_port(&self, port: &str) -> bool {
        port != ERROR_PORT && self.manifest.ports.iter().any(|known| known == port)
    }

    /// Reads the parameters of the manifest. Where `too_many` are given, those that repeat per channel are left out.
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
                    self.diagnostics.push(Diagnostic::error(&parameter.name, "parameter-missing", message));
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
            Err(message) => self.diagnostics.push(Diagnostic::error(name, "parameter-invalid", message)),
        }
    }

    fn check_entity_outs(&mut self) {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        let mut found = Vec::new();
        for binding in &self.bindings {
            if let ParameterSource::EntityOut(entity) = &binding.source
                && let Some(other) = seen.insert(entity, &binding.name)
            {
                let message = format!("{} and {other} both write entity `{entity}`; name two entities", binding.name);
                found.push(Diagnostic::error(&binding.name, "parameter-invalid", message));
            }
        }
        self.diagnostics.extend(found);
    }

    fn check_expressions(&mut self) {
        let mut found = Vec::new();
        for Binding { name, source, .. } in &self.bindings {
            match source {
                ParameterSource::TextExpression(Err(error)) | ParameterSource::BooleanExpression(Err(error)) => {
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
            let shown: String = name.chars().take(128).collect();
            let message = format!("{id} has no parameter {shown}{rest}");
            Diagnostic::warning(shown, "parameter-unknown", message)
        };
        let mut found = Vec::new();
        for (index, name) in reported.iter().enumerate() {
            let names = self.manifest.parameters.iter().map(|parameter| parameter.name.as_str());
            let near = (index < MAX_HINTS).then(|| crate::suggestion::nearest_name(name, names)).flatten();
            found.push(warning(name, near.map_or_else(String::new, |near| format!("; did you mean {near}?"))));
        }
        if let [first, others @ ..] = more {
            found.push(warning(first, format!(", nor {} more that are given", others.len())));
        }
        self.diagnostics.extend(found);
    }
}

/// A message that says where an expression is wrong.
pub fn describe_expression_error(name: &str, error: &ExpressionError) -> String {
    let position = match (error.line, error.column) {
        (Some(line), Some(column)) => format!(" at line {line}, column {column}"),
        _ => String::new(),
    };
    let source = error.expression.as_ref().map_or_else(String::new, |text| format!(" in `{text}`"));
    flowhost_domain::refusal::single_line(format!("{name}: {}{position}{source}", error.message))
}

/// The finding that a node has more parameters than are read; `name` is the first one beyond them.
fn too_many_parameters(name: &str, count: usize) -> Diagnostic {
    let name: String = name.chars().take(128).collect();
    let message = format!(
        "the node has {count} parameters; at most {MAX_PARAMETERS} are allowed, remove those that it does not need"
    );
    Diagnostic::error(name, "parameter-invalid", message)
}

fn expression_diagnostic(path: String, error: &ExpressionError) -> Diagnostic {
    let message = describe_expression_error(&path, error);
    Diagnostic::error(path, error.code(), message)
}

/// Whether a finding is about the parameter as such, and not about an expression that may never be evaluated.
fn is_structural(found: &Diagnostic) -> bool {
    matches!(found.code, "parameter-missing" | "parameter-invalid")
}

/// Forms export untouched fields as empty texts.
fn is_absent(value: &Json) -> bool {
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
