//! The recordings that a command replays.

use crate::error::AuthorError;
use crate::record_folder::is_recording;
use flowhost::ErrorCode;
use std::path::{Path, PathBuf};

/// Maximum number of recordings of one command.
const MAX_RECORDINGS: usize = 1_000_000;

/// Returns the files of these paths: a file itself, and the `*.recording.json` in a folder and below it, sorted.
/// Links to folders are not followed.
///
/// # Errors
/// `recording-none`: there is no recording. A folder that can't be read has no code.
pub fn find_recordings(paths: &[PathBuf]) -> Result<Vec<PathBuf>, AuthorError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut found = Vec::new();
            add_folder(path, &mut found)?;
            found.sort();
            files.extend(found);
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        let message = "there is no *.recording.json in the folder; give a recording, or a folder with recordings";
        return Err(AuthorError::new(ErrorCode::RecordingNone, message));
    }
    Ok(files)
}

fn add_folder(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), AuthorError> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable =
            |error: std::io::Error| AuthorError::system(format!("can't read the folder {}: {error}", folder.display()));
        for entry in folder.read_dir().map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if entry.file_type().map_err(unreadable)?.is_dir() {
                folders.push(entry.path());
            } else if is_recording(&entry.path()) && entry.path().is_file() {
                files.push(entry.path());
            }
            if files.len() > MAX_RECORDINGS {
                return Err(AuthorError::system(format!("more than {MAX_RECORDINGS} recordings are too many")));
            }
        }
    }
    Ok(())
}
