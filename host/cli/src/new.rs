//! `flowhost new`: creates a project for an action.

use super::error::CliError;
use super::output::Output;
use clap::{Args, ValueEnum};
use flowhost_author::NewProject;
use std::path::PathBuf;

/// Arguments of `flowhost new`.
#[derive(Debug, Args)]
#[command(
    about = "Create a project for an action",
    after_help = "Example:\n  flowhost new acme-loyalty-tier --lang rust"
)]
pub(super) struct Arguments {
    /// The id of the action; the part before its first hyphen is the prefix of its error codes
    name: String,

    /// The language
    #[arg(long, value_enum)]
    lang: Language,

    /// The folder to create; ./NAME if absent
    #[arg(long)]
    dir: Option<PathBuf>,

    /// Uses the SDK in this folder instead of the published one
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

/// The languages of projects.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    Rust,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments) -> Result<(), CliError> {
    let Arguments { name, lang: Language::Rust, dir, sdk } = arguments;
    let folder = dir.unwrap_or_else(|| name.clone().into());
    let shown = folder.display().to_string();
    let files = NewProject { name, folder, sdk }.create()?;
    let mut output = Output::new();
    files.iter().try_for_each(|file| output.write_line(&file.display().to_string()))?;
    output.write_text(&format!("\ncd {shown}\nflowhost build\nflowhost test\n"))?;
    output.flush()
}
