//! The creation of a project from its template.

use crate::error::AuthorError;
use crate::project::ProjectLanguage;
use crate::templates::{TemplateFile, template, wit_files};
use flowhost::ErrorCode;
use flowhost::catalog::{CONTRACT_VERSION, built_in};
use flowhost::text::quote;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The package of the SDK.
const SDK: &str = "flowhost-sdk";

/// The version of the SDK that a project without `--sdk` uses.
const SDK_VERSION: &str = "0.1";

/// Maximum bytes of a name, that of an action's id.
const MAX_NAME_BYTES: usize = 128;

/// A project to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    /// The id of the action.
    pub name: String,
    /// The language of its sources.
    pub language: ProjectLanguage,
    /// The folder to create.
    pub folder: PathBuf,
    /// The folder of the SDK for Rust. `None`: the published SDK.
    pub sdk: Option<PathBuf>,
}

impl NewProject {
    /// Writes the project, all of it or nothing. Returns the paths of its files.
    ///
    /// # Errors
    /// `name-invalid`, `name-reserved`, `name-taken`, or the system failed.
    pub fn create(&self) -> Result<Vec<PathBuf>, AuthorError> {
        self.check_name()?;
        self.check_folder()?;
        let failed = |error: io::Error| {
            AuthorError::system(format!("can't write the project {}: {error}", self.folder.display()))
        };
        let files = self.files().map_err(failed)?;
        let parent = self.folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(failed)?;
        // A hidden folder beside the new one becomes the new one at the end.
        let temporary = parent.join(format!(".{}.{}.new", self.name, std::process::id()));
        let written = Self::write_files(&temporary, &files).and_then(|()| fs::rename(&temporary, &self.folder));
        if let Err(error) = written {
            // The first error is the one to report.
            drop(fs::remove_dir_all(&temporary));
            return Err(failed(error));
        }
        Ok(files.iter().map(|(path, _)| self.folder.join(path)).collect())
    }

    fn check_name(&self) -> Result<(), AuthorError> {
        let name = &self.name;
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let is_valid = name.len() <= MAX_NAME_BYTES
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.contains('-')
            && name.split('-').all(is_word);
        if !is_valid {
            let message = format!(
                "the name {} is not an id: small letters, digits and at least one hyphen; write one such as \
                 acme-loyalty-tier",
                quote(name)
            );
            return Err(AuthorError::new(ErrorCode::NameInvalid, message));
        }
        if built_in().any(|(id, _)| id == name) {
            let message = format!("the name {} belongs to a shipped action; choose another", quote(name));
            return Err(AuthorError::new(ErrorCode::NameReserved, message));
        }
        Ok(())
    }

    fn check_folder(&self) -> Result<(), AuthorError> {
        let is_free = match fs::metadata(&self.folder) {
            Ok(metadata) if metadata.is_dir() => {
                fs::read_dir(&self.folder).is_ok_and(|mut entries| entries.next().is_none())
            }
            Ok(_) => false,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_free {
            return Ok(());
        }
        let shown = quote(&self.folder.display().to_string());
        let message = format!("{shown} is not an empty folder; choose another with --dir");
        Err(AuthorError::new(ErrorCode::NameTaken, message))
    }

    fn write_files(folder: &Path, files: &[(String, String)]) -> io::Result<()> {
        for (path, text) in files {
            let path = folder.join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, text)?;
        }
        Ok(())
    }

    /// Returns the paths in the project and the texts of its files.
    fn files(&self) -> io::Result<Vec<(String, String)>> {
        let file = |&TemplateFile { path, text }: &TemplateFile| Ok((path.to_owned(), self.fill_in(text)?));
        let mut files = template(self.language).iter().map(file).collect::<io::Result<Vec<_>>>()?;
        // The SDK for Rust has a copy of the contract.
        if self.language != ProjectLanguage::Rust {
            files.extend(wit_files().map(|(path, text)| (format!("wit/{path}"), text.to_owned())));
        }
        Ok(files)
    }

    /// Replaces the placeholders of a template.
    fn fill_in(&self, text: &str) -> io::Result<String> {
        let name = &self.name;
        let (prefix, rest) = name.split_once('-').unwrap_or((name, name));
        let mut title = rest.replace('-', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let sdk = match &self.sdk {
            Some(path) => {
                let path = fs::canonicalize(path)?;
                format!("{SDK} = {{ path = {} }}", toml::Value::from(path.display().to_string()))
            }
            None => format!("{SDK} = \"{SDK_VERSION}\""),
        };
        let values = [
            ("{{id}}", name.as_str()),
            ("{{module}}", &name.replace('-', "_")),
            ("{{prefix}}", prefix),
            ("{{title}}", &title),
            ("{{contract}}", CONTRACT_VERSION),
            ("{{sdk}}", &sdk),
        ];
        Ok(values.into_iter().fold(text.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value)))
    }
}

#[cfg(test)]
#[allow(clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    fn files(language: ProjectLanguage) -> Vec<(String, String)> {
        let project =
            NewProject { name: "acme-loyalty-tier".into(), language, folder: "acme-loyalty-tier".into(), sdk: None };
        project.files().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn no_placeholder_is_left() {
        for language in [ProjectLanguage::Rust, ProjectLanguage::Python, ProjectLanguage::Javascript] {
            for (path, text) in files(language) {
                assert!(!text.contains("{{"), "{path}");
            }
        }
    }

    #[test]
    fn a_rust_project_uses_the_published_sdk() {
        let files = files(ProjectLanguage::Rust);
        let (_, manifest) = files.iter().find(|(path, _)| path == "Cargo.toml").unwrap_or_else(|| panic!("Cargo.toml"));
        assert!(manifest.contains("\nflowhost-sdk = \"0.1\"\n"), "{manifest}");
    }

    #[test]
    fn only_projects_without_the_sdk_have_a_copy_of_the_contract() {
        let has_wit = |language| files(language).iter().any(|(path, _)| path == "wit/outbound/outbound.wit");
        assert!(!has_wit(ProjectLanguage::Rust));
        assert!(has_wit(ProjectLanguage::Python) && has_wit(ProjectLanguage::Javascript));
    }
}
