//! The file of the SQLite store: opening, migration, concurrent use and errors.

use crate::fixtures::*;
use flowhost::ErrorCode;
use flowhost::store::*;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A connection to the file that bypasses the store.
pub(crate) async fn raw_connection(folder: &TempDir) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.path().join("store.db")).create_if_missing(true);
    options.connect().await.unwrap()
}

pub(crate) async fn query_text(connection: &mut SqliteConnection, text: &str) -> String {
    sqlx::query(AssertSqlSafe(text.to_owned())).fetch_one(connection).await.unwrap().get(0)
}

pub(crate) async fn execute(connection: &mut SqliteConnection, text: &str) {
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(connection).await.unwrap();
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
    let migration = include_str!("../../../store-sqlite/migrations/0002_limits.sql");
    let begin = migration.find("SELECT tenant, sum(bytes)").unwrap();
    let statement = &migration[begin..];
    &statement[..statement.find(';').unwrap()]
}

pub(crate) fn options() -> SqliteOptions {
    SqliteOptions { busy_timeout: Duration::from_millis(50), ..SqliteOptions::default() }
}

pub(crate) async fn try_open(folder: &TempDir, options: SqliteOptions) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(folder.path().join("store.db"), options).await
}

pub(crate) async fn open_error(folder: &TempDir, options: SqliteOptions) -> StoreError {
    try_open(folder, options).await.err().expect("the store was opened")
}

#[tokio::test]
async fn committed_data_survives_reopening() {
    let Fixture { folder, .. } = {
        let store = Fixture::sqlite().await;
        store.commit_ok(vec![Change::CreateContact(contact(10, &[("widget", "a")]))]).await;
        store
    };
    let folder = folder.unwrap();
    let store = Fixture::empty(Arc::new(open(&folder).await), None).await;
    assert_eq!(*store.contact(10).await.unwrap().contact, contact(10, &[("widget", "a")]));
    assert_eq!(query_text(&mut raw_connection(&folder).await, "PRAGMA journal_mode").await, "wal");
}

#[tokio::test]
async fn a_closed_store_is_one_file() {
    let store = Fixture::sqlite().await;
    store.commit_ok(vec![Change::CreateContact(contact(10, &[]))]).await;
    store.store.close().await.unwrap();
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(store.folder.as_ref().unwrap().path().join("store.db"), copy.path().join("store.db")).unwrap();
    let copied = Fixture::empty(Arc::new(open(&copy).await), None).await;
    assert_eq!(copied.contact(10).await, store.contact(10).await);
    store.commit_ok(vec![Change::CreateContact(contact(11, &[]))]).await;
    assert_eq!(store.store.contacts(&Filter::default(), &Page { after: None, limit: 9 }).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_new_file_may_be_opened_by_several_at_once() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let open_it = || {
        let folder = folder.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { try_open(&folder, SqliteOptions::default()).await.map(drop) })
        })
    };
    let openers: Vec<_> = (0..8).map(|_| open_it()).collect();
    for opener in openers {
        assert_eq!(opener.join().unwrap(), Ok(()));
    }
}

#[tokio::test]
async fn a_file_of_a_newer_release_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).await);
    execute(&mut raw_connection(&folder).await, "PRAGMA user_version = 99").await;
    let error = open_error(&folder, options()).await;
    assert_eq!(error.code(), "store-newer");
    assert!(error.to_string().contains("version 99"), "{error}");
}

#[tokio::test]
async fn a_file_migrated_by_a_newer_release_is_not_written() {
    let store = Fixture::sqlite().await;
    let mut other = raw_connection(store.folder.as_ref().unwrap()).await;
    execute(&mut other, "PRAGMA user_version = 99").await;
    let create = [commit(vec![Change::CreateContact(contact(10, &[]))])];
    let error = store.committer.lock().await.commit(&create).await.unwrap_err();
    assert_eq!(error.code(), "store-newer");
    execute(&mut other, "PRAGMA user_version = 2").await;
    assert!(store.contact(10).await.is_none());
    assert_eq!(store.committer.lock().await.commit(&create).await.unwrap(), [CommitOutcome::Committed]);
}

#[tokio::test]
async fn a_file_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    execute(&mut raw_connection(&folder).await, "CREATE TABLE notes (text TEXT)").await;
    let error = open_error(&folder, options()).await;
    assert!(error.to_string().contains("another program"), "{error}");
    let tables =
        query_text(&mut raw_connection(&folder).await, "SELECT CAST(count(*) AS TEXT) FROM sqlite_schema").await;
    assert_eq!(tables, "1");
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("store.db"), "# Notes\n".repeat(1_000)).unwrap();
    let error = open_error(&folder, options()).await;
    assert!(error.to_string().contains("its file is not a SQLite database"), "{error}");
}

#[tokio::test]
async fn a_missing_folder_is_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent").join("store.db");
    let error = SqliteStore::open(&path, options()).await.err().expect("the store was opened");
    assert!(error.to_string().contains("absent"), "{error}");
    assert!(SqliteStore::open("", options()).await.is_err());
}

#[tokio::test]
async fn a_store_opened_for_reading_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let reading = SqliteOptions { read_only: true, ..options() };
    assert_eq!(open_error(&folder, reading.clone()).await.code(), "store-unavailable");
    let configured = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version: 0 };
    let writer = try_open(&folder, options()).await.unwrap();
    assert!(writer.configure(std::slice::from_ref(&configured)).await.unwrap());
    let store = Fixture::empty(Arc::new(try_open(&folder, reading).await.unwrap()), None).await;
    assert_eq!(store.read(vec![]).await.version, 1);
    let create = commit(vec![Change::CreateContact(contact(10, &[]))]);
    let error = store.committer.lock().await.commit(&[create]).await.unwrap_err();
    assert_eq!(error.code(), "store-read-only");
    let next = ConfigurationChange { version: 1, ..configured };
    assert_eq!(store.store.configure(&[next]).await.unwrap_err().code(), "store-read-only");
    let rows = store.store.tenants(&Filter::default(), &Page { after: None, limit: 9 }).await.unwrap();
    assert_eq!(rows, [tenant(TENANT)]);
}

#[tokio::test]
async fn a_locked_file_is_busy_until_released() {
    let folder = tempfile::tempdir().unwrap();
    let store = try_open(&folder, options()).await.unwrap();
    let configured = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version: 0 };
    assert!(store.configure(&[configured]).await.unwrap());
    let mut other = raw_connection(&folder).await;
    execute(&mut other, "BEGIN IMMEDIATE").await;
    let mut committer = store.committer().await.unwrap();
    let create = [commit(vec![Change::CreateContact(contact(10, &[]))])];
    let error = committer.commit(&create).await.unwrap_err();
    assert!(error.is_retryable() && error.code() == "store-unavailable", "{error}");
    // Opening and reading do not need the write lock.
    let store = Fixture::empty(Arc::new(try_open(&folder, options()).await.unwrap()), None).await;
    assert_eq!(store.read(vec![]).await.version, 1);
    execute(&mut other, "ROLLBACK").await;
    assert_eq!(committer.commit(&create).await.unwrap(), [CommitOutcome::Committed]);
}

#[tokio::test]
async fn an_invalid_row_fails_only_its_own_reads() {
    let store = Fixture::sqlite().await;
    store.commit_ok(vec![Change::CreateContact(contact(10, &[])), Change::CreateContact(contact(11, &[]))]).await;
    let mut other = raw_connection(store.folder.as_ref().unwrap()).await;
    execute(&mut other, "UPDATE contacts SET addresses = 'nonsense' WHERE seq = 1").await;
    let request = |number| ReadRequest {
        tenant: TENANT.to_owned(),
        known_version: None,
        lookups: vec![Lookup::Contact(id(number))],
    };
    let error = store.reader.read(&request(10)).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), (ErrorCode::StoreUnavailable, false));
    assert!(store.reader.read(&request(11)).await.is_ok());
}

/// A constraint that the validation does not know rejects one commit; the other commits of the batch succeed.
#[tokio::test]
async fn a_commit_that_sqlite_rejects_affects_no_other() {
    let store = Fixture::sqlite().await;
    let mut other = raw_connection(store.folder.as_ref().unwrap()).await;
    execute(&mut other, "CREATE UNIQUE INDEX odd ON contacts (name)").await;
    let mut ana = contact(10, &[]);
    ana.name = "Contact 11".to_owned();
    let batch = [ana, contact(11, &[]), contact(12, &[])].map(|contact| commit(vec![Change::CreateContact(contact)]));
    assert_eq!(
        store.commit_all(batch.to_vec()).await,
        [CommitOutcome::Committed, CommitOutcome::Conflict, CommitOutcome::Committed]
    );
    assert!(store.contact(11).await.is_none() && store.contact(12).await.is_some());
}

#[tokio::test]
async fn expired_keys_are_deleted() {
    let store = Fixture::sqlite().await;
    for round in 0..20 {
        let batch = (0..50).map(|number| CommitRequest {
            idempotency_record: Some(NewIdempotencyRecord {
                ttl: Duration::from_secs(1),
                ..new_idempotency_record(&format!("{round}/{number}"), "{}")
            }),
            ..commit(vec![])
        });
        store.commit_all(batch.collect()).await;
        store.clock.advance(1);
    }
    let mut other = raw_connection(store.folder.as_ref().unwrap()).await;
    let left: usize = query_text(&mut other, "SELECT CAST(count(*) AS TEXT) FROM keys").await.parse().unwrap();
    assert!(left <= 100, "{left} keys");
}
