//! `flowhost doctor`: checks the tools for authors and a project.

use super::connect;
use super::error::CliError;
use super::options::Options;
use super::output::Output;
use super::terminal::Style;
use clap::Args;
use flowhost::text::escape;
use flowhost_author::{Check, Project, check_setup};
use std::path::{Path, PathBuf};

/// Arguments of `flowhost doctor`.
#[derive(Debug, Args)]
#[command(
    about = "Check the tools for authors and a project",
    long_about = "Checks the tools for the language of the project (without a project, for all languages), and the project \
                  itself. It changes nothing. The exit code is 1 if there is a problem.",
    after_help = "Example:\n  flowhost doctor acme-loyalty-tier"
)]
pub(super) struct Arguments {
    /// The folder of the project; the current folder or the nearest one above with a flowhost.toml if absent
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Prints the checks as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    let project = match &arguments.folder {
        Some(folder) => Some(Project::read(folder)),
        None => Project::find(Path::new(".")).transpose(),
    };
    let builder = connect::builder_without_plugins(options).without_built_in_actions().workers(1);
    let host = builder.open(flowhost::store::MemoryStore::new()).await?;
    let load_id = |bytes: &[u8]| match host.inspect(bytes) {
        Ok(action) => Ok(action.manifest.id.clone()),
        Err(error) => Err(format!("{}: {}", error.code, error.message)),
    };
    let checks = check_setup(project, &load_id);
    let mut output = Output::new();
    if arguments.json {
        output.write_json(&checks)?;
    } else {
        checks.iter().try_for_each(|check| output.write_line(&format_check(check)))?;
    }
    output.flush()?;
    if checks.iter().all(|check| check.ok) { Ok(()) } else { Err(CliError::AlreadyReported) }
}

fn format_check(Check { check, ok, found, wanted, fix }: &Check) -> String {
    let (style, check, found) = (Style::stdout(), escape(check), escape(found));
    if *ok {
        format!("{}      {check}: {found}", style.green("ok"))
    } else {
        format!("{} {check}: {found}, not {wanted}; {}", style.red("problem"), escape(fix))
    }
}
