//! The store in one SQLite file, which several processes may share.
//!
//! Every wait for the driver is a round trip to the connection's own thread and costs more than the statement that it
//! carries, so this counts trips: one for a read, two for a batch of commits however many it holds.

mod check;
mod commit;
mod configuration;
mod connection;
mod enter;
mod failure;
mod group;
mod ledger;
mod listing;
#[cfg(test)]
mod plan;
mod query;
mod read;
mod row;
mod schema;
mod script;
mod slot;
mod write;

use super::{
    Clock, Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry, Page, Reader, Store,
    StoreError, SystemClock,
};
use crate::domain::{Campaign, Record, Tenant};
use async_trait::async_trait;
use commit::SqliteCommitter;
use connection::{Access, Opener};
use failure::StoreFailure;
use read::SqliteReader;
use schema::Schema;
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
    pub connections: usize,
    /// Whether reads of one tenant that are asked at the same moment make one trip.
    pub grouping: bool,
    /// The clock by which idempotency keys live.
    pub clock: Arc<dyn Clock>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::Full,
            busy_timeout: Duration::from_secs(5),
            read_only: false,
            connections: 4,
            grouping: true,
            clock: Arc::new(SystemClock),
        }
    }
}

/// The store in one SQLite file.
pub struct SqliteStore {
    opener: Arc<Opener>,
    connections: usize,
    grouping: bool,
    /// For configuration and lists; none after it has failed, until it is needed again.
    desk: Mutex<Option<SqliteConnection>>,
}

impl SqliteStore {
    /// Opens the file, and creates or migrates it where that is due.
    ///
    /// A file that can only be read is opened for that; where nobody can write beside it either, it is read without locks,
    /// as it is now. Errors: [`StoreError::Newer`]; [`StoreError::ReadOnly`] where it
    /// would have to be created or migrated and can't be; `Unusable` for what is no store of this program.
    pub async fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, StoreError> {
        let (connections, grouping) = (options.connections, options.grouping);
        let mut opener = Opener::new(path.as_ref(), options)?;
        let (mut connection, schema) = match Self::look(&opener).await {
            // Even who only reads leaves a mark beside the file, unless nobody can.
            Err(error @ (StoreError::ReadOnly(_) | StoreError::Unavailable(_))) => {
                let unwritable = opener.read_only() || matches!(error, StoreError::ReadOnly(_));
                if !unwritable || !opener.freeze() {
                    return Err(error);
                }
                Self::look(&opener).await.map_err(|_| error)?
            }
            looked => looked?,
        };
        if schema == Schema::Older {
            if opener.read_only() {
                let message = format!("{} must be created or migrated first", opener.path().display());
                return Err(StoreError::ReadOnly(message));
            }
            schema::migrate(&mut connection).await?;
        } else if !opener.read_only() {
            schema::use_write_ahead_log(&mut connection).await?;
        }
        let opener = Arc::new(opener);
        Ok(Self { opener, connections, grouping, desk: Mutex::new(Some(connection)) })
    }

    async fn look(opener: &Opener) -> Result<(SqliteConnection, Schema), StoreError> {
        let access = if opener.read_only() { Access::Read } else { Access::Create };
        let mut connection = opener.connect(access).await?;
        let schema = schema::inspect(&mut connection).await?;
        Ok((connection, schema))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(SqliteReader::new(self.opener.clone(), self.connections, self.grouping)))
    }

    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        Ok(Box::new(SqliteCommitter::new(self.opener.clone())))
    }

    fn uses_sockets(&self) -> bool {
        false
    }

    async fn close(&self) -> Result<(), StoreError> {
        if self.opener.read_only() {
            return Ok(());
        }
        self.at_desk(async |connection| schema::gather(connection).await).await?;
        match self.desk.lock().await.take() {
            Some(connection) => connection.close().await.map_err(StoreFailure::of),
            None => Ok(()),
        }
    }

    async fn configuration(&self, tenant: &str) -> Result<Option<Configuration>, StoreError> {
        self.at_desk(async |connection| configuration::read(connection, tenant).await).await
    }

    async fn configure(&self, changes: &[ConfigurationChange]) -> Result<bool, StoreError> {
        self.at_desk(async |connection| configuration::write(connection, changes).await).await
    }

    async fn tenants(&self, filter: &Filter, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        self.at_desk(async |connection| listing::tenants(connection, filter, page).await).await
    }

    async fn campaigns(&self, filter: &Filter, page: &Page) -> Result<Vec<Campaign>, StoreError> {
        self.at_desk(async |connection| listing::campaigns(connection, filter, page).await).await
    }

    async fn contacts(&self, filter: &Filter, page: &Page) -> Result<Vec<ContactRow>, StoreError> {
        self.at_desk(async |connection| listing::contacts(connection, filter, page).await).await
    }

    async fn records(&self, filter: &Filter, page: &Page) -> Result<Vec<(String, Record)>, StoreError> {
        self.at_desk(async |connection| listing::records(connection, filter, page).await).await
    }

    async fn dnd(&self, filter: &Filter, page: &Page) -> Result<Vec<DndRow>, StoreError> {
        self.at_desk(async |connection| listing::dnd(connection, filter, page).await).await
    }

    async fn record_log(&self, tenant: &str, record: Uuid) -> Result<Vec<LogEntry>, StoreError> {
        self.at_desk(async |connection| listing::record_log(connection, tenant, record).await).await
    }
}

impl SqliteStore {
    /// Lends the connection for configuration and lists; one that was left in the middle or failed is replaced.
    async fn at_desk<T>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut desk = self.desk.lock().await;
        let mut connection = match desk.take() {
            Some(connection) => connection,
            None => self.opener.connect(if self.opener.read_only() { Access::Read } else { Access::Write }).await?,
        };
        let result = work(&mut connection).await;
        if result.is_ok() {
            *desk = Some(connection);
        }
        result
    }
}
