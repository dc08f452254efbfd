//! The schema of the file, which is created or migrated when the store opens.

use super::error::{BUSY, SqliteError};
use flowhost_store::StoreError;
use sqlx::{AssertSqlSafe, Connection, Executor, Row, SqliteConnection};

/// The migrations. The n-th one migrates a file from version n to n + 1.
const MIGRATIONS: [&str; 4] = [
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/0001_outbound.sql")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/0002_limits.sql")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/0003_campaign_pages.sql")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/0004_access_keys.sql")),
];

/// The application id of a store file: "flow" in ASCII.
const APPLICATION_ID: i64 = 0x666c_6f77;

/// Maximum attempts to change the journal mode, each after a wait for other processes. SQLite does not wait for that
/// itself.
const MAX_JOURNAL_ATTEMPTS: usize = 20;

/// The state of a file's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SchemaState {
    Current,
    /// Empty, or written by an older release.
    Older,
}

/// Returns the state of the file. Errors: [`StoreError::NewerVersion`], and `Unusable` for a file of another program.
pub(super) async fn inspect(connection: &mut SqliteConnection) -> Result<SchemaState, StoreError> {
    let sql = "SELECT (SELECT user_version FROM pragma_user_version), \
                (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)";
    let row = connection.fetch_one(sql).await.map_err(SqliteError::convert_error)?;
    let number = |column: usize| row.try_get::<i64, _>(column).map_err(SqliteError::convert_error);
    let (version, application, tables) = (number(0)?, number(1)?, number(2)?);
    let empty = tables == 0 && version == 0 && application == 0;
    if !empty && application != APPLICATION_ID {
        return Err(StoreError::Unusable("its file is a database of another program".to_owned()));
    }
    check_version(version)
}

/// Returns the state of a schema of this version. Error: [`StoreError::NewerVersion`].
pub(super) fn check_version(version: i64) -> Result<SchemaState, StoreError> {
    match usize::try_from(version) {
        Ok(version) if version < MIGRATIONS.len() => Ok(SchemaState::Older),
        Ok(version) if version == MIGRATIONS.len() => Ok(SchemaState::Current),
        _ => Err(StoreError::NewerVersion(format!(
            "its file has version {version}, this release supports {}",
            MIGRATIONS.len()
        ))),
    }
}

/// Migrates the file to this release's version. Several processes may call this at the same time.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    switch_journal(connection).await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(SqliteError::convert_error)?;
    // Another process may have migrated the file meanwhile.
    if inspect(&mut transaction).await? == SchemaState::Older {
        let row = transaction.fetch_one("PRAGMA user_version").await.map_err(SqliteError::convert_error)?;
        let version: i64 = row.try_get(0).map_err(SqliteError::convert_error)?;
        let done = usize::try_from(version).unwrap_or_default();
        for migration in MIGRATIONS.iter().skip(done) {
            transaction.execute(*migration).await.map_err(SqliteError::convert_error)?;
        }
        let mark = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}", MIGRATIONS.len());
        transaction.execute(AssertSqlSafe(mark)).await.map_err(SqliteError::convert_error)?;
    }
    transaction.commit().await.map_err(SqliteError::convert_error)
}

/// Switches a file of another journal mode to the write-ahead log. A file that cannot be written keeps its mode.
pub(super) async fn use_write_ahead_log(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let row = connection.fetch_one("PRAGMA journal_mode").await.map_err(SqliteError::convert_error)?;
    if row.try_get::<&str, _>(0).map_err(SqliteError::convert_error)? == "wal" {
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
            Err(error) if SqliteError::result_code(&error) == Some(BUSY) && attempt < MAX_JOURNAL_ATTEMPTS => {
                // SQLite waits for at most the busy timeout.
                connection.execute("BEGIN EXCLUSIVE; COMMIT").await.map_err(SqliteError::convert_error)?;
            }
            Err(error) => return Err(SqliteError::convert_error(error)),
        }
    }
    Ok(())
}

/// Moves the content of the write-ahead log into the file, as far as active readers allow.
pub(super) async fn checkpoint(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.map(drop).map_err(SqliteError::convert_error)
}
