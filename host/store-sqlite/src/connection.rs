//! Opening connections to the file.

use super::error::{CANNOT_OPEN, READ_ONLY, SqliteError};
use super::{SqliteOptions, Synchronous};
use flowhost_store::StoreError;
use flowhost_store::clock::IdempotencyClock;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use std::path::{Path, PathBuf};

/// Pages in the write-ahead log at which a commit moves them into the file, 4 KiB each. The more, the less often a page
/// that changes with every commit is written twice; a crash leaves so many to look through at the next start.
const CHECKPOINT_PAGES: u32 = 8_192;

/// What the log is cut back to when a long reader has let it grow.
const LOG_BYTES: u32 = 64 << 20;

/// Memory for pages of a connection, in KiB.
const CACHE_KIB: u32 = 32_768;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
    /// Writes, and creates the file if there is none.
    Create,
}

/// Knows the file and how to open it.
pub(super) struct ConnectionFactory {
    path: PathBuf,
    options: SqliteOptions,
    /// The clock by which keys live, one for all connections.
    pub(super) clock: IdempotencyClock,
    /// Nobody can write it, so reading needs no locks, for which there would have to be files beside it.
    immutable: bool,
}

impl ConnectionFactory {
    pub(super) fn new(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        if path.as_os_str().is_empty() {
            return Err(StoreError::Unavailable("the path of its file is empty".to_owned()));
        }
        // A name such as `:memory:` or `file:x` has a meaning of its own for SQLite, but not in a folder.
        let path = if path.is_relative() { Path::new(".").join(path) } else { path.to_owned() };
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            return Err(StoreError::Unavailable(format!("there is no folder {}", folder.display())));
        }
        Ok(Self { path, clock: IdempotencyClock::new(options.clock.clone()), options, immutable: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.options.read_only
    }

    /// Takes the file for one that can't be written, not even beside it. False: it isn't there, or not all of it is in
    /// the file.
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

    /// Creates the file, if there is none, for its owner alone; the files beside it get the same mode. An error is left to
    /// the driver, which meets and describes it again.
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
            return Err(StoreError::ReadOnly(format!("{} was opened for reading", self.path.display())));
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
                    StoreError::ReadOnly(format!("{} can't be created ({message})", self.path.display()))
                }
                StoreError::ReadOnly(message) if code == Some(READ_ONLY) && access == Access::Read => {
                    StoreError::Unavailable(format!("{} can't be read ({message})", self.path.display()))
                }
                other => other,
            }
        })
    }
}
