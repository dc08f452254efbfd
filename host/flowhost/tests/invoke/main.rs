//! Actions as a flow runtime invokes them, on every store.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod committer_failures;
mod concurrency;
mod contacts;
mod dnd;
mod fixture;
mod idempotency_keys;
mod ids;
mod parameters;
mod preparation;
mod records;
mod storage_limits;
