//! The cases to run: files, folders and a filter.

use crate::case_file::{Case, CaseFile};
use crate::error::CaseError;
use crate::expectation::Completeness;
use flowhost_error::text::quote;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Maximum size of a file, bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Cases of one action, checked before anything runs.
#[derive(Debug, Clone)]
pub struct Cases {
    pub(crate) files: Vec<CaseFile>,
}

impl Cases {
    /// Reads files, and all `*.json` of folders, sorted by name.
    ///
    /// # Errors
    /// `case-invalid` with file, line and pointer: a file cannot be read, or it does not have the form of cases.
    /// `case-none`: there is no case.
    pub fn read<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, CaseError> {
        Self::read_all(paths, Completeness::Required)
    }

    /// Reads cases whose `expect` may be empty, since [`Cases::update`] fills it.
    ///
    /// # Errors
    /// As [`Cases::read`].
    pub fn read_incomplete<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, CaseError> {
        Self::read_all(paths, Completeness::Optional)
    }

    /// Parses the text of one file with this name.
    ///
    /// # Errors
    /// As [`Cases::read`].
    pub fn parse(name: &str, text: &str) -> Result<Self, CaseError> {
        Self { files: vec![CaseFile::parse(name, text, Completeness::Required)?] }.check_not_empty()
    }

    fn read_all<P: AsRef<Path>>(
        paths: impl IntoIterator<Item = P>,
        completeness: Completeness,
    ) -> Result<Self, CaseError> {
        let (mut files, mut known) = (Vec::new(), BTreeSet::new());
        for path in paths {
            for path in list_files(path.as_ref())? {
                if known.insert(path.clone()) {
                    let name = path.display().to_string();
                    files.push(CaseFile::parse(&name, &read_text(&path, &name)?, completeness)?);
                }
            }
        }
        Self { files }.check_not_empty()
    }

    /// Selects the cases whose `FILE: NAME` contains the text.
    ///
    /// # Errors
    /// `case-none`: there is no such case.
    pub fn filter(mut self, text: &str) -> Result<Self, CaseError> {
        for file in &mut self.files {
            let name = file.name.clone();
            file.cases.retain(|case| format!("{name}: {}", case.name).contains(text));
            file.migrations.retain(|case| format!("{name}: {}", case.name).contains(text));
        }
        if self.is_empty() {
            let message = format!("no case has {} in its file and name; use another filter", quote(text));
            return Err(CaseError::none(message));
        }
        Ok(self)
    }

    /// Returns the number of cases, with the golden cases of migrations.
    pub fn len(&self) -> usize {
        self.files.iter().map(|file| file.cases.len() + file.migrations.len()).sum()
    }

    /// Returns whether there is no case.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&CaseFile, &Case)> {
        self.files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case)))
    }

    fn check_not_empty(self) -> Result<Self, CaseError> {
        match self.is_empty() {
            true => Err(CaseError::none("no file has a case; add one to `cases`".to_owned())),
            false => Ok(self),
        }
    }
}

fn list_files(path: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let unreadable = |error: std::io::Error| unreadable(&path.display().to_string(), &error);
    if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(unreadable)?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().map_err(unreadable)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json") && file.is_file());
    files.sort();
    Ok(files)
}

fn read_text(path: &Path, name: &str) -> Result<String, CaseError> {
    let unreadable = |error: std::io::Error| unreadable(name, &error);
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_FILE_BYTES {
        let message = format!("the file has {size} bytes; at most {MAX_FILE_BYTES} are allowed; split it");
        return Err(CaseError::invalid(name, None, "", &message));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count();
        CaseError::invalid(name, Some(line), "", "the file is not UTF-8 text; save it as UTF-8")
    })
}

fn unreadable(name: &str, error: &std::io::Error) -> CaseError {
    CaseError::invalid(name, None, "", &format!("the file or folder can't be read: {error}"))
}
