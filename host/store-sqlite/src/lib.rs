//! The store in one SQLite file, which several processes may share.
//!
//! Every call of the driver is a round trip to the connection's thread and costs more than its statement. A read
//! therefore takes one round trip, and a batch of commits takes two.

mod access;
mod batch_read;
mod batch_write;
mod coalesce;
mod committer;
mod configuration;
mod connection;
mod error;
mod listing;
mod page_query;
mod query;
#[cfg(test)]
mod query_plan_tests;
mod reader;
mod row;
mod schema;
mod statement_batch;

use async_trait::async_trait;
use committer::SqliteCommitter;
use connection::{Access, ConnectionFactory};
use error::SqliteError;
use flowhost_domain::{Campaign, Record, Tenant};
use flowhost_store::{
    AccessKeys, Clock, Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry, Page,
    Reader, Store, StoreError, SystemClock,
};
use reader::SqliteReader;
use schema::SchemaState;
use sqlx::{Connection, SqliteConnection};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use uuid::Uuid;

/// The time at which a commit counts as durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Synchronous {
    /// The commit is on the disk.
    #[default]
    Full,
    /// The operating system has the commit. A crash of the process loses nothing, but a power failure loses the last
    /// commits.
    Normal,
}

/// Options for opening a file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// The time at which a commit counts as durable. Default: `Full`.
    pub synchronous: Synchronous,
    /// Maximum time to wait for another process that is writing. Default: 5 s.
    pub busy_timeout: Duration,
    /// Whether the store rejects commits with [`StoreError::ReadOnly`]. Default: false.
    pub read_only: bool,
    /// Maximum number of connections of one reader, and of its concurrent reads. Default: 4.
    pub connections_per_reader: usize,
    /// Whether concurrent reads of one tenant share a round trip. Default: true.
    pub coalesce_reads: bool,
    /// The clock for the expiry of idempotency keys. Default: [`SystemClock`].
    pub clock: Arc<dyn Clock>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::Full,
            busy_timeout: Duration::from_secs(5),
            read_only: false,
            connections_per_reader: 4,
            coalesce_reads: true,
            clock: Arc::new(SystemClock),
        }
    }
}

/// The store in one SQLite file.
///
/// Several processes may open one file. A commit is durable when it returns, unless [`SqliteOptions::synchronous`] says
/// otherwise. While the store is open, files with the suffixes `-wal` and `-shm` stand beside its file.
///
/// ```
/// use flowhost_store::{Store, apply};
/// use flowhost_store_sqlite::{SqliteOptions, SqliteStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("flowhost.db");
/// let tenants = r#"{"tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
///     "channels": ["whatsapp"]}]}"#;
/// let store = SqliteStore::open(&path, SqliteOptions::default()).await?;
/// apply(&store, tenants).await?;
/// store.close().await?;
/// drop(store);
///
/// // The content survives the process.
/// let mut options = SqliteOptions::default();
/// options.read_only = true;
/// let store = SqliteStore::open(&path, options).await?;
/// let configuration = store.configuration("acme").await?.ok_or("the tenant exists")?;
/// assert_eq!(configuration.tenant.name, "Acme");
/// # Ok(())
/// # }
/// ```
pub struct SqliteStore {
    connection_factory: Arc<ConnectionFactory>,
    connections_per_reader: usize,
    coalesce_reads: bool,
    /// The connection for configuration and lists. `None` after a failure, until the next use.
    admin_connection: Mutex<Option<SqliteConnection>>,
}

impl SqliteStore {
    /// Opens the file. Creates or migrates it if necessary.
    ///
    /// A read-only file is opened for reading. If its folder is also read-only, the store reads the file without locks
    /// and expects it not to change.
    ///
    /// # Errors
    /// [`StoreError::NewerVersion`]; [`StoreError::ReadOnly`] if the file cannot be created or migrated;
    /// [`StoreError::Unusable`] if the file is not a store of this program.
    pub async fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, StoreError> {
        let (connections_per_reader, coalesce_reads) = (options.connections_per_reader, options.coalesce_reads);
        let mut connection_factory = ConnectionFactory::new(path.as_ref(), options)?;
        let (mut connection, schema) = match Self::inspect_file(&connection_factory).await {
            // In WAL mode even readers write to the -shm file, unless the folder is read-only.
            Err(error @ (StoreError::ReadOnly(_) | StoreError::Unavailable(_))) => {
                let unwritable = connection_factory.is_read_only() || matches!(error, StoreError::ReadOnly(_));
                if !unwritable || !connection_factory.assume_immutable() {
                    return Err(error);
                }
                Self::inspect_file(&connection_factory).await.map_err(|_| error)?
            }
            inspected => inspected?,
        };
        if schema == SchemaState::Older {
            if connection_factory.is_read_only() {
                let message = format!("{} must be created or migrated first", connection_factory.path().display());
                return Err(StoreError::ReadOnly(message));
            }
            schema::migrate(&mut connection).await?;
        } else if !connection_factory.is_read_only() {
            schema::use_write_ahead_log(&mut connection).await?;
        }
        let connection_factory = Arc::new(connection_factory);
        Ok(Self {
            connection_factory,
            connections_per_reader,
            coalesce_reads,
            admin_connection: Mutex::new(Some(connection)),
        })
    }

    async fn inspect_file(
        connection_factory: &ConnectionFactory,
    ) -> Result<(SqliteConnection, SchemaState), StoreError> {
        let access = if connection_factory.is_read_only() { Access::Read } else { Access::Create };
        let mut connection = connection_factory.connect(access).await?;
        let schema = schema::inspect(&mut connection).await?;
        Ok((connection, schema))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(SqliteReader::new(
            self.connection_factory.clone(),
            self.connections_per_reader,
            self.coalesce_reads,
        )))
    }

    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        Ok(Box::new(SqliteCommitter::new(self.connection_factory.clone())))
    }

    fn needs_io_driver(&self) -> bool {
        false
    }

    async fn close(&self) -> Result<(), StoreError> {
        if self.connection_factory.is_read_only() {
            return Ok(());
        }
        self.with_admin_connection(async |connection| schema::checkpoint(connection).await).await?;
        match self.admin_connection.lock().await.take() {
            Some(connection) => connection.close().await.map_err(SqliteError::convert_error),
            None => Ok(()),
        }
    }

    async fn configuration(&self, tenant: &str) -> Result<Option<Configuration>, StoreError> {
        self.with_admin_connection(async |connection| configuration::read(connection, tenant).await).await
    }

    async fn configure(&self, changes: &[ConfigurationChange]) -> Result<bool, StoreError> {
        self.with_admin_connection(async |connection| configuration::write(connection, changes).await).await
    }

    async fn tenants(&self, filter: &Filter, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        self.with_admin_connection(async |connection| listing::tenants(connection, filter, page).await).await
    }

    async fn campaigns(&self, filter: &Filter, page: &Page) -> Result<Vec<Campaign>, StoreError> {
        self.with_admin_connection(async |connection| listing::campaigns(connection, filter, page).await).await
    }

    async fn contacts(&self, filter: &Filter, page: &Page) -> Result<Vec<ContactRow>, StoreError> {
        self.with_admin_connection(async |connection| listing::contacts(connection, filter, page).await).await
    }

    async fn records(&self, filter: &Filter, page: &Page) -> Result<Vec<(String, Record)>, StoreError> {
        self.with_admin_connection(async |connection| listing::records(connection, filter, page).await).await
    }

    async fn dnd(&self, filter: &Filter, page: &Page) -> Result<Vec<DndRow>, StoreError> {
        self.with_admin_connection(async |connection| listing::dnd(connection, filter, page).await).await
    }

    fn access_keys(&self) -> Option<&dyn AccessKeys> {
        Some(self)
    }

    async fn record_log(&self, tenant: &str, record: Uuid) -> Result<Vec<LogEntry>, StoreError> {
        self.with_admin_connection(async |connection| listing::record_log(connection, tenant, record).await).await
    }
}

impl SqliteStore {
    /// Runs `work` on the connection for configuration and lists. A connection is replaced after a failed or cancelled
    /// call.
    async fn with_admin_connection<T>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut admin_connection = self.admin_connection.lock().await;
        let mut connection = match admin_connection.take() {
            Some(connection) => connection,
            None => {
                self.connection_factory
                    .connect(if self.connection_factory.is_read_only() { Access::Read } else { Access::Write })
                    .await?
            }
        };
        let result = work(&mut connection).await;
        if result.is_ok() {
            *admin_connection = Some(connection);
        }
        result
    }
}
