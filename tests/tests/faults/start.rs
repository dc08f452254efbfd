//! Faults while a store is opened.

use crate::disk::{Disk, Fault};
use crate::fixture::{Fixture, assert_answers_valid, assert_recovers, database, open_store};
use crate::invariants;
use crate::requests::configuration;
use flowhost::ErrorCode;
use flowhost::store;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use std::path::Path;

pub(crate) async fn first_start_fails() {
    let mut failed = 0;
    for number in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::at(folder.path());
        disk.fail_after(number, Fault::Broken, false);
        let first = open_store(folder.path()).await;
        let hit = disk.repair();
        if let Err(error) = &first {
            assert!(
                [ErrorCode::StoreUnavailable, ErrorCode::StoreReadOnly].contains(&error.code()),
                "{number}, {hit:?}: {error}"
            );
            failed += 1;
        }
        drop(first);
        let store = open_store(folder.path()).await.unwrap_or_else(|error| panic!("{number}, {hit:?}: {error}"));
        store::apply(&store, &configuration().to_string()).await.unwrap();
        invariants::check(&database(folder.path())).await;
        if hit.is_none() {
            break;
        }
    }
    assert!(failed > 20, "only {failed} failures");
}

pub(crate) async fn is_newer() {
    let fixture = Fixture::new().await;
    let answers = fixture.invoke_all(1).await;
    let Fixture { host, folder, disk, .. } = fixture;
    host.close().await.unwrap();
    set_version(folder.path(), 99).await;

    let before = std::fs::read(database(folder.path())).unwrap();
    let error = open_store(folder.path()).await.err().expect("the store was opened");
    assert_eq!((error.code(), error.is_retryable()), (ErrorCode::StoreNewer, false));
    assert!(error.to_string().contains("version 99"), "{error}");
    assert!(std::fs::read(database(folder.path())).unwrap() == before, "the file has changed");

    set_version(folder.path(), 4).await;
    let fixture = Fixture::with_disk(folder, disk).await;
    assert_recovers(&fixture.invoke_all(1).await, &answers, &fixture.stored_outcomes().await);
}

pub(crate) async fn becomes_newer() {
    let fixture = Fixture::new().await;
    let known = fixture.invoke_all(0).await;
    set_version(fixture.folder.path(), 99).await;
    let answers = fixture.invoke_all(1).await;
    assert_eq!(answers.iter().filter(|(.., answer)| answer.is_err()).count(), 4);
    assert_answers_valid(&answers, &fixture.stored_outcomes().await, &["store-newer"]);
    assert_recovers(&fixture.invoke_all(0).await, &known, &fixture.stored_outcomes().await);
    set_version(fixture.folder.path(), 2).await;
    assert_recovers(&fixture.invoke_all(1).await, &answers, &fixture.stored_outcomes().await);
}

/// Sets the schema version of the file.
async fn set_version(folder: &Path, version: u32) {
    let mut connection = invariants::connect(&database(folder)).await;
    connection.execute(AssertSqlSafe(format!("PRAGMA user_version = {version}"))).await.unwrap();
    connection.close().await.unwrap();
}
