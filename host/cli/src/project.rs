//! The project that a command uses.

use super::error::CliError;
use flowhost::ErrorCode;
use flowhost_author::{AuthorError, Project};
use std::path::Path;

/// Reads the project in this folder. Without a folder: the one in the current folder or in the nearest folder above.
pub(super) fn read(folder: Option<&Path>) -> Result<Project, CliError> {
    match folder {
        Some(folder) => Ok(Project::read(folder)?),
        None => find()?.ok_or_else(|| {
            CliError::message("no flowhost.toml is in this folder or in a folder above")
                .with_code(ErrorCode::ProjectInvalid)
                .with_hint("name a component or a project, or create a project with flowhost new")
        }),
    }
}

/// Returns the project of the current folder; `None`: there is no project.
pub(super) fn find() -> Result<Option<Project>, CliError> {
    Ok(Project::find(Path::new("."))?)
}

impl From<AuthorError> for CliError {
    fn from(error: AuthorError) -> Self {
        Self::message(error.message).with_code(error.code)
    }
}
