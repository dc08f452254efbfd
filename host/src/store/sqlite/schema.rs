//! The file's tables: created and migrated when the store is opened.

use super::failure::{BUSY, StoreFailure};
use crate::store::StoreError;
use sqlx::{AssertSqlSafe, Connection, Executor, Row, SqliteConnection};

/// The n-th brings a file from version n to n + 1.
const MIGRATIONS: [&str; 2] = [
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite/0001_outbound.sql")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite/0002_limits.sql")),
];

/// Marks a file as ours: "flow" in ASCII.
const APPLICATION: i64 = 0x666c_6f77;

/// How often to wait for other processes before giving up on a change of the journal, which can't wait by itself.
const ATTEMPTS: usize = 20;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schema {
    Current,
    /// Empty, or written by an older release.
    Older,
}

/// Looks at the file. Errors: [`StoreError::Newer`], and `Unusable` for a file of another program.
pub(super) async fn inspect(connection: &mut SqliteConnection) -> Result<Schema, StoreError> {
    let text = "SELECT (SELECT user_version FROM pragma_user_version), \
                (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)";
    let row = connection.fetch_one(text).await.map_err(StoreFailure::of)?;
    let number = |column: usize| row.try_get::<i64, _>(column).map_err(StoreFailure::of);
    let (version, application, tables) = (number(0)?, number(1)?, number(2)?);
    let empty = tables == 0 && version == 0 && application == 0;
    if !empty && application != APPLICATION {
        return Err(StoreError::Unusable("its file is a database of another program".to_owned()));
    }
    of_version(version)
}

/// What a file with this version is. Errors: [`StoreError::Newer`].
pub(super) fn of_version(version: i64) -> Result<Schema, StoreError> {
    match usize::try_from(version) {
        Ok(version) if version < MIGRATIONS.len() => Ok(Schema::Older),
        Ok(version) if version == MIGRATIONS.len() => Ok(Schema::Current),
        _ => Err(StoreError::Newer(format!("its file has version {version}, this release knows {}", MIGRATIONS.len()))),
    }
}

/// Brings the file to this release's version. Several processes may do so at once.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    switch_journal(connection).await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(StoreFailure::of)?;
    // Another process may have been quicker.
    if inspect(&mut transaction).await? == Schema::Older {
        let row = transaction.fetch_one("PRAGMA user_version").await.map_err(StoreFailure::of)?;
        let version: i64 = row.try_get(0).map_err(StoreFailure::of)?;
        let done = usize::try_from(version).unwrap_or_default();
        for migration in MIGRATIONS.iter().skip(done) {
            transaction.execute(*migration).await.map_err(StoreFailure::of)?;
        }
        let mark = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {}", MIGRATIONS.len());
        transaction.execute(AssertSqlSafe(mark)).await.map_err(StoreFailure::of)?;
    }
    transaction.commit().await.map_err(StoreFailure::of)
}

/// Gives a file of another journal mode the write-ahead log. One that can't be written stays as it is.
pub(super) async fn use_write_ahead_log(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let row = connection.fetch_one("PRAGMA journal_mode").await.map_err(StoreFailure::of)?;
    if row.try_get::<&str, _>(0).map_err(StoreFailure::of)? == "wal" {
        return Ok(());
    }
    match switch_journal(connection).await {
        Err(StoreError::ReadOnly(_)) => Ok(()),
        switched => switched,
    }
}

async fn switch_journal(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    for attempt in 1.. {
        match connection.execute("PRAGMA journal_mode = WAL").await {
            Ok(_) => break,
            Err(error) if StoreFailure::code(&error) == Some(BUSY) && attempt < ATTEMPTS => {
                // Waits as long as the busy timeout says.
                connection.execute("BEGIN EXCLUSIVE; COMMIT").await.map_err(StoreFailure::of)?;
            }
            Err(error) => return Err(StoreFailure::of(error)),
        }
    }
    Ok(())
}

/// Moves what stands in the write-ahead log into the file, as far as readers let it.
pub(super) async fn gather(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.map(drop).map_err(StoreFailure::of)
}
