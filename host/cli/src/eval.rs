//! `flowhost eval`: evaluates single expressions.

use super::error::CliError;
use super::input::Input;
use super::lines::{Line, Lines};
use super::output::Output;
use chrono::{DateTime, NaiveDateTime, Utc};
use clap::Args;
use flowhost::ErrorCode;
use flowhost::Limits;
use flowhost::domain::json::{self, Defect, IntegerCheck};
use flowhost::domain::phone;
use flowhost::expression::limits::MAX_STEPS;
use flowhost::expression::{
    Budget, Entities, Expression, ExpressionError, Locale, Scope, SessionView, Value, to_json_result,
};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// Arguments of `flowhost eval`.
#[derive(Debug, Args)]
#[command(
    about = "Evaluate an expression and print its value",
    long_about = "Evaluates a CEL expression and prints {\"type\":…,\"value\":…}. Types: null, boolean, integer, \
                  number, text, timestamp, list, map. Templates and the store are not available. The time zone is UTC, \
                  and phone(…) accepts international numbers.\n\n\
                  With --batch, the command reads {\"expr\":…,\"entities\":{…}} from stdin, one per line. It prints \
                  one result per line, including errors: \
                  {\"error\":{\"code\":…,\"message\":…,\"line\":…,\"column\":…}}",
    after_help = "Examples:\n  flowhost eval '\"Hola \" + contact_name' --entities '{\"contact_name\":\"Ana\"}'\n  \
                  flowhost eval --batch < expressions.jsonl"
)]
pub(super) struct Arguments {
    /// The expression
    #[arg(
        value_name = "EXPR",
        required_unless_present = "batch",
        conflicts_with = "batch",
        allow_hyphen_values = true
    )]
    expression: Option<String>,

    /// The entities, a JSON object
    #[arg(long, value_name = "JSON", conflicts_with = "batch", default_value = "{}")]
    entities: String,

    /// Reads expressions from stdin, one per line
    #[arg(long)]
    batch: bool,
}

/// A line of a batch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EvalLine {
    expr: String,
    #[serde(default)]
    entities: Map<String, Json>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let Some(source) = &arguments.expression else { return run_batch() };
    let entities = serde_json::from_str(&arguments.entities).map_err(|error| {
        let problem = format!("--entities is not a JSON object: {error}");
        CliError::message(problem)
            .with_code(ErrorCode::RequestInvalid)
            .with_hint("for example '{\"contact_name\":\"Ana\"}'")
    })?;
    if let Some((code, problem)) = find_defect(&arguments.entities, IntegerCheck::Everywhere) {
        return Err(CliError::message(format!("--entities: {problem}")).with_code(code));
    }
    let value = evaluate(source, &EvalEntities(entities)).map_err(|error| {
        let position = error.line.zip(error.column).map(|(line, column)| (line as usize, column as usize));
        let drawn = position.and_then(|(line, column)| super::excerpt::excerpt(source, line, column));
        CliError::message(error.message.clone()).with_code(error.code).with_excerpt(drawn)
    })?;
    let mut output = Output::new();
    output.write_json(&to_json_result(Ok(value)))?;
    output.flush()
}

fn run_batch() -> Result<(), CliError> {
    let mut output = Output::new();
    for line in Lines::new(std::io::stdin().lock(), Limits::default().request_bytes) {
        let line = line.map_err(|error| CliError::message(format!("can't read {}: {error}", Input::Stdin)))?;
        let refused = |code: ErrorCode, message: String| json!({"error": {"code": code, "message": message, "line": null, "column": null}});
        output.write_json(&match line {
            Line::Invalid(why) => refused(why.code(), why.message()),
            Line::Text(text) => match parse_line(&text) {
                Ok(EvalLine { expr, entities }) => to_json_result(evaluate(&expr, &EvalEntities(entities))),
                Err((code, problem)) => refused(code, format!("the request: {problem}")),
            },
        })?;
        output.flush()?;
    }
    Ok(())
}

/// Parses a line of a batch. `Err`: a code and a message.
fn parse_line(text: &str) -> Result<EvalLine, (ErrorCode, String)> {
    let line = serde_json::from_str(text).map_err(|error| (ErrorCode::RequestInvalid, error.to_string()))?;
    match find_defect(text, IntegerCheck::InMember("entities")) {
        Some(defect) => Err(defect),
        None => Ok(line),
    }
}

/// Returns the code and the message of a defect that parsing removes from the entities.
fn find_defect(text: &str, integers: IntegerCheck<'_>) -> Option<(ErrorCode, String)> {
    let found = json::inspect(text, integers).into_first()?;
    let code = match found.defect {
        Defect::LargeInteger => ErrorCode::EntityType,
        _ => ErrorCode::RequestInvalid,
    };
    Some((code, found.to_string()))
}

fn evaluate(source: &str, entities: &EvalEntities) -> Result<Value, ExpressionError> {
    let session = SessionView { id: "", channel: "", user: "" };
    let scope = Scope { entities, variables: None, session, now: Utc::now(), locale: &UtcLocale };
    Expression::parse(source)?.evaluate(&scope, &mut Budget::new(MAX_STEPS))
}

/// Entities in which null is a value. Only this command has them, because it has no session, in which null means unset.
struct EvalEntities(Map<String, Json>);

impl Entities for EvalEntities {
    fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }

    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.0.keys().map(String::as_str))
    }

    fn null_is_a_value(&self) -> bool {
        true
    }
}

/// UTC, without a region for phone numbers.
struct UtcLocale;

impl Locale for UtcLocale {
    fn to_local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.naive_utc()
    }

    fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc> {
        local.and_utc()
    }

    fn phone(&self, text: &str) -> Result<String, String> {
        phone::normalise(text, None).map(|phone| phone.e164).map_err(|refusal| refusal.message)
    }
}
