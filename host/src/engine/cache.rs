//! Compiled code on disk, so that a component is compiled once and not at every start.
//!
//! What is read here is run as machine code, so nothing is accepted but what this user's host wrote: the folder
//! must belong to this user and be writable by no one else, and each entry carries a digest.

use crate::sync::fs;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A folder with compiled components.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
    engine: u64,
}

/// A component as it comes out of the cache, or goes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Compiled {
    /// Machine code for engines of [`super::build`].
    pub(crate) code: Vec<u8>,
    /// What the component's `describe` answered.
    pub(crate) manifest: String,
    /// The functions that it imports.
    pub(crate) imports: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    manifest: String,
    imports: Vec<String>,
    code_sha256: String,
}

impl Cache {
    /// Opens the folder, made if missing. `engine` tells which engines' code is meant, see [`super::code`].
    pub(crate) fn open(folder: &Path, engine: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        restrict(folder)?;
        Ok(Self { folder: folder.to_owned(), engine })
    }

    /// What is kept for the component with this digest; `None` too where the entry is damaged.
    pub(crate) fn get(&self, digest: &str) -> Option<Compiled> {
        let entry: Entry = serde_json::from_slice(&fs::read(self.path(digest, "json")).ok()?).ok()?;
        let code = fs::read(self.path(digest, "cwasm")).ok()?;
        let Entry { manifest, imports, code_sha256 } = entry;
        (sha256(&code) == code_sha256).then_some(Compiled { code, manifest, imports })
    }

    /// Keeps it. Readers see either nothing or all of it.
    pub(crate) fn put(&self, digest: &str, compiled: &Compiled) -> io::Result<()> {
        let Compiled { code, manifest, imports } = compiled;
        let entry = Entry { manifest: manifest.clone(), imports: imports.clone(), code_sha256: sha256(code) };
        self.write(digest, "cwasm", code)?;
        self.write(digest, "json", &serde_json::to_vec(&entry)?)
    }

    fn path(&self, digest: &str, extension: &str) -> PathBuf {
        self.folder.join(format!("{digest}-{:016x}.{extension}", self.engine))
    }

    fn write(&self, digest: &str, extension: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(digest, extension);
        let draft = path.with_extension(format!("{extension}.{}", uuid::Uuid::new_v4().simple()));
        let written = fs::File::create_new(&draft).and_then(|mut file| file.write_all(bytes));
        written.and_then(|()| fs::rename(&draft, &path)).inspect_err(|_| drop(fs::remove_file(&draft)))
    }
}

/// SHA-256 as 64 hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(unix)]
fn restrict(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    // Only the owner may do this, so it also proves who that is, unless one is root.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    let of_folder = fs::metadata(folder)?.uid();
    let probe = folder.join(format!(".{}", uuid::Uuid::new_v4().simple()));
    let mine = fs::File::create_new(&probe).and_then(|file| file.metadata()).map(|metadata| metadata.uid());
    drop(fs::remove_file(&probe));
    if mine? == of_folder {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "the folder belongs to another user"))
}

#[cfg(not(unix))]
fn restrict(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cache(folder: &Path) -> Cache {
        Cache::open(folder, 1).unwrap()
    }

    #[test]
    fn what_was_put_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        let compiled = Compiled { code: vec![1, 2, 3], manifest: "{}".to_owned(), imports: Vec::new() };
        cache.put("d", &compiled).unwrap();
        assert_eq!(cache.get("d"), Some(compiled));
        assert_eq!(cache.get("e"), None);
    }

    #[test]
    fn damaged_code_is_not_given_out() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        cache.put("d", &Compiled { code: vec![1, 2, 3], manifest: String::new(), imports: Vec::new() }).unwrap();
        fs::write(cache.path("d", "cwasm"), [1, 2, 4]).unwrap();
        assert_eq!(cache.get("d"), None);
    }
}
