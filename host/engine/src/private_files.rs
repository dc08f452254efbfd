//! Files that only this user can write. The host does not read files that other users could have written.

use std::fs::File;
use std::io;
use std::path::Path;

/// Creates the folder, private to this user, if it is missing. An existing folder stays unchanged.
///
/// # Errors
/// The folder belongs to another user, is writable by others, or can't be created.
pub(crate) fn ensure_private_dir(folder: &Path) -> io::Result<()> {
    system::make(folder)?;
    let metadata = std::fs::metadata(folder)?;
    if !metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a folder"));
    }
    system::check(&metadata)
}

/// Reads a file that only this user can have written. Links are not followed.
///
/// # Errors
/// The path is not a regular file of this user, or it can't be read.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut file = system::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    system::check(&metadata)?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Creates a file that only this user can read and write.
///
/// # Errors
/// The file exists already, or it can't be created.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    system::create(path)
}

#[cfg(unix)]
mod system {
    use rustix::fs::OFlags;
    use std::fs::{DirBuilder, File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
    use std::path::Path;

    /// The write permissions of the group and of others.
    const WRITABLE_BY_OTHERS: u32 = 0o022;

    pub(super) fn make(folder: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)
    }

    pub(super) fn check(metadata: &Metadata) -> io::Result<()> {
        let denied = |what| Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return denied("it belongs to another user");
        }
        if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
            return denied("other users may write to it; remove their permission with `chmod go-w`");
        }
        Ok(())
    }

    pub(super) fn open(path: &Path) -> io::Result<File> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
    }

    pub(super) fn create(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{File, Metadata};
    use std::io;
    use std::path::Path;

    pub(super) fn make(folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)
    }

    pub(super) fn check(_metadata: &Metadata) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn open(path: &Path) -> io::Result<File> {
        File::open(path)
    }

    pub(super) fn create(path: &Path) -> io::Result<File> {
        File::create_new(path)
    }
}
