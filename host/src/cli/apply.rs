//! `flowhost apply`: tenants and campaigns from a file.

use super::failed::Failed;
use super::input::Input;
use super::open;
use super::options::Options;
use super::output::{Output, say};
use clap::Args;
use flowhost::domain::configuration::{Action, ChangeReport, Kind};
use flowhost::store::{self, ApplyError, Store};

/// Bytes of a file.
const MAX_BYTES: usize = 64 << 20;

/// What to apply.
#[derive(Debug, Args)]
#[command(
    about = "Create or update tenants and campaigns from a JSON file",
    long_about = "Creates or updates tenants and campaigns from a JSON file and prints what changed. All of the file is \
                  applied or none; a field that it leaves out keeps its value; applying it again changes nothing. \
                  `flowhost tenants --json` and `flowhost campaigns --json` print the fields.",
    after_help = "Example:\n  flowhost apply tenants.json"
)]
pub(super) struct Arguments {
    /// The file; - reads stdin
    file: Input,

    /// Prints what became of everything in the file as JSON
    #[arg(long)]
    json: bool,
}

/// Applies, prints.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), Failed> {
    let store = open::store(options).await?;
    let report = apply(store.as_ref(), &arguments.file).await?;
    store.close().await?;
    let mut output = Output::new();
    if arguments.json {
        output.json(&report)?;
        return output.flush();
    }
    let mut changes = lines(&report).peekable();
    if changes.peek().is_none() {
        say("nothing changed");
    }
    changes.try_for_each(|line| output.line(&line))?;
    output.flush()
}

/// What changed, a line each.
pub(super) fn lines(report: &[ChangeReport]) -> impl Iterator<Item = String> {
    report.iter().filter(|change| change.action != Action::Unchanged).map(|change| {
        let thing = match change.kind {
            Kind::Tenant => format!("tenant {}", change.id),
            Kind::Campaign => format!("campaign {} of {}", change.id, change.tenant),
        };
        match change.action {
            Action::Created => format!("created {thing}"),
            Action::Updated | Action::Unchanged => format!("updated {thing}: {}", change.fields.join(", ")),
        }
    })
}

/// Brings a store to what the file says.
pub(super) async fn apply(store: &dyn Store, input: &Input) -> Result<Vec<ChangeReport>, Failed> {
    let text = input.text(MAX_BYTES, "apply-invalid", "apply-invalid")?;
    store::apply(store, &text).await.map_err(|error| match error {
        ApplyError::Store(error) => error.into(),
        ApplyError::Refused(refusal) => {
            let detail = |wanted: &str| refusal.details.iter().find(|(name, _)| name == wanted)?.1.parse().ok();
            let place = detail("line").zip(detail("column"));
            input.wrong(&text, &refusal.message, place, refusal.code)
        }
    })
}
