//! The whole of flowhost from outside: what tests share. The tests themselves stand in `tests/`, the diagrams that
//! some of them run in `diagrams/`.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test that fails panics")]

pub mod command;
pub mod components;
pub mod plugins;
pub mod tenants;
