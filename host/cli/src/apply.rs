//! `flowhost apply`: creates or updates tenants and campaigns from a file.

use super::connect;
use super::error::CliError;
use super::input::Input;
use super::options::Options;
use super::output::{Output, print_stderr};
use clap::Args;
use flowhost::ErrorCode;
use flowhost::domain::configuration::{ChangeAction, ChangeReport, ObjectKind};
use flowhost::store::{self, ApplyError, Store};

/// Maximum size of a file, bytes.
const MAX_BYTES: usize = 64 << 20;

/// Arguments of `flowhost apply`.
#[derive(Debug, Args)]
#[command(
    about = "Create or update tenants and campaigns from a JSON file",
    long_about = "Creates or updates tenants and campaigns from a JSON file and prints the changes. The command \
                  applies the whole file or nothing. An omitted field keeps its value, and applying the file again \
                  changes nothing. `flowhost tenants --json` and `flowhost campaigns --json` print the fields.",
    after_help = "Example:\n  flowhost apply tenants.json"
)]
pub(super) struct Arguments {
    /// The file; - reads stdin
    file: Input,

    /// Prints the result for every object of the file as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    let store = connect::open_store(options).await?;
    let report = apply_file(store.as_ref(), &arguments.file).await?;
    store.close().await?;
    let mut output = Output::new();
    if arguments.json {
        output.write_json(&report)?;
        return output.flush();
    }
    let mut changes = change_lines(&report).peekable();
    if changes.peek().is_none() {
        print_stderr("nothing changed");
    }
    changes.try_for_each(|line| output.write_line(&line))?;
    output.flush()
}

/// Returns the changes, one line each.
pub(super) fn change_lines(report: &[ChangeReport]) -> impl Iterator<Item = String> {
    report.iter().filter(|change| change.action != ChangeAction::Unchanged).map(|change| {
        let thing = match change.kind {
            ObjectKind::Tenant => format!("tenant {}", change.id),
            kind => format!("{} {} of {}", kind.name(), change.id, change.tenant),
        };
        match change.action {
            ChangeAction::Created => format!("created {thing}"),
            _ => format!("updated {thing}: {}", change.fields.join(", ")),
        }
    })
}

/// Applies a file to a store.
pub(super) async fn apply_file(store: &dyn Store, input: &Input) -> Result<Vec<ChangeReport>, CliError> {
    let text = input.read_text(MAX_BYTES, ErrorCode::ApplyInvalid, ErrorCode::ApplyInvalid)?;
    store::apply(store, &text).await.map_err(|error| match error {
        ApplyError::Store(error) => error.into(),
        ApplyError::Refusal(refusal) => {
            let detail = |wanted: &str| refusal.details.iter().find(|(name, _)| name == wanted)?.1.parse().ok();
            let position = detail("line").zip(detail("column"));
            input.error_at(&text, &refusal.message, position, refusal.code)
        }
        error => CliError::message(error.to_string()),
    })
}
