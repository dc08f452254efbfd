//! Many sessions at once over the same things, checked against one session at a time: there must be a legal order.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod action_pairs;
mod actions;
mod checker;
mod checker_tests;
mod dump;
mod history;
mod model;
mod recording_store;
