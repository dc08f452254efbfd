//! Actions as a flow runtime invokes them, on every store.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod contacts;
mod dnd;
mod ids;
mod keys;
mod parameters;
mod preparation;
mod races;
mod records;
mod stored;
mod world;
mod writer;
