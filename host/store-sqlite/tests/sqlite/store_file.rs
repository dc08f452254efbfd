//! The file of a store under test, in a temporary folder.

use async_trait::async_trait;
use flowhost_store::{Clock, Store};
use flowhost_store_conformance::StoreUnderTest;
use flowhost_store_sqlite::{SqliteOptions, SqliteStore, Synchronous};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};
use std::sync::Arc;
use tempfile::TempDir;

/// The file `store.db` in a temporary folder. The first handle creates it.
#[derive(Clone)]
pub(crate) struct StoreFile {
    pub(crate) folder: Arc<TempDir>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl StoreUnderTest for StoreFile {
    async fn create(clock: Arc<dyn Clock>) -> Self {
        Self { folder: Arc::new(tempfile::tempdir().unwrap()), clock }
    }

    async fn open(&self) -> Arc<dyn Store> {
        let mut options = SqliteOptions::default();
        options.synchronous = Synchronous::Normal;
        options.clock = self.clock.clone();
        Arc::new(SqliteStore::open(self.folder.path().join("store.db"), options).await.unwrap())
    }

    async fn assert_consistent(&self) {
        assert_consistent(&self.folder).await;
        // With an open read transaction, the checkpoint returns 1: busy.
        let mut connection = raw_connection(&self.folder).await;
        let checkpoint = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await.unwrap();
        assert_eq!(checkpoint.get::<i64, _>(0), 0);
    }
}

/// A connection to the file that bypasses the store.
pub(crate) async fn raw_connection(folder: &TempDir) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.path().join("store.db")).create_if_missing(true);
    options.connect().await.unwrap()
}

pub(crate) async fn query_text(connection: &mut SqliteConnection, text: &str) -> String {
    sqlx::query(AssertSqlSafe(text.to_owned())).fetch_one(connection).await.unwrap().get(0)
}

/// Asserts that the file passes SQLite's integrity checks and that its redundant data agree.
pub(crate) async fn assert_consistent(folder: &TempDir) {
    let mut connection = raw_connection(folder).await;
    assert_eq!(query_text(&mut connection, "PRAGMA integrity_check").await, "ok");
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.unwrap();
    assert!(broken.is_empty());
    // Each contact's list of addresses equals the table `addresses`. (SQLite's JSON functions truncate texts at NUL.)
    let of_contacts = "SELECT c.tenant, j.value ->> 0, j.value ->> 1, c.seq FROM contacts AS c, \
        json_each(c.addresses) AS j WHERE instr(j.value -> 1, '\\u0000') = 0";
    let of_addresses =
        "SELECT tenant, channel, identifier, contact FROM addresses WHERE instr(CAST(identifier AS BLOB), x'00') = 0";
    let counted = "SELECT tenant, bytes FROM usage WHERE bytes <> 0";
    for (one, other) in [
        (of_contacts, of_addresses),
        (of_addresses, of_contacts),
        (counted, stored_bytes_query()),
        (stored_bytes_query(), counted),
    ] {
        let differences = format!("SELECT CAST(count(*) AS TEXT) FROM ({one} EXCEPT {other})");
        assert_eq!(query_text(&mut connection, &differences).await, "0");
    }
}

/// The statement of the migration that counts the stored bytes of each tenant.
fn stored_bytes_query() -> &'static str {
    let migration = include_str!("../../migrations/0002_limits.sql");
    let begin = migration.find("SELECT tenant, sum(bytes)").unwrap();
    let statement = &migration[begin..];
    &statement[..statement.find(';').unwrap()]
}
