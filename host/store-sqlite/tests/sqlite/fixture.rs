//! Stores in files of temporary folders, and statements that bypass the store.

use crate::store_file::StoreFile;
use flowhost_store::StoreError;
use flowhost_store_conformance::{Fixture, ManualClock, StoreUnderTest as _};
use flowhost_store_sqlite::{SqliteOptions, SqliteStore, Synchronous};
use sqlx::{AssertSqlSafe, SqliteConnection};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Creates a store with the data of [`Fixture`], and returns the folder of its file.
pub(crate) async fn create_filled_file() -> (Fixture, Arc<TempDir>) {
    let clock = Arc::<ManualClock>::default();
    let file = StoreFile::create(Arc::<ManualClock>::clone(&clock)).await;
    let folder = file.folder.clone();
    (Fixture::fill(Arc::new(file), clock).await, folder)
}

/// Opens the file of a folder.
pub(crate) async fn open(folder: &TempDir) -> SqliteStore {
    let mut options = SqliteOptions::default();
    options.synchronous = Synchronous::Normal;
    try_open(folder, options).await.unwrap()
}

pub(crate) async fn execute(connection: &mut SqliteConnection, text: &str) {
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(connection).await.unwrap();
}

pub(crate) fn options() -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.busy_timeout = Duration::from_millis(50);
    options
}

pub(crate) async fn try_open(folder: &TempDir, options: SqliteOptions) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(folder.path().join("store.db"), options).await
}

pub(crate) async fn open_error(folder: &TempDir, options: SqliteOptions) -> StoreError {
    try_open(folder, options).await.err().expect("the store was opened")
}
