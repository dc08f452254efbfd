//! The steps of a migration, which change the parameters of a node.

use super::MigrationError;
use crate::bind::is_absent;
use crate::{CHANNEL_PLACEHOLDER, Manifest, Migration, MigrationStep};
use chrono::{DateTime, NaiveDateTime, Utc};
use flowhost_error::ErrorCode;
use flowhost_expression::limits::MAX_STEPS;
use flowhost_expression::{Budget, Expression, Locale, Scope, SessionView, Value};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// The entity of an expression that holds the parameters before the migration.
const OLD: &str = "old";

/// Returns whether a property of a node is a parameter: it is written in capitals.
pub(super) fn is_parameter(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_ascii_lowercase())
}

/// Applies the steps in order. Returns the parameters whose values were removed.
pub(super) fn apply(
    manifest: &Manifest,
    migration: &Migration,
    node: &mut Map<String, Json>,
    allow_loss: bool,
) -> Result<Vec<String>, MigrationError> {
    let old: Map<_, _> =
        node.iter().filter(|(name, _)| is_parameter(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut run = StepRun {
        channels: Channels::new(manifest, migration, &old),
        old: Map::from_iter([(OLD.to_owned(), Json::Object(old))]),
        // All expressions of a migration share the steps of one evaluation.
        budget: Budget::new(MAX_STEPS),
        created: BTreeSet::new(),
        lost: Vec::new(),
        allow_loss,
    };
    for (index, step) in migration.steps.iter().enumerate() {
        run.apply(step, node)
            .map_err(|error| MigrationError::new(error.code, format!("step {}: {}", index + 1, error.message)))?;
    }
    Ok(run.lost)
}

struct StepRun {
    channels: Channels,
    /// The entities of the expressions.
    old: Map<String, Json>,
    budget: Budget<'static>,
    /// Parameters that a step has set. Their values are not a designer's.
    created: BTreeSet<String>,
    lost: Vec<String>,
    allow_loss: bool,
}

impl StepRun {
    fn apply(&mut self, step: &MigrationStep, node: &mut Map<String, Json>) -> Result<(), MigrationError> {
        match step {
            MigrationStep::Rename { rename, to } => {
                if rename.contains(CHANNEL_PLACEHOLDER) != to.contains(CHANNEL_PLACEHOLDER) {
                    let message = format!("only one of {rename} and {to} repeats per channel; rename each channel");
                    return Err(MigrationError::new(ErrorCode::MigrationFailed, message));
                }
                for (channel, name) in self.channels.names(rename) {
                    self.rename(&name, &to.replace(CHANNEL_PLACEHOLDER, &channel), node)?;
                }
            }
            MigrationStep::Map { map, values } => {
                for (_, name) in self.channels.names(map) {
                    if let Some(value) = node.get_mut(&name)
                        && let Some(new) = value.as_str().and_then(|text| values.get(text))
                    {
                        *value = new.clone();
                    }
                }
            }
            MigrationStep::Set { set, value } => {
                for (_, name) in self.channels.names(set) {
                    self.set(&name, node, |_| Ok(value.clone()))?;
                }
            }
            MigrationStep::Compute { set, expression } => {
                for (_, name) in self.channels.names(set) {
                    self.set(&name, node, |run| run.evaluate(expression))?;
                }
            }
            MigrationStep::Drop { drop } => {
                for (_, name) in self.channels.names(drop) {
                    self.drop_parameter(&name, node)?;
                }
            }
        }
        Ok(())
    }

    fn rename(&mut self, name: &str, to: &str, node: &mut Map<String, Json>) -> Result<(), MigrationError> {
        if name == to || !node.contains_key(name) {
            return Ok(());
        }
        if node.get(to).is_some_and(|value| !is_absent(value)) {
            return self.drop_parameter(name, node);
        }
        if let Some(value) = node.remove(name) {
            if self.created.remove(name) {
                self.created.insert(to.to_owned());
            }
            node.insert(to.to_owned(), value);
        }
        Ok(())
    }

    fn set(
        &mut self,
        name: &str,
        node: &mut Map<String, Json>,
        value: impl FnOnce(&mut Self) -> Result<Json, MigrationError>,
    ) -> Result<(), MigrationError> {
        if node.get(name).is_none_or(is_absent) {
            let value = value(self)?;
            node.insert(name.to_owned(), value);
            self.created.insert(name.to_owned());
        }
        Ok(())
    }

    fn drop_parameter(&mut self, name: &str, node: &mut Map<String, Json>) -> Result<(), MigrationError> {
        let Some(value) = node.remove(name) else { return Ok(()) };
        if self.created.remove(name) || is_absent(&value) {
            return Ok(());
        }
        if !self.allow_loss {
            let message = format!("the value of {name} would be lost; rename the parameter, or remove its value");
            return Err(MigrationError::new(ErrorCode::MigrationLeftOver, message));
        }
        self.lost.push(name.to_owned());
        Ok(())
    }

    fn evaluate(&mut self, source: &str) -> Result<Json, MigrationError> {
        let failed = |message: String| MigrationError::new(ErrorCode::MigrationFailed, message);
        let describe = |error| failed(crate::describe_expression_error("the expression", &error));
        let expression = Expression::parse(source).map_err(describe)?;
        let session = SessionView { id: "", channel: "", user: "" };
        // A migration yields the same result at any time and in any tenant.
        let now = DateTime::UNIX_EPOCH;
        let scope = Scope { entities: &self.old, variables: None, session, now, locale: &UtcLocale };
        match expression.evaluate(&scope, &mut self.budget).map_err(describe)? {
            value @ (Value::Text(_) | Value::Boolean(_) | Value::List(_)) => Ok(value.into_json()),
            other => {
                let name = other.type_name();
                Err(failed(format!("the expression is not a text, a boolean or a list: {name}; convert its result")))
            }
        }
    }
}

/// The time zone UTC, without phone numbers.
struct UtcLocale;

impl Locale for UtcLocale {
    fn to_local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.naive_utc()
    }

    fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc> {
        local.and_utc()
    }

    fn phone(&self, _: &str) -> Result<String, String> {
        Err("phone numbers are not available in a migration".to_owned())
    }
}

/// The channels of a node: the channel parts of the names of its parameters that repeat per channel.
struct Channels(BTreeSet<String>);

impl Channels {
    fn new(manifest: &Manifest, migration: &Migration, old: &Map<String, Json>) -> Self {
        let declared = manifest.parameters.iter().map(|parameter| parameter.name.as_str());
        let named: BTreeSet<&str> = migration.steps.iter().flat_map(step_names).chain(declared).collect();
        let (patterns, plain): (Vec<_>, Vec<_>) = named.iter().partition(|name| name.contains(CHANNEL_PLACEHOLDER));
        let plain: BTreeSet<&str> = plain.into_iter().copied().collect();
        let names = old.keys().map(String::as_str).filter(|name| !plain.contains(name));
        let channels = names.flat_map(|name| patterns.iter().filter_map(move |pattern| channel_of(pattern, name)));
        Self(channels.map(str::to_owned).collect())
    }

    /// Returns the channels and the names for a name in a step. A name without a placeholder has an empty channel.
    fn names(&self, name: &str) -> Vec<(String, String)> {
        if !name.contains(CHANNEL_PLACEHOLDER) {
            return vec![(String::new(), name.to_owned())];
        }
        self.0.iter().map(|channel| (channel.clone(), name.replace(CHANNEL_PLACEHOLDER, channel))).collect()
    }
}

fn step_names(step: &MigrationStep) -> impl Iterator<Item = &str> {
    step.target().map(|(_, name)| name).into_iter().chain(step.removed())
}

fn channel_of<'n>(pattern: &str, name: &'n str) -> Option<&'n str> {
    let (before, after) = pattern.split_once(CHANNEL_PLACEHOLDER)?;
    let channel = name.strip_prefix(before)?.strip_suffix(after)?;
    (!channel.is_empty()).then_some(channel)
}
