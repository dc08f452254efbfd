//! Files of recordings: reading of at most 64 MiB, and writing without overwriting.

use crate::error::RecordingError;
use crate::model::Recording;
use flowhost_error::ErrorCode;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Maximum size of a recording, bytes.
pub const MAX_RECORDING_BYTES: usize = 64 << 20;

/// The end of the names of recordings in a folder.
pub const FILE_SUFFIX: &str = ".recording.json";

/// Reads a recording from a file.
///
/// # Errors
/// As [`Recording::parse`]. A file that can't be read is `recording-invalid`.
pub fn read(path: &Path) -> Result<Recording, RecordingError> {
    let unreadable = |error: io::Error| RecordingError::invalid(format!("it can't be read: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(RecordingError::invalid("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_RECORDING_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| RecordingError::invalid("it is not UTF-8 text"))?;
    Recording::parse(&text)
}

/// Writes a recording to a new file with mode 0600, completely or not at all.
///
/// # Errors
/// `record-exists`: the file exists. `record-too-large`, `record-failed`: nothing was written.
pub fn write_new(path: &Path, recording: &Recording) -> Result<(), RecordingError> {
    let text = recording.to_text()?;
    let temporary = temporary_path(path);
    let written = write_text(&temporary, &text).and_then(|()| publish(&temporary, path));
    // The published file is a second name of the same file.
    let removed = std::fs::remove_file(&temporary);
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => {
            let message = format!("the recording can't be written to {}: {error}", path.display());
            RecordingError::new(ErrorCode::RecordFailed, message)
        }
    })?;
    drop(removed);
    Ok(())
}

/// Returns the error of a file or folder that has recordings already.
pub(crate) fn exists(path: &Path) -> RecordingError {
    let message = format!("{} exists already; give another name", path.display());
    RecordingError::new(ErrorCode::RecordExists, message)
}

fn write_text(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Gives the complete file its name. A hard link fails if the name is in use, in one step.
fn publish(temporary: &Path, path: &Path) -> io::Result<()> {
    std::fs::hard_link(temporary, path)
}

/// Returns a path beside the file that no other process or call uses.
fn temporary_path(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{}.tmp", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}
