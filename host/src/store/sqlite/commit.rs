//! The committer: two trips for a batch, one to learn and one to write, in one transaction that holds the file's write
//! lock and no longer than that.

use super::connection::{Access, Opener};
use super::failure::{CONSTRAINT, StoreFailure, TOO_BIG};
use super::ledger::Ledger;
use super::script::Texts;
use super::{check, write};
use crate::store::{Commit, Committer, StoreError, Verdict};
use async_trait::async_trait;
use sqlx::SqliteConnection;
use std::sync::Arc;

/// Writes to the file.
pub(super) struct SqliteCommitter {
    opener: Arc<Opener>,
    /// None while a batch is under way: one that fails or is abandoned takes its connection, and with it its transaction,
    /// away.
    connection: Option<SqliteConnection>,
    texts: Texts,
}

/// Why a batch couldn't be written.
enum Trouble {
    /// The store's fault, or its surroundings'.
    Store(StoreError),
    /// Some commit's: the file refuses what it writes.
    Batch(sqlx::Error),
}

impl SqliteCommitter {
    pub(super) fn new(opener: Arc<Opener>) -> Self {
        Self { opener, connection: None, texts: Texts::default() }
    }

    async fn attempt(&mut self, batch: &[Commit]) -> Result<Vec<Verdict>, Trouble> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.opener.connect(Access::Write).await?,
        };
        let mut ledger = Ledger::of(batch, self.opener.clock.micros());
        let questions = check::questions(&ledger);
        let parts = questions.parts();
        let (text, bound, rows) = questions.finish(&mut self.texts, check::BEGIN, "");
        let answers = bound.columns(&mut connection, (&text, rows), check::statements(&parts)).await?;
        check::learn(&mut ledger, &parts, &answers)?;
        let verdicts = batch.iter().map(|commit| ledger.judge(commit)).collect();
        let changes = write::changes(&ledger);
        let end = if changes.is_empty() { "ROLLBACK" } else { "COMMIT" };
        let (text, bound, rows) = changes.finish(&mut self.texts, "", end);
        drop(ledger);
        bound.columns(&mut connection, (&text, rows), 0).await?;
        self.connection = Some(connection);
        Ok(verdicts)
    }

    /// Each commit in a transaction of its own, so that the one which the file refuses harms no other.
    async fn one_by_one(&mut self, batch: &[Commit]) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(batch.len());
        for commit in batch {
            let verdict = match self.attempt(std::slice::from_ref(commit)).await {
                Ok(verdict) => verdict.into_iter().next().unwrap_or(Verdict::Stale),
                // Some may have been done by now, so the answer can't be an error. Stale means: not done, run it again.
                Err(Trouble::Store(error)) => {
                    tracing::warn!(%error, tenant = commit.tenant, "a commit was not done");
                    Verdict::Stale
                }
                Err(Trouble::Batch(error)) => {
                    tracing::error!(%error, tenant = commit.tenant, "the file refuses a commit");
                    Verdict::Stale
                }
            };
            verdicts.push(verdict);
        }
        verdicts
    }
}

#[async_trait]
impl Committer for SqliteCommitter {
    async fn commit(&mut self, batch: &[Commit]) -> Result<Vec<Verdict>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        match self.attempt(batch).await {
            Ok(verdicts) => Ok(verdicts),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Batch(error)) => {
                tracing::error!(%error, commits = batch.len(), "the file refuses a batch");
                Ok(self.one_by_one(batch).await)
            }
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        match StoreFailure::code(&error) {
            Some(CONSTRAINT | TOO_BIG) => Self::Batch(error),
            _ => Self::Store(StoreFailure::of(error)),
        }
    }
}
