//! Faults: killed processes, loss of power, disks that are full, broken or read-only, databases that other processes
//! lock or migrate. Tests assert the response to the caller, the state of the database, and the recovery of the host.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// The test harness shows the output of a failed test.
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
