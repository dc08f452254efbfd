//! Faults: killed processes, lost power, disks that are full, broken or read-only, databases that others hold or have
//! migrated. What the caller is told, what holds afterwards, and that the host goes on.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Shown where a test fails.
#![allow(clippy::print_stdout)]

mod disk;
mod environment;
mod fault_sweep;
mod faults;
mod fixture;
#[path = "../../../host/flowhost/tests/documents/generated.rs"]
mod generated;
mod invariants;
mod power_loss;
mod process;
mod process_kill;
mod requests;
mod start;
mod vfs;
