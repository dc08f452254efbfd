//! `flowhost actions`: shows the catalogue.

use super::connect;
use super::error::CliError;
use super::options::Options;
use super::output::Output;
use super::table::{format_table, wrap_text};
use super::terminal::Style;
use clap::{Args, ValueEnum};
use flowhost::catalog::manifest::{Condition, DeclaredError, Localized};
use flowhost::catalog::{Parameter, ParameterKind};
use flowhost::{Action, Failure};
use serde_json::Value as Json;

/// Arguments of `flowhost actions`.
#[derive(Debug, Args)]
#[command(
    about = "List the actions, or show one with its parameters and ports",
    long_about = "Lists the actions or, with an action's id, shows its description, parameters and ports.",
    after_help = "Examples:\n  flowhost actions --lang es\n  flowhost actions campaign-record-administration\n  \
                  flowhost actions campaign-record-administration --schema"
)]
pub(super) struct Arguments {
    /// An action's id, with or without a version: campaign-contact-manager@1
    action: Option<String>,

    /// Prints the manifest, or the manifests of all actions, as JSON
    #[arg(long, conflicts_with = "schema")]
    json: bool,

    /// Prints the JSON Schema of the action's parameters
    #[arg(long, requires = "action")]
    schema: bool,

    /// The language of titles and help
    #[arg(long, value_enum, default_value_t = Language::En)]
    lang: Language,
}

/// The languages of the actions' texts.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    En,
    Es,
}

impl Language {
    fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    fn select(self, text: &Localized) -> &str {
        text.get(self.code()).or_else(|| text.get("en")).or_else(|| text.values().next()).map_or("", String::as_str)
    }
}

/// Runs the command.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    let host = connect::open_host_without_store(options).await?;
    let (catalog, language) = (host.catalog(), arguments.lang);
    let mut output = Output::new();
    match &arguments.action {
        Some(name) => {
            let action = catalog.find(name).map_err(|error| CliError::from(Failure::from(error)))?;
            if arguments.schema {
                output.write_pretty_json(&action.parameters_schema(language.code()))?;
            } else if arguments.json {
                output.write_pretty_json(&*action.manifest)?;
            } else {
                print_action(action, language, &mut output)?;
            }
        }
        None if arguments.json => {
            output.write_pretty_json(&catalog.all().map(|action| &*action.manifest).collect::<Vec<_>>())?;
        }
        None => {
            let rows = catalog.all().map(|action| {
                let manifest = &action.manifest;
                let (version, title) = (manifest.version.to_string(), language.select(&manifest.title).to_owned());
                vec![manifest.id.clone(), version, manifest.category.clone(), title]
            });
            output.write_text(&format_table(
                &["ID", "VERSION", "CATEGORY", "TITLE"],
                &rows.collect::<Vec<_>>(),
                Style::stdout(),
            ))?;
        }
    }
    output.flush()
}

fn print_action(action: &Action, language: Language, output: &mut Output) -> Result<(), CliError> {
    let (manifest, style) = (&action.manifest, Style::stdout());
    output.write_line(&format!(
        "{} {} · {}",
        style.bold(&manifest.id),
        manifest.version,
        language.select(&manifest.title)
    ))?;
    output.write_text(&wrap_text(language.select(&manifest.description), 2))?;
    output.write_text("\n")?;
    output.write_line(&format!("ports  {}", manifest.ports.join(", ")))?;
    output.write_line(&format!("uses   {}", manifest.uses.join(", ")))?;
    for (index, migration) in manifest.migrations.iter().enumerate() {
        let label = if index == 0 { "migrations" } else { "" };
        let steps = migration.steps.len();
        output.write_line(&format!("{label:<10}  {} to {} ({steps} steps)", migration.from, migration.to))?;
    }
    if let Some(errors) = &manifest.errors {
        output.write_text("\nerrors\n")?;
        for DeclaredError { code, help } in errors {
            output.write_line(&format!("  {}", style.bold(code)))?;
            output.write_text(&wrap_text(language.select(help), 4))?;
        }
    }
    output.write_text("\nparameters\n")?;
    for parameter in &manifest.parameters {
        output.write_line(&format!(
            "  {} {}",
            style.bold(&parameter.name),
            style.dim(&parameter_summary(parameter))
        ))?;
        output.write_text(&wrap_text(
            &format!("{}. {}", language.select(&parameter.title), language.select(&parameter.help)),
            4,
        ))?;
    }
    Ok(())
}

/// Returns the kind, the type of the entity, whether the parameter is required, its default and its conditions.
fn parameter_summary(parameter: &Parameter) -> String {
    let mut traits = vec![json_text(serde_json::to_value(parameter.kind).unwrap_or_default())];
    traits.extend(parameter.value_type.map(|of| json_text(serde_json::to_value(of).unwrap_or_default())));
    if !parameter.choices.is_empty() {
        traits.push(parameter.choices.join(" | "));
    }
    if parameter.required {
        traits.push("required".to_owned());
    }
    traits.extend(parameter.required_when.iter().map(|when| format!("required when {}", format_condition(when))));
    traits.extend(parameter.shown_when.iter().map(|when| format!("used when {}", format_condition(when))));
    traits.extend(parameter.default.clone().map(|default| match default {
        // The word that a designer selects, since the parameter is not an expression.
        Json::Bool(default) if parameter.kind == ParameterKind::Boolean => {
            format!("default {}", if default { "YES" } else { "NO" })
        }
        default => format!("default {}", json_text(default)),
    }));
    if let Some(per_channel) = &parameter.per_channel {
        let except = if per_channel.except.is_empty() {
            String::new()
        } else {
            format!(" except {}", per_channel.except.join(", "))
        };
        traits.push(format!("one for each channel{except}"));
    }
    format!("({})", traits.join("; "))
}

fn format_condition(Condition { parameter, is, given }: &Condition) -> String {
    if *given { format!("{parameter} is given") } else { format!("{parameter} is {}", is.join(" or ")) }
}

/// Returns JSON for people, with texts unquoted.
fn json_text(value: Json) -> String {
    match value {
        Json::String(text) => text,
        other => other.to_string(),
    }
}
