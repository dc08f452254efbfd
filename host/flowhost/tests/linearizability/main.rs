//! Linearizability: concurrent sessions have the outcomes that the same operations have one at a time, in some order.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod action_pairs;
mod actions;
mod checker;
mod checker_tests;
mod dump;
mod history;
mod model;
mod recording_store;
