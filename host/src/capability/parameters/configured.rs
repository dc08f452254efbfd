//! A node's parameters as the designer configured them: checked by kind and parsed once, used by many invocations.

use super::Diagnostic;
use super::lookahead::Lookahead;
use crate::capability::json_type;
use crate::catalog::manifest::{Condition, ERROR_PORT, Kind, Manifest, Parameter};
use crate::domain::text::exceeds;
use crate::expression::{Cache, Expression, ExpressionError, TextExpression};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Characters of a text that names something.
const MAX_NAME: usize = 256;

/// Parameters that the action doesn't have and that are told one by one. More are no slips, and a hint takes time.
const MOST_UNKNOWN: usize = 20;

/// What a parameter was configured to. Expressions that don't parse are kept with their errors: an action meets one
/// only if it asks for it.
#[derive(Debug, Clone)]
pub(crate) enum Source {
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
pub(crate) struct Binding {
    pub(crate) name: String,
    /// Which of the manifest's parameters it configures.
    pub(crate) declared: usize,
    pub(crate) source: Source,
}

/// A node's parameters.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) bindings: Vec<Binding>,
    by_name: HashMap<String, usize, foldhash::fast::RandomState>,
    /// What the checks found, in the manifest's order, unknown parameters last.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The first finding that keeps the action from running at all.
    pub(crate) refusal: Option<Diagnostic>,
    /// What it names.
    pub(crate) lookahead: Lookahead,
}

impl Configured {
    /// Checks and parses. Never fails: what is wrong is among the diagnostics.
    pub(crate) fn new(manifest: Arc<Manifest>, given: &Map<String, Json>, cache: &Cache) -> Self {
        let mut configured = Self {
            manifest,
            bindings: Vec::new(),
            by_name: HashMap::default(),
            diagnostics: Vec::new(),
            refusal: None,
            lookahead: Lookahead::default(),
        };
        configured.bind_all(given, cache);
        configured.check_entity_outs();
        configured.refusal = configured.diagnostics.iter().find(|found| is_structural(found)).cloned();
        configured.check_expressions();
        configured.warn_unknown(given);
        configured.lookahead = Lookahead::of(&configured);
        configured
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(self.position(name)?)
    }

    pub(crate) fn declaration(&self, binding: &Binding) -> Option<&Parameter> {
        self.manifest.parameters.get(binding.declared)
    }

    /// Each configured entity-out with the entity's name and what it is set to on the port `error`.
    pub(crate) fn entity_outs(&self) -> impl Iterator<Item = (&str, Option<&Json>)> {
        self.bindings.iter().filter_map(|binding| match &binding.source {
            Source::EntityOut(entity) => {
                Some((entity.as_str(), self.declaration(binding).and_then(|declared| declared.on_error.as_ref())))
            }
            _ => None,
        })
    }

    /// Whether `port` is one that the action may return.
    pub(crate) fn is_port(&self, port: &str) -> bool {
        port != ERROR_PORT && self.manifest.ports.iter().any(|known| known == port)
    }

    fn bind_all(&mut self, given: &Map<String, Json>, cache: &Cache) {
        let manifest = Arc::clone(&self.manifest);
        for (declared, parameter) in manifest.parameters.iter().enumerate() {
            if parameter.per_channel.is_some() {
                for (name, value) in given.iter().filter(|(name, _)| parameter.channel_of(name).is_some()) {
                    self.bind(declared, parameter, name, value, cache);
                }
                continue;
            }
            match given.get(&parameter.name).filter(|value| !is_absent(value)).or(parameter.default.as_ref()) {
                Some(value) => self.bind(declared, parameter, &parameter.name, value, cache),
                None if parameter.required || holds(&manifest, parameter.required_when.as_ref(), given) => {
                    let message = format!("{} is required; fill it in", parameter.name);
                    self.diagnostics.push(Diagnostic::error(&parameter.name, "parameter-missing", message));
                }
                None => {}
            }
        }
    }

    fn bind(&mut self, declared: usize, parameter: &Parameter, name: &str, value: &Json, cache: &Cache) {
        if is_absent(value) {
            return;
        }
        match read(parameter, name, value, cache) {
            Ok(source) => {
                self.by_name.insert(name.to_owned(), self.bindings.len());
                self.bindings.push(Binding { name: name.to_owned(), declared, source });
            }
            Err(message) => self.diagnostics.push(Diagnostic::error(name, "parameter-invalid", message)),
        }
    }

    fn check_entity_outs(&mut self) {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        let mut found = Vec::new();
        for binding in &self.bindings {
            if let Source::EntityOut(entity) = &binding.source
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
                Source::TextExpression(Err(error)) | Source::BooleanExpression(Err(error)) => {
                    found.push(diagnose(name.clone(), error));
                }
                Source::Expressions(list) => found.extend(list.iter().enumerate().filter_map(|(index, expression)| {
                    expression.as_ref().err().map(|error| diagnose(format!("{name}[{index}]"), error))
                })),
                _ => {}
            }
        }
        self.diagnostics.extend(found);
    }

    fn warn_unknown(&mut self, given: &Map<String, Json>) {
        let unknown: Vec<&String> = given.keys().filter(|name| self.manifest.parameter(name).is_none()).collect();
        let (told, more) = unknown.split_at(unknown.len().min(MOST_UNKNOWN));
        let id = &self.manifest.id;
        let warning = |name: &str, rest: String| {
            let shown: String = name.chars().take(128).collect();
            let message = format!("{id} has no parameter {shown}{rest}");
            Diagnostic::warning(shown, "parameter-unknown", message)
        };
        let mut found = Vec::new();
        for name in told {
            let names = self.manifest.parameters.iter().map(|parameter| parameter.name.as_str());
            let near = crate::nearest::nearest(name, names);
            found.push(warning(name, near.map_or_else(String::new, |near| format!("; did you mean {near}?"))));
        }
        if let [first, others @ ..] = more {
            found.push(warning(first, format!(", nor {} more that are given", others.len())));
        }
        self.diagnostics.extend(found);
    }
}

/// A message that says where an expression is wrong.
pub(crate) fn explain(name: &str, error: &ExpressionError) -> String {
    let position = match (error.line, error.column) {
        (Some(line), Some(column)) => format!(" at line {line}, column {column}"),
        _ => String::new(),
    };
    let source = error.expression.as_ref().map_or_else(String::new, |text| format!(" in `{text}`"));
    crate::domain::refusal::on_one_line(format!("{name}: {}{position}{source}", error.message))
}

fn diagnose(path: String, error: &ExpressionError) -> Diagnostic {
    let message = explain(&path, error);
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

fn holds(manifest: &Manifest, condition: Option<&Condition>, given: &Map<String, Json>) -> bool {
    let Some(Condition { parameter, is, given: any }) = condition else { return false };
    let configured = given.get(parameter).filter(|value| !is_absent(value));
    let default = || manifest.parameters.iter().find(|other| other.name == *parameter)?.default.as_ref();
    if *any {
        return configured.or_else(default).is_some();
    }
    let value = match configured.or_else(default) {
        Some(Json::Bool(true)) => "YES",
        Some(Json::Bool(false)) => "NO",
        Some(Json::String(text)) => text,
        _ => return false,
    };
    is.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
}

fn read(parameter: &Parameter, name: &str, value: &Json, cache: &Cache) -> Result<Source, String> {
    let text = |what: &str| {
        value.as_str().ok_or_else(|| format!("{name} must be {what}, written as a text, but is {}", json_type(value)))
    };
    Ok(match parameter.kind {
        Kind::TextExpression => Source::TextExpression(cache.text(text("an expression or a template")?)),
        Kind::BooleanExpression => match value {
            Json::Bool(value) => Source::Boolean(*value),
            _ => Source::BooleanExpression(cache.expression(text("an expression, true or false")?)),
        },
        Kind::Boolean => Source::Boolean(boolean(value).ok_or_else(|| {
            format!("{name} must be YES or NO (SI, SÍ, true and false are fine, too), but is {}", shown(value))
        })?),
        Kind::EntityIn => Source::EntityIn(entity(name, text("the name of an entity")?)?),
        Kind::EntityOut => Source::EntityOut(entity(name, text("the name of an entity")?)?),
        Kind::EntityList => Source::EntityList(
            texts(name, value, "names of entities")?.map(|text| entity(name, text?)).collect::<Result<_, _>>()?,
        ),
        Kind::ExpressionList => Source::Expressions(
            texts(name, value, "expressions")?
                .map(|text| text.map(|text| cache.text(text)))
                .collect::<Result<_, _>>()?,
        ),
        Kind::Campaign => {
            let id = text("a campaign's id")?;
            Source::Campaign(
                Uuid::try_parse(id.trim())
                    .map_err(|_| format!("{name} must be a campaign's id, a UUID, but is {}", shown(value)))?,
            )
        }
        Kind::Choice => {
            let choice = text("one of a fixed set")?;
            if !parameter.choices.iter().any(|known| known == choice) {
                return Err(format!("{name} must be one of {}, but is {}", parameter.choices.join(", "), shown(value)));
            }
            Source::Text(choice.to_owned())
        }
        Kind::Category | Kind::Channel => Source::Text(short(name, text("a name")?)?),
        Kind::Text => Source::Text(text("a text")?.to_owned()),
    })
}

fn texts<'v>(
    name: &'v str,
    value: &'v Json,
    of: &'v str,
) -> Result<impl Iterator<Item = Result<&'v str, String>>, String> {
    let list = value.as_array().ok_or_else(|| format!("{name} must be a list of {of}, but is {}", json_type(value)))?;
    Ok(list.iter().enumerate().map(move |(index, element)| {
        element.as_str().ok_or_else(|| format!("{name}[{index}] must be a text, but is {}", json_type(element)))
    }))
}

/// YES, NO, SI, SÍ, true, false in any case. Nothing else has a truth.
fn boolean(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(value) => Some(*value),
        Json::String(text) => match text.trim().to_lowercase().as_str() {
            "yes" | "si" | "sí" | "si\u{301}" | "true" => Some(true),
            "no" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn entity(name: &str, text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err(format!("{name} must be the name of an entity, but is blank"));
    }
    short(name, text)
}

fn short(name: &str, text: &str) -> Result<String, String> {
    if exceeds(text, MAX_NAME) {
        return Err(format!("{name} is too long; at most {MAX_NAME} characters are allowed"));
    }
    Ok(text.to_owned())
}

/// A value in a message: short, on one line.
fn shown(value: &Json) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
