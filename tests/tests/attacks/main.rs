//! Attacks on a host that runs as a process: its memory stays below the limits, and it serves a neighbour tenant.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod admission;
mod evaluation;
mod log;
mod memory;
mod plugins;
mod target;
