//! Connections to the file.

use super::error::{CANNOT_OPEN, READ_ONLY, SqliteError};
use super::{SqliteOptions, Synchronous};
use flowhost_store::StoreError;
use flowhost_store::clock::IdempotencyClock;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use std::path::{Path, PathBuf};

/// Size of the write-ahead log at which a commit checkpoints it, in pages of 4 KiB. With a larger size, SQLite copies
/// pages that change with every commit into the file less often. The recovery after a crash takes longer.
const CHECKPOINT_PAGES: u32 = 8_192;

/// Size in bytes to which SQLite truncates a log that has grown during a long read.
const LOG_BYTES: u32 = 64 << 20;

/// Page cache of a connection in KiB.
const CACHE_KIB: u32 = 32_768;

/// The use of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
    /// Writes, and creates the file if it does not exist.
    Create,
}

/// Opens connections to a file.
pub(super) struct ConnectionFactory {
    path: PathBuf,
    options: SqliteOptions,
    /// The clock for the expiry of keys, shared by all connections.
    pub(super) clock: IdempotencyClock,
    /// Whether no process can write the file. Reads then need no locks, and therefore no files beside it.
    immutable: bool,
}

impl ConnectionFactory {
    pub(super) fn new(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        if path.as_os_str().is_empty() {
            return Err(StoreError::Unavailable("the path of its file is empty".to_owned()));
        }
        // SQLite interprets names such as `:memory:` and `file:x`, but not after a folder name.
        let path = if path.is_relative() { Path::new(".").join(path) } else { path.to_owned() };
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            return Err(StoreError::Unavailable(format!("the folder {} does not exist", folder.display())));
        }
        Ok(Self { path, clock: IdempotencyClock::new(options.clock.clone()), options, immutable: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.options.read_only
    }

    /// Treats the file as immutable: no process can write to it or beside it. Returns false if the file does not exist
    /// or its write-ahead log is not empty.
    pub(super) fn assume_immutable(&mut self) -> bool {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        let logged = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
        if logged || !self.path.exists() {
            return false;
        }
        self.options.read_only = true;
        self.immutable = true;
        true
    }

    /// Creates the file, if it does not exist, with mode 0600. SQLite gives the files beside it the same mode. The
    /// driver reports an error when it opens the file.
    fn create_file(&self) {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(&self.path));
    }

    pub(super) async fn connect(&self, access: Access) -> Result<SqliteConnection, StoreError> {
        let read_only = self.options.read_only;
        if read_only && access != Access::Read {
            return Err(StoreError::ReadOnly(format!("{} was opened read-only", self.path.display())));
        }
        if access == Access::Create {
            self.create_file();
        }
        let synchronous = match self.options.synchronous {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
        };
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(access == Access::Create)
            .read_only(read_only)
            .immutable(self.immutable)
            .busy_timeout(self.options.busy_timeout)
            .statement_cache_capacity(256)
            .pragma("synchronous", synchronous)
            .pragma("foreign_keys", "ON")
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
            .pragma("journal_size_limit", LOG_BYTES.to_string())
            .pragma("query_only", if access == Access::Read { "ON" } else { "OFF" })
            .disable_statement_logging();
        options.connect().await.map_err(|error| {
            let code = SqliteError::result_code(&error);
            match SqliteError::convert_error(error) {
                StoreError::Unavailable(message) if code == Some(CANNOT_OPEN) && access == Access::Create => {
                    StoreError::ReadOnly(format!("{} cannot be created ({message})", self.path.display()))
                }
                StoreError::ReadOnly(message) if code == Some(READ_ONLY) && access == Access::Read => {
                    StoreError::Unavailable(format!("{} cannot be read ({message})", self.path.display()))
                }
                other => other,
            }
        })
    }
}
