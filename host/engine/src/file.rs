//! Reading of a component's file, which may be of any type.

use crate::load_error::LoadError;
use flowhost_error::ErrorCode;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// The reason why a file was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system reported an error.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The path is not a regular file (`component-invalid`), or the file is too large (`limit-component-size`).
    #[error(transparent)]
    Refused(#[from] LoadError),
}

/// Reads a regular file of at most `limit` bytes. It opens no other types of files, and never waits for a writer.
///
/// # Errors
/// See [`ReadError`].
pub fn read_component(path: &Path, limit: usize) -> Result<Vec<u8>, ReadError> {
    // Opening a device can have effects, so the type is checked first. The path may name another file afterwards.
    check(&std::fs::metadata(path)?, limit)?;
    let file = open(path)?;
    let metadata = file.metadata()?;
    check(&metadata, limit)?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    // A file may grow while it is read.
    file.take((limit as u64).saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(too_large(limit).into());
    }
    Ok(bytes)
}

fn check(metadata: &Metadata, limit: usize) -> Result<(), LoadError> {
    if metadata.is_dir() {
        return Err(LoadError::new(ErrorCode::ComponentInvalid, "it is a folder, not a component"));
    }
    if !metadata.is_file() {
        return Err(LoadError::new(ErrorCode::ComponentInvalid, "it is a pipe, socket or device; only files are read"));
    }
    if metadata.len() > limit as u64 { Err(too_large(limit)) } else { Ok(()) }
}

fn too_large(limit: usize) -> LoadError {
    LoadError::new(ErrorCode::LimitComponentSize, format!("the file has more than {limit} bytes"))
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}
