//! The store from outside: one suite of behaviours for every backend, the same random operations on all of them, and
//! what is particular to a file.

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

/// Makes a test of each function on each backend. A function that isn't listed is unused, which is a warning.
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
