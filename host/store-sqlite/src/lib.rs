//! The store in one SQLite file, which several processes may share.
//!
//! Every wait for the driver is a round trip to the connection's own thread and costs more than the statement that it
//! carries, so this counts trips: one for a read, two for a batch of commits however many it holds.

mod batch;
mod batch_entry;
mod batch_read;
mod batch_registration;
mod batch_write;
mod coalesce;
mod committer;
mod configuration;
mod connection;
mod error;
mod listing;
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
    Clock, Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry, Page, Reader, Store,
    StoreError, SystemClock,
};
use reader::SqliteReader;
use schema::SchemaState;
use sqlx::{Connection, SqliteConnection};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use uuid::Uuid;

/// When a commit counts as durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// When the disk has it.
    #[default]
    Full,
    /// When the operating system has it: a crash of the process loses nothing, a power failure the last moments.
    Normal,
}

/// How to open a file.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// When a commit counts as durable.
    pub synchronous: Synchronous,
    /// How long to wait for another process that is writing.
    pub busy_timeout: Duration,
    /// Don't write: commits are [`StoreError::ReadOnly`].
    pub read_only: bool,
    /// Connections of one reader: so many reads of it run at once.
    pub connections_per_reader: usize,
    /// Whether reads of one tenant that are asked at the same moment make one trip.
    pub coalesce_reads: bool,
    /// The clock by which idempotency keys live.
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
pub struct SqliteStore {
    connection_factory: Arc<ConnectionFactory>,
    connections_per_reader: usize,
    coalesce_reads: bool,
    /// For configuration and lists; none after it has failed, until it is needed again.
    admin_connection: Mutex<Option<SqliteConnection>>,
}

impl SqliteStore {
    /// Opens the file, and creates or migrates it where that is due.
    ///
    /// A file that can only be read is opened for that; where nobody can write beside it either, it is read without locks,
    /// as it is now. Errors: [`StoreError::NewerVersion`]; [`StoreError::ReadOnly`] where it
    /// would have to be created or migrated and can't be; `Unusable` for what is no store of this program.
    pub async fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, StoreError> {
        let (connections_per_reader, coalesce_reads) = (options.connections_per_reader, options.coalesce_reads);
        let mut connection_factory = ConnectionFactory::new(path.as_ref(), options)?;
        let (mut connection, schema) = match Self::inspect_file(&connection_factory).await {
            // Even who only reads leaves a mark beside the file, unless nobody can.
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

    async fn record_log(&self, tenant: &str, record: Uuid) -> Result<Vec<LogEntry>, StoreError> {
        self.with_admin_connection(async |connection| listing::record_log(connection, tenant, record).await).await
    }
}

impl SqliteStore {
    /// Lends the connection for configuration and lists; one that was left in the middle or failed is replaced.
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
