//! The project of an action: a folder with `flowhost.toml`.

use crate::error::AuthorError;
use flowhost::ErrorCode;
use serde::Deserialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The name of the file.
const FILE: &str = "flowhost.toml";

/// The folders with the programs that are installed for one project.
const PROGRAM_FOLDERS: [&str; 2] = [".venv/bin", "node_modules/.bin"];

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The folder.
    pub folder: PathBuf,
    /// The content of `flowhost.toml`.
    pub settings: ProjectSettings,
}

/// The content of `flowhost.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSettings {
    /// The plugin.
    pub plugin: PluginSettings,
    /// The build.
    pub build: BuildSettings,
}

/// The table `plugin`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginSettings {
    /// The id of the action.
    pub id: String,
    /// The language of the sources.
    pub language: ProjectLanguage,
    /// The version of the contract.
    pub contract: String,
    /// The component, relative to the folder.
    pub component: PathBuf,
}

/// The table `build`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildSettings {
    /// The command for `sh -c`.
    pub command: String,
    /// The core module to pack into the component. `None`: the command writes the component.
    #[serde(default)]
    pub module: Option<PathBuf>,
    /// Files and folders with the sources.
    #[serde(default)]
    pub watch: Vec<PathBuf>,
}

/// The language of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProjectLanguage {
    /// Rust.
    Rust,
    /// Python.
    Python,
    /// JavaScript.
    Javascript,
}

impl Project {
    /// Reads the project in this folder.
    ///
    /// # Errors
    /// `project-invalid`: `flowhost.toml` is missing, it is not TOML, or it has an unknown key or a wrong type.
    pub fn read(folder: &Path) -> Result<Self, AuthorError> {
        let path = folder.join(FILE);
        let invalid =
            |problem: String| AuthorError::new(ErrorCode::ProjectInvalid, format!("{}: {problem}", path.display()));
        let text = std::fs::read_to_string(&path).map_err(|error| invalid(format!("it can't be read: {error}")))?;
        let settings: ProjectSettings = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = 1 + before.matches('\n').count();
            invalid(format!("line {line}: {}; correct it", error.message()))
        })?;
        Ok(Self { folder: folder.to_owned(), settings })
    }

    /// Returns the project in this folder or in the nearest folder above. `None`: there is no project.
    ///
    /// # Errors
    /// As [`Project::read`].
    pub fn find(folder: &Path) -> Result<Option<Self>, AuthorError> {
        // The shortest form of the folder appears in the names of cases.
        let mut candidate = folder.to_owned();
        let depth = std::path::absolute(folder).map_or(0, |path| path.components().count());
        for _ in 0..depth {
            if candidate.join(FILE).is_file() {
                return Self::read(&candidate).map(Some);
            }
            candidate.push("..");
        }
        Ok(None)
    }

    /// Returns the path of the component.
    pub fn component(&self) -> PathBuf {
        self.path(&self.settings.plugin.component)
    }

    /// Returns the folder with the cases.
    pub fn cases(&self) -> PathBuf {
        self.path(Path::new("cases"))
    }

    /// Returns the folders with programs, as the variable `PATH` lists them: first those in which the tools of Python
    /// and of JavaScript install programs for this project.
    pub(crate) fn search_path(&self) -> OsString {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let own = PROGRAM_FOLDERS.into_iter().filter_map(|folder| std::path::absolute(self.folder.join(folder)).ok());
        let folders = own.chain(std::env::split_paths(&inherited));
        // A folder with a colon in its path cannot be listed.
        std::env::join_paths(folders).unwrap_or(inherited)
    }

    /// Returns a path in the folder.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        if self.folder == Path::new(".") { path.to_owned() } else { self.folder.join(path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_of_a_project_come_first() {
        let plugin = PluginSettings {
            id: "acme-tier".into(),
            language: ProjectLanguage::Python,
            contract: "1.0.0".into(),
            component: "dist/acme-tier.wasm".into(),
        };
        let build = BuildSettings { command: "true".into(), module: None, watch: Vec::new() };
        let project = Project { folder: "some".into(), settings: ProjectSettings { plugin, build } };
        let path = project.search_path();
        let folders: Vec<PathBuf> = std::env::split_paths(&path).take(2).collect();
        assert!(folders.iter().all(|folder| folder.is_absolute()), "{folders:?}");
        assert!(folders.iter().zip(PROGRAM_FOLDERS).all(|(folder, name)| folder.ends_with(name)), "{folders:?}");
    }
}
