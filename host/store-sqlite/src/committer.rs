//! The committer: two round trips per batch, one to read and one to write. Both are in one transaction, which holds the
//! file's write lock only for that time.

use super::connection::{Access, ConnectionFactory};
use super::error::{CONSTRAINT, SqliteError, TOO_BIG};
use super::statement_batch::StatementCache;
use super::{batch_read, batch_write};
use async_trait::async_trait;
use flowhost_store::batch::BatchState;
use flowhost_store::{CommitOutcome, CommitRequest, Committer, StoreError};
use sqlx::SqliteConnection;
use std::sync::Arc;

/// The committer of a SQLite store.
pub(super) struct SqliteCommitter {
    connection_factory: Arc<ConnectionFactory>,
    /// `None` during a batch. A batch that fails or is cancelled drops its connection, which rolls its transaction
    /// back.
    connection: Option<SqliteConnection>,
    statement_cache: StatementCache,
}

/// The reason why a batch was not written.
enum BatchError {
    /// The store or its environment failed.
    Store(StoreError),
    /// The database rejected the content of some commit.
    Rejected(sqlx::Error),
}

impl SqliteCommitter {
    pub(super) fn new(connection_factory: Arc<ConnectionFactory>) -> Self {
        Self { connection_factory, connection: None, statement_cache: StatementCache::default() }
    }

    async fn commit_batch(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, BatchError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connection_factory.connect(Access::Write).await?,
        };
        let mut batch_state = BatchState::new(batch, self.connection_factory.clock.now_micros());
        let reads = batch_read::statements_for(&batch_state);
        let parts = reads.parts();
        let (statement, values, rows) = reads.build(&mut self.statement_cache, batch_read::BEGIN, "");
        let answers =
            values.fetch_columns(&mut connection, (&statement, rows), batch_read::statement_count(&parts)).await?;
        batch_read::load(&mut batch_state, &parts, &answers)?;
        let outcomes = batch.iter().map(|commit| batch_state.validate(commit)).collect();
        let changes = batch_write::write_statements(&batch_state);
        let end = if changes.is_empty() { "ROLLBACK" } else { "COMMIT" };
        let (statement, values, rows) = changes.build(&mut self.statement_cache, "", end);
        drop(batch_state);
        values.fetch_columns(&mut connection, (&statement, rows), 0).await?;
        self.connection = Some(connection);
        Ok(outcomes)
    }

    /// Applies each commit in its own transaction. A commit that the database rejects then does not affect the others.
    async fn commit_individually(&mut self, batch: &[CommitRequest]) -> Vec<CommitOutcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        for commit in batch {
            let outcome = match self.commit_batch(std::slice::from_ref(commit)).await {
                Ok(outcome) => outcome.into_iter().next().unwrap_or(CommitOutcome::Conflict),
                // Some commits may be done by now, so this method cannot return an error. The outcome `Conflict` makes
                // the caller retry.
                Err(BatchError::Store(error)) => {
                    tracing::warn!(%error, tenant = commit.tenant, "a commit failed");
                    CommitOutcome::Conflict
                }
                Err(BatchError::Rejected(error)) => {
                    tracing::error!(%error, tenant = commit.tenant, "the database rejected a commit");
                    CommitOutcome::Conflict
                }
            };
            outcomes.push(outcome);
        }
        outcomes
    }
}

#[async_trait]
impl Committer for SqliteCommitter {
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        match self.commit_batch(batch).await {
            Ok(outcomes) => Ok(outcomes),
            Err(BatchError::Store(error)) => Err(error),
            Err(BatchError::Rejected(error)) => {
                tracing::error!(%error, commits = batch.len(), "the database rejected a batch");
                Ok(self.commit_individually(batch).await)
            }
        }
    }
}

impl From<StoreError> for BatchError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for BatchError {
    fn from(error: sqlx::Error) -> Self {
        match SqliteError::result_code(&error) {
            Some(CONSTRAINT | TOO_BIG) => Self::Rejected(error),
            _ => Self::Store(SqliteError::convert_error(error)),
        }
    }
}
