//! `flowhost build`: builds the component of a project.

use super::error::CliError;
use super::output::Output;
use super::project;
use clap::Args;
use flowhost::Limits;
use std::path::PathBuf;

/// Arguments of `flowhost build`.
#[derive(Debug, Args)]
#[command(
    about = "Build the component of a project",
    long_about = "Runs the command of flowhost.toml in the project's folder, and packs its module into a component. The \
                  output of the command goes to stderr.",
    after_help = "Example:\n  flowhost build acme-loyalty-tier"
)]
pub(super) struct Arguments {
    /// The folder of the project; the current folder or the nearest one above with a flowhost.toml if absent
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let project = project::read(arguments.folder.as_deref())?;
    super::stderr::flush();
    let built = project.build(Limits::default().component_bytes)?;
    let mut output = Output::new();
    output.write_line(&format!("wrote {} ({} bytes, sha256:{})", built.path.display(), built.bytes, built.digest))?;
    output.flush()
}
