//! Files of older releases, files with another journal mode, damaged files, and files with exhausted row ids.

use crate::fixture::*;
use crate::store_file::{assert_consistent, query_text, raw_connection};
use flowhost_domain::*;
use flowhost_store::*;
use flowhost_store_conformance::samples::*;
use flowhost_store_sqlite::SqliteOptions;
use sqlx::Connection as _;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

const FIRST: &str = include_str!("../../migrations/0001_outbound.sql");

#[tokio::test]
async fn a_file_of_the_first_release_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = raw_connection(&folder).await;
    execute(&mut old, FIRST).await;
    execute(&mut old, "PRAGMA application_id = 0x666c6f77; PRAGMA user_version = 1").await;
    let rows = "INSERT INTO tenants VALUES ('acme', 1, 'Acme', 'UTC', 'CL', '', '[]', NULL);
        INSERT INTO contacts VALUES (1, 'acme', zeroblob(16), 1, 'Añá', 'c', NULL, NULL, '[]', 0, 0);
        INSERT INTO dnd VALUES ('acme', 1, 1, 'Test', 'Test', 0, 'me', NULL);
        INSERT INTO records VALUES (1, 'acme', zeroblob(16), zeroblob(16), 1, 'ready', 0, 0, 0, 'text', 'hi', NULL, '{}',
            1, 1, 0, 0);
        INSERT INTO record_log VALUES ('acme', 1, 1, 1, 0, NULL, 'ready', 'why');
        INSERT INTO keys VALUES ('gone', 'k', zeroblob(32), '{}', 0);";
    execute(&mut old, rows).await;
    for _ in 0..2 {
        drop(try_open(&folder, options()).await.unwrap());
        let of_acme = (256 + 5 + 4 + 2 * 2) + (192 + 4 + 2) + (256 + 4 + 2 + 2) + (96 + 3);
        let counted = query_text(&mut old, "SELECT json_group_object(tenant, bytes) FROM usage").await;
        assert_eq!(counted, format!(r#"{{"acme":{of_acme},"gone":195}}"#));
    }
    assert_consistent(&folder).await;
}

#[tokio::test]
async fn a_damaged_file_is_not_retryable() {
    let folder = tempfile::tempdir().unwrap();
    let store = try_open(&folder, options()).await.unwrap();
    let configured = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version: 0 };
    assert!(store.configure(&[configured]).await.unwrap());
    store.close().await.unwrap();
    drop(store);
    let path = folder.path().join("store.db");
    let length = std::fs::metadata(&path).unwrap().len();
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4_096)).unwrap();
    file.write_all(&vec![0xff; usize::try_from(length).unwrap() - 4_096]).unwrap();
    drop(file);
    let error = match try_open(&folder, options()).await {
        Ok(store) => store.configuration(TENANT).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
}

#[tokio::test]
async fn a_missing_table_is_not_retryable() {
    let (store, folder) = create_filled_file().await;
    execute(&mut raw_connection(&folder).await, "DROP TABLE keys").await;
    let request = ReadRequest {
        tenant: TENANT.to_owned(),
        known_version: None,
        lookups: vec![Lookup::IdempotencyKey("k".to_owned())],
    };
    let error = store.reader.read(&request).await.unwrap_err();
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
    let keyed = [CommitRequest { idempotency_record: Some(new_idempotency_record("k", "{}")), ..commit(vec![]) }];
    let error = store.committer.lock().await.commit(&keyed).await.unwrap_err();
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_not_a_store_is_not_retryable() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("store.db"), "# Notes\n".repeat(1_000)).unwrap();
    assert!(!open_error(&folder, options()).await.is_retryable());
    let folder = tempfile::tempdir().unwrap();
    execute(&mut raw_connection(&folder).await, "CREATE TABLE notes (text TEXT)").await;
    assert!(!open_error(&folder, options()).await.is_retryable());
}

#[tokio::test]
async fn a_file_with_another_journal_gets_the_write_ahead_log() {
    let folder = tempfile::tempdir().unwrap();
    try_open(&folder, options()).await.unwrap().close().await.unwrap();
    delete_journal(&folder).await;
    try_open(&folder, options()).await.unwrap().close().await.unwrap();
    delete_journal(&folder).await;
    // A file that is only read keeps its mode.
    let mut reading = options();
    reading.read_only = true;
    let store = try_open(&folder, reading).await.unwrap();
    assert_eq!(query_text(&mut raw_connection(&folder).await, "PRAGMA journal_mode").await, "delete");
    drop(store);
}

/// Asserts that the file uses the write-ahead log, and sets its journal mode to `DELETE`.
async fn delete_journal(folder: &tempfile::TempDir) {
    let mut connection = raw_connection(folder).await;
    assert_eq!(query_text(&mut connection, "PRAGMA journal_mode").await, "wal");
    assert_eq!(query_text(&mut connection, "PRAGMA journal_mode = DELETE").await, "delete");
    connection.close().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_private_to_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_store, folder) = create_filled_file().await;
    let path = folder.path().join("store.db");
    let beside = |suffix: &str| format!("{}{suffix}", path.display());
    let mode = |path: &str| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(&beside(suffix)), 0o600, "store.db{suffix}");
    }
    // An existing file keeps its permissions.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    std::fs::write(&path, "").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let _store = try_open(&folder, options()).await.unwrap();
    assert_eq!(mode(&path.display().to_string()), 0o640);
}

#[tokio::test]
async fn exhausted_row_ids_fail_only_inserts() {
    let (store, folder) = create_filled_file().await;
    store
        .commit_ok(vec![Change::CreateContact(contact(10, &[])), Change::CreateRecord(record(20, id(10), id(1)))])
        .await;
    let last = "INSERT INTO contacts SELECT 9223372036854775807, tenant, zeroblob(16), 9223372036854775807, name, NULL, \
        NULL, NULL, '[]', 0, 0 FROM contacts;
        INSERT INTO records SELECT 9223372036854775807, tenant, zeroblob(16), campaign, 9223372036854775807, 'ready', 0, \
        0, NULL, NULL, NULL, NULL, '{}', 1, 9223372036854775807, 0, 0 FROM records";
    execute(&mut raw_connection(&folder).await, last).await;
    let leave = |contact| Change::RemoveDnd { contact, scope: Scope::Campaign(id(1)) };
    let verdicts = store
        .commit_all(vec![
            commit(vec![Change::CreateContact(contact(11, &[]))]),
            commit(vec![Change::CreateRecord(record(21, id(10), id(1)))]),
            commit(vec![leave(id(0))]),
            commit(vec![leave(id(10)), transition(id(20), id(10), RecordState::Ready, RecordState::Sent)]),
        ])
        .await;
    for verdict in &verdicts[..3] {
        let CommitOutcome::Failed(error) = verdict else { panic!("{verdicts:?}") };
        assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
    }
    assert_eq!(verdicts[3], CommitOutcome::Committed);
    assert!(store.contact(11).await.is_none() && store.record(21).await.is_none());
    assert_eq!(store.record(20).await.unwrap().state, RecordState::Sent);
}

#[tokio::test]
async fn an_exhausted_configuration_version_is_refused() {
    let (store, folder) = create_filled_file().await;
    let mut other = raw_connection(&folder).await;
    execute(&mut other, "UPDATE tenants SET version = 9223372036854775807").await;
    let version = u64::try_from(i64::MAX).unwrap();
    let change = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version };
    let error = store.store.configure(&[change]).await.unwrap_err();
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
}

/// Two stores that migrate one file at the same time migrate it once.
#[tokio::test]
async fn a_store_may_be_migrated_by_several_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = raw_connection(&folder).await;
    execute(&mut old, FIRST).await;
    execute(&mut old, "PRAGMA application_id = 0x666c6f77; PRAGMA user_version = 1").await;
    drop(old);
    let folder = Arc::new(folder);
    let (one, other) =
        tokio::join!(try_open(&folder, SqliteOptions::default()), try_open(&folder, SqliteOptions::default()));
    assert!(one.is_ok() && other.is_ok());
}
