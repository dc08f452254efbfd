//! Tests with hostile plugins, each a real component: every attack ends with its code and does not affect others.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod assertions;
mod cases;
mod charges;
mod conflicts;
mod contract_compatibility;
mod faulty_store;
mod fixture;
#[path = "../documents/generated.rs"]
mod generated;
mod host_functions;
mod hot_reload;
mod isolation;
mod leaving_callers;
mod log;
mod plugins;
mod recordings;
mod retries;
mod wasi;
