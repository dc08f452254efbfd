//! The places to which commands write recordings: one new file, or numbered files in a folder.

use crate::error::AuthorError;
use flowhost::ErrorCode;
use flowhost::recording::{FILE_SUFFIX, Recording, RecordingError, write_new};
use std::path::{Path, PathBuf};

/// A file for one recording. It does not exist when the command starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFile {
    path: PathBuf,
}

impl RecordFile {
    /// Checks that the file does not exist.
    ///
    /// # Errors
    /// `record-exists`.
    pub fn new(path: &Path) -> Result<Self, AuthorError> {
        match path.symlink_metadata() {
            Ok(_) => Err(exists(format!("{} exists already", path.display()))),
            Err(_) => Ok(Self { path: path.to_owned() }),
        }
    }

    /// Writes the recording.
    ///
    /// # Errors
    /// `record-exists`, `record-too-large` or `record-failed`.
    pub fn write(&self, recording: &Recording) -> Result<(), AuthorError> {
        Ok(write_new(&self.path, recording)?)
    }
}

/// A folder for numbered recordings. It has none when the command starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFolder {
    path: PathBuf,
}

impl RecordFolder {
    /// Creates the folder if it is missing, and checks that it has no recording.
    ///
    /// # Errors
    /// `record-exists` or `record-failed`.
    pub fn new(path: &Path) -> Result<Self, AuthorError> {
        let shown = path.display();
        let failed = |error: std::io::Error| {
            AuthorError::new(ErrorCode::RecordFailed, format!("the folder {shown} can't be used: {error}"))
        };
        std::fs::create_dir_all(path).map_err(failed)?;
        for entry in path.read_dir().map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if is_recording(Path::new(&name)) {
                return Err(exists(format!("the folder {shown} has recordings already")));
            }
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Writes the recording of a step, line or case with this number.
    ///
    /// # Errors
    /// `record-exists`, `record-too-large` or `record-failed`.
    pub fn write(&self, number: usize, recording: &Recording) -> Result<(), AuthorError> {
        let name = format!("{number:06}-{}{FILE_SUFFIX}", recording.action.id);
        Ok(write_new(&self.path.join(name), recording)?)
    }
}

/// Returns whether the name is that of a recording in a folder.
pub(crate) fn is_recording(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(FILE_SUFFIX))
}

fn exists(message: String) -> AuthorError {
    AuthorError::new(ErrorCode::RecordExists, format!("{message}; give another name"))
}

impl From<RecordingError> for AuthorError {
    fn from(error: RecordingError) -> Self {
        Self::new(error.code, error.message)
    }
}
