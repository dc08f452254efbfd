//! The file of the SQLite store: opening, migration, concurrent use and errors.

use crate::fixture::*;
use crate::store_file::{StoreFile, assert_consistent, query_text, raw_connection};
use flowhost_store::*;
use flowhost_store_conformance::samples::*;
use flowhost_store_conformance::{Handle, StoreUnderTest as _, spawn_writer};
use flowhost_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn committed_data_survives_reopening() {
    let folder = {
        let (store, folder) = create_filled_file().await;
        store.commit_ok(vec![Change::CreateContact(contact(10, &[("widget", "a")]))]).await;
        folder
    };
    let store = Handle::open(Arc::new(open(&folder).await)).await;
    assert_eq!(*store.contact(10).await.unwrap().contact, contact(10, &[("widget", "a")]));
    assert_eq!(query_text(&mut raw_connection(&folder).await, "PRAGMA journal_mode").await, "wal");
}

#[tokio::test]
async fn a_closed_store_is_one_file() {
    let (store, folder) = create_filled_file().await;
    store.commit_ok(vec![Change::CreateContact(contact(10, &[]))]).await;
    store.store.close().await.unwrap();
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(folder.path().join("store.db"), copy.path().join("store.db")).unwrap();
    let copied = Handle::open(Arc::new(open(&copy).await)).await;
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
    assert!(matches!(error, StoreError::NewerVersion(_)), "{error:?}");
    assert!(error.to_string().contains("version 99"), "{error}");
}

#[tokio::test]
async fn a_file_migrated_by_a_newer_release_is_not_written() {
    let (store, folder) = create_filled_file().await;
    let mut other = raw_connection(&folder).await;
    execute(&mut other, "PRAGMA user_version = 99").await;
    let create = [commit(vec![Change::CreateContact(contact(10, &[]))])];
    let error = store.committer.lock().await.commit(&create).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerVersion(_)), "{error:?}");
    execute(&mut other, "PRAGMA user_version = 4").await;
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
    let mut reading = options();
    reading.read_only = true;
    let error = open_error(&folder, reading.clone()).await;
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let configured = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version: 0 };
    let writer = try_open(&folder, options()).await.unwrap();
    assert!(writer.configure(std::slice::from_ref(&configured)).await.unwrap());
    let store = Handle::open(Arc::new(try_open(&folder, reading).await.unwrap())).await;
    assert_eq!(store.read(vec![]).await.version, 1);
    let create = commit(vec![Change::CreateContact(contact(10, &[]))]);
    let error = store.committer.lock().await.commit(&[create]).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly(_)), "{error:?}");
    let next = ConfigurationChange { version: 1, ..configured };
    let error = store.store.configure(&[next]).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly(_)), "{error:?}");
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
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    // Opening and reading do not need the write lock.
    let store = Handle::open(Arc::new(try_open(&folder, options()).await.unwrap())).await;
    assert_eq!(store.read(vec![]).await.version, 1);
    execute(&mut other, "ROLLBACK").await;
    assert_eq!(committer.commit(&create).await.unwrap(), [CommitOutcome::Committed]);
}

#[tokio::test]
async fn an_invalid_row_fails_only_its_own_reads() {
    let (store, folder) = create_filled_file().await;
    store.commit_ok(vec![Change::CreateContact(contact(10, &[])), Change::CreateContact(contact(11, &[]))]).await;
    let mut other = raw_connection(&folder).await;
    execute(&mut other, "UPDATE contacts SET addresses = 'nonsense' WHERE seq = 1").await;
    let request = |number| ReadRequest {
        tenant: TENANT.to_owned(),
        known_version: None,
        lookups: vec![Lookup::Contact(id(number))],
    };
    let error = store.reader.read(&request(10)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
    assert!(store.reader.read(&request(11)).await.is_ok());
}

/// A constraint that the validation does not know rejects one commit; the other commits of the batch succeed.
#[tokio::test]
async fn a_commit_that_sqlite_rejects_affects_no_other() {
    let (store, folder) = create_filled_file().await;
    let mut other = raw_connection(&folder).await;
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
    let (store, folder) = create_filled_file().await;
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
    let mut other = raw_connection(&folder).await;
    let left: usize = query_text(&mut other, "SELECT CAST(count(*) AS TEXT) FROM keys").await.parse().unwrap();
    assert!(left <= 100, "{left} keys");
}

#[tokio::test]
async fn two_stores_on_one_file_lose_nothing() {
    let file = Arc::new(StoreFile::create(Arc::new(SystemClock)).await);
    let processes = [spawn_writer(file.clone(), 1), spawn_writer(file.clone(), 2)];
    // At first the file is missing or incomplete and the tenant does not exist, so the first commits conflict.
    let store = file.open().await;
    let configured = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version: 0 };
    assert!(store.configure(&[configured]).await.unwrap());
    let done: usize = processes.into_iter().map(|process| process.join().unwrap()).sum();
    let all = Page { after: None, limit: 1_000 };
    let contacts = store.contacts(&Filter::default(), &all).await.unwrap();
    let records = store.records(&Filter::default(), &all).await.unwrap();
    assert_eq!((done, contacts.len(), records.len()), (200, 5, 200));
    assert_consistent(&file.folder).await;
}
