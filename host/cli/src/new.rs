//! `flowhost new`: creates a project for an action.

use super::error::CliError;
use super::output::Output;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, ValueEnum};
use flowhost_author::{NewProject, ProjectLanguage};
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

    /// Uses the SDK for Rust in this folder instead of the published one
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

/// The languages of projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Rust,
    Python,
    Javascript,
}

impl From<Language> for ProjectLanguage {
    fn from(language: Language) -> Self {
        match language {
            Language::Rust => Self::Rust,
            Language::Python => Self::Python,
            Language::Javascript => Self::Javascript,
        }
    }
}

/// Runs the command.
pub(super) fn run(arguments: Arguments) -> Result<(), CliError> {
    let Arguments { name, lang, dir, sdk } = arguments;
    if sdk.is_some() && lang != Language::Rust {
        let message = "--sdk is not an option of this language: only projects in Rust use the SDK; leave it out";
        return Err(CliError::usage(super::Arguments::command().error(ErrorKind::ArgumentConflict, message)));
    }
    let folder = dir.unwrap_or_else(|| name.clone().into());
    let shown = folder.display().to_string();
    let files = NewProject { name, language: lang.into(), folder, sdk }.create()?;
    let mut output = Output::new();
    files.iter().try_for_each(|file| output.write_line(&file.display().to_string()))?;
    let install = match lang {
        Language::Rust => "",
        Language::Python => " && python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
        Language::Javascript => " && npm install",
    };
    output.write_text(&format!("\ncd {shown}{install}\nflowhost build\nflowhost test\n"))?;
    output.flush()
}
