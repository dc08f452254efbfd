//! The conformance suite on the store in a SQLite file.

#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

#[path = "sqlite/store_file.rs"]
mod store_file;

flowhost_store_conformance::conformance_suite!(crate::store_file::StoreFile);
