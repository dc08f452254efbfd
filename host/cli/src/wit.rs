//! `flowhost wit`: writes the contract for an author of actions.

use super::error::CliError;
use super::output::print_stderr;
use clap::Args;
use flowhost::catalog::CONTRACT_VERSION;
use flowhost_author::wit_files;
use std::path::PathBuf;

/// Arguments of `flowhost wit`.
#[derive(Debug, Args)]
#[command(
    about = "Write the contract's WIT files and the schemas of test cases and recordings for an author of actions",
    after_help = "Example:\n  flowhost wit my-action/wit"
)]
pub(super) struct Arguments {
    /// The folder to write to; created if missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the files.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    for (name, text) in wit_files() {
        let path = arguments.folder.join(name);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| CliError::message(format!("can't write {}: {error}", path.display())))?;
    }
    print_stderr(&format!(
        "wrote {} files of the contract {CONTRACT_VERSION} to {}",
        wit_files().count(),
        arguments.folder.display()
    ));
    Ok(())
}
