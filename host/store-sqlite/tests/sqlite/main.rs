//! Tests of the SQLite store only: its file, coalesced reads, and a comparison with the store in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod coalesced_reads;
mod differential;
mod file;
mod fixture;
mod maintenance;
mod operations;
mod store_file;
