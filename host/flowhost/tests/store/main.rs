//! Tests of the public store interface: a suite for every backend, a differential test, and tests of the SQLite file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod coalesced_reads;
mod concurrent;
mod contacts;
mod differential;
mod fixtures;
mod idempotency_keys;
mod listing;
mod operations;
mod pending_changes;
mod quota;
mod records;
mod sqlite_file;
mod sqlite_maintenance;
mod store_contract;
mod transaction;

/// Makes a test of each function on each backend. The compiler warns about a function that is not listed: it is unused.
macro_rules! on_every_store {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $name() { super::$name(&crate::fixtures::Fixture::memory().await).await })*
        }
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name(&crate::fixtures::Fixture::sqlite().await).await })*
        }
    };
}
use on_every_store;
