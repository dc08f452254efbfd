//! Shared code of the end-to-end tests of flowhost. The tests are in `tests/`, and the flows that some of them run in
//! `diagrams/`.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test that fails panics")]

pub mod command;
pub mod components;
pub mod contract;
pub mod http;
pub mod plugins;
pub mod service;
pub mod tenants;
