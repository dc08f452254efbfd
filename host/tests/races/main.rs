//! Many sessions at once over the same things, checked against one session at a time: there must be a legal order.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod actions;
mod contents;
mod forged;
mod history;
mod model;
mod pairs;
mod search;
mod watched;
