//! A disk cache of compiled components, which avoids compiling them at every start.
//!
//! The host executes the cached machine code, so the cache accepts only files of this user. The folder and each file
//! must belong to this user, no other user may have write permission, and each entry carries a digest.
//!
//! The cache does not evict entries: an entry of another version of the host or of a component stays until the owner of
//! the folder deletes it.

use crate::refusal::CachedRefusal;
use crate::{ComponentFacts, LoadError, private_files};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The extension of the files with refusals.
const REFUSAL: &str = "refusal";

/// A folder of compiled components, and of refusals of components.
#[derive(Debug, Clone)]
pub struct CodeCache {
    folder: PathBuf,
    keys: CacheKeys,
}

/// Hashes of everything beside the component that determines an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheKeys {
    /// The [`super::code::compatibility_hash`] of the engines that run the code.
    pub engine: u64,
    /// A hash of the host's version and limits, which determine whether the host refuses a component.
    pub host: u64,
}

/// A compiled component, as the cache stores and returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedComponent {
    /// Machine code for engines of [`super::new_engine`].
    pub code: Vec<u8>,
    /// The manifest that the component's `describe` returned.
    pub manifest: String,
    /// The facts that the host has read from the component.
    pub facts: ComponentFacts,
}

#[derive(Serialize, Deserialize)]
struct CacheEntry {
    manifest: String,
    facts: ComponentFacts,
    code_sha256: String,
}

impl CodeCache {
    /// Opens the folder and creates it if it is missing.
    ///
    /// # Errors
    /// The folder can't be created, belongs to another user, or is writable by others. An existing folder is never
    /// changed.
    pub fn open(folder: &Path, keys: CacheKeys) -> io::Result<Self> {
        private_files::ensure_private_dir(folder)?;
        Ok(Self { folder: folder.to_owned(), keys })
    }

    /// Returns the entry of the component with this digest; `None` if it is missing or damaged.
    pub fn get(&self, digest: &str) -> Option<CachedComponent> {
        let entry: CacheEntry = serde_json::from_slice(&self.read(digest, "json")?).ok()?;
        let code = self.read(digest, "cwasm")?;
        let CacheEntry { manifest, facts, code_sha256 } = entry;
        (sha256(&code) == code_sha256).then_some(CachedComponent { code, manifest, facts })
    }

    /// Stores an entry. Readers see either the complete entry or none.
    pub fn put(&self, digest: &str, compiled: &CachedComponent) -> io::Result<()> {
        let CachedComponent { code, manifest, facts } = compiled;
        let entry = CacheEntry { manifest: manifest.clone(), facts: facts.clone(), code_sha256: sha256(code) };
        self.write(digest, "cwasm", code)?;
        self.write(digest, "json", &serde_json::to_vec(&entry)?)
    }

    /// Returns the refusal of the component with this digest; `None` if it is missing or damaged.
    pub fn refusal(&self, digest: &str) -> Option<LoadError> {
        let refusal: CachedRefusal = serde_json::from_slice(&self.read(digest, REFUSAL)?).ok()?;
        refusal.into_error()
    }

    /// Stores the refusal of a component. It ignores an error that another attempt could avoid.
    pub fn put_refusal(&self, digest: &str, error: &LoadError) -> io::Result<()> {
        if error.is_transient {
            return Ok(());
        }
        self.write(digest, REFUSAL, &serde_json::to_vec(&CachedRefusal::new(error))?)
    }

    fn path(&self, digest: &str, extension: &str) -> PathBuf {
        let key = if extension == REFUSAL { self.keys.host } else { self.keys.engine };
        self.folder.join(format!("{digest}-{key:016x}.{extension}"))
    }

    fn read(&self, digest: &str, extension: &str) -> Option<Vec<u8>> {
        let path = self.path(digest, extension);
        private_files::read(&path)
            .inspect_err(|error| {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!("compiled code can't be read from {}: {error}", path.display());
                }
            })
            .ok()
    }

    fn write(&self, digest: &str, extension: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(digest, extension);
        let draft = path.with_extension(format!("{extension}.{}", uuid::Uuid::new_v4().simple()));
        let written = private_files::create(&draft).and_then(|mut file| file.write_all(bytes));
        written.and_then(|()| fs::rename(&draft, &path)).inspect_err(|_| drop(fs::remove_file(&draft)))
    }
}

/// SHA-256 as 64 hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a `String` can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use flowhost_error::{Diagnostic, ErrorCode};

    const KEYS: CacheKeys = CacheKeys { engine: 1, host: 2 };

    fn cache(folder: &Path) -> CodeCache {
        CodeCache::open(folder, KEYS).unwrap()
    }

    #[test]
    fn a_stored_component_is_returned() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        let compiled =
            CachedComponent { code: vec![1, 2, 3], manifest: "{}".to_owned(), facts: ComponentFacts::default() };
        cache.put("d", &compiled).unwrap();
        assert_eq!(cache.get("d"), Some(compiled));
        assert_eq!(cache.get("e"), None);
    }

    #[test]
    fn a_stored_refusal_is_returned_for_the_same_host_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        let found = vec![Diagnostic::warning("/uses/0", ErrorCode::ManifestUnused, "unused")];
        let error = LoadError { findings: found, ..LoadError::new(ErrorCode::PluginContract, "x".repeat(100)) };
        cache.put_refusal("d", &error).unwrap();
        assert_eq!(cache.refusal("d"), Some(error));
        let other = CodeCache::open(folder.path(), CacheKeys { engine: 1, host: 3 }).unwrap();
        assert_eq!(other.refusal("d"), None);
    }

    #[test]
    fn a_refusal_that_depends_on_the_machine_is_not_stored() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        for code in [ErrorCode::LimitCompileTime, ErrorCode::LimitCpu, ErrorCode::LimitDeadline] {
            cache.put_refusal("d", &LoadError::new(code, "slow")).unwrap();
        }
        cache.put_refusal("d", &LoadError::transient(ErrorCode::ComponentInvalid, "no compiler")).unwrap();
        assert_eq!(cache.refusal("d"), None);
    }

    #[test]
    fn damaged_code_is_not_returned() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        cache
            .put(
                "d",
                &CachedComponent { code: vec![1, 2, 3], manifest: String::new(), facts: ComponentFacts::default() },
            )
            .unwrap();
        fs::write(cache.path("d", "cwasm"), [1, 2, 4]).unwrap();
        assert_eq!(cache.get("d"), None);
    }

    #[cfg(unix)]
    fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_made_for_its_user_alone_and_never_changed() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("new/folder");
        cache(&folder);
        assert_eq!(mode(&folder), 0o700);
        for (before, is_used) in [(0o755, true), (0o775, false), (0o757, false), (0o1777, false)] {
            set_mode(&folder, before);
            assert_eq!(CodeCache::open(&folder, KEYS).is_ok(), is_used, "{before:o}");
            assert_eq!(mode(&folder), before);
        }
        let file = parent.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(CodeCache::open(&file, KEYS).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn an_entry_that_others_may_have_written_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        let compiled =
            CachedComponent { code: vec![1, 2, 3], manifest: "{}".to_owned(), facts: ComponentFacts::default() };
        for extension in ["json", "cwasm"] {
            cache.put("d", &compiled).unwrap();
            let path = cache.path("d", extension);
            assert_eq!(mode(&path), 0o600);
            set_mode(&path, 0o620);
            assert_eq!(cache.get("d"), None, "{extension}");
            set_mode(&path, 0o644);
            assert_eq!(cache.get("d").as_ref(), Some(&compiled), "{extension}");
            // A symbolic link to the same bytes.
            let moved = folder.path().join("moved");
            fs::rename(&path, &moved).unwrap();
            std::os::unix::fs::symlink(&moved, &path).unwrap();
            assert_eq!(cache.get("d"), None, "{extension}");
        }
    }
}
