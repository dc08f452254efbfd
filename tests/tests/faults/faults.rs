//! Every fault: the fault, the response to the caller, the property afterwards, and the test. The table of
//! `tests/docs/faults.md` comes from here.

use crate::generated::assert_section;
use crate::{environment, fault_sweep, power_loss, process_kill, start};

/// One row for each fault: test name, fault, response to the caller, property afterwards, test.
macro_rules! faults {
    ($($test:ident: $fault:literal, $told:literal, $holds:literal => $proof:expr;)*) => {
        const FAULTS: &[(&str, &str, &str)] = &[$(($fault, $told, $holds)),*];

        $(#[tokio::test]
        async fn $test() {
            $proof.await;
        })*
    };
}

faults! {
    is_killed: "The process is killed (`SIGKILL`) during 10,000 invocations, 20 times on one database",
        "nothing", "acknowledged effects exist once, no effect is partial, and the next response takes less than a second"
        => process_kill::is_killed();
    loses_power: "Power fails at any write or sync of a commit or a checkpoint, and all, some or none of the unsynced data is \
        lost", "nothing", "acknowledged effects exist once, no effect is partial" => power_loss::while_working();
    loses_power_with_normal_synchronisation: "The same, with `Synchronous::Normal`", "nothing",
        "the last acknowledged effects may be lost, no effect is partial" => power_loss::with_normal_synchronisation();
    loses_power_at_start: "Power fails at any write or sync of the first start", "nothing", "the next start succeeds"
        => power_loss::at_the_first_start();
    is_full: "The disk is full from any write on", "`store-full`", "the same host continues when there is space"
        => fault_sweep::full();
    is_full_once: "The disk is full for any single write", "`store-full`", "the same host continues" => fault_sweep::full_once();
    exceeds_the_file_size_limit: "The process exceeds its limit of file sizes", "`store-unavailable`",
        "the same process continues when the limit is raised" => environment::file_size_limit();
    private_disk_is_full: "A private disk of 16 MiB is full, if the system permits one", "`store-full`",
        "the same process continues when there is space" => environment::small_disk();
    breaks_once: "Any single open, read, write, sync, lock, mapping or other call fails", "`store-unavailable`",
        "the same host continues" => fault_sweep::broken_once();
    breaks_permanently: "All calls fail from any call on", "`store-unavailable`",
        "the same host continues when the disk is repaired" => fault_sweep::broken();
    writes_partially: "Any single write is partial", "`store-unavailable`", "the same host continues" => fault_sweep::torn();
    cannot_checkpoint: "Checkpoints of the write-ahead log fail", "nothing", "the log grows until a checkpoint succeeds"
        => fault_sweep::checkpoints_fail();
    cannot_close: "All calls fail from any call on while the host closes", "an error of `close`",
        "nothing is lost" => fault_sweep::closing_fails();
    breaks_at_start: "Any single call of the first start fails", "an error of `open`", "the next start succeeds"
        => start::first_start_fails();
    becomes_read_only: "The disk becomes read-only", "`store-unavailable`, then `store-read-only`",
        "reads continue; writes continue when the disk is writable" => environment::becomes_read_only();
    file_is_read_only: "The file is read-only when the host starts", "`store-read-only`",
        "reads continue; writes continue when the file is writable" => environment::file_is_read_only();
    everything_is_read_only: "The file and its folder are read-only when the host starts", "`store-read-only`",
        "reads continue; writes continue when the store is opened again" => environment::everything_is_read_only();
    is_locked: "Another process holds the write lock for longer than the busy timeout", "`store-unavailable`",
        "reads continue; writes continue when the lock is released" => environment::is_locked();
    is_locked_exclusively: "Another process holds an exclusive lock when the host starts", "an error of `open`",
        "the host starts when the lock is released" => environment::is_locked_exclusively();
    is_newer: "A newer release has migrated the file", "`store-newer`", "the file is unchanged" => start::is_newer();
    becomes_newer: "A newer release migrates the file while the host runs", "`store-newer`",
        "the host writes no more" => start::becomes_newer();
}

#[test]
fn page_contains_fault_table() {
    let mut table = String::from("| fault | response to the caller | property |\n|---|---|---|\n");
    for (fault, told, holds) in FAULTS {
        table += &format!("| {fault} | {told} | {holds} |\n");
    }
    assert_section("tests/docs/faults.md", "faults", &table);
}
