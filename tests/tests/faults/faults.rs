//! Every fault: what goes wrong, what the caller is told, what holds afterwards, and the proof. The README's table comes
//! from here.

use crate::{environment, fault_sweep, power_loss, process_kill, start};

/// A row a fault: the name of its test, what goes wrong, what the caller is told, what holds afterwards, the proof.
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
    is_killed: "The process is killed (`SIGKILL`) in the middle of 10,000 invocations, twenty times over one database",
        "nothing", "what was answered is there once, nothing is there by halves, and the next answer comes within a second"
        => process_kill::is_killed();
    loses_power: "Power goes at any write or sync of a commit or a checkpoint, and takes all, some or none of what wasn't \
        synced", "nothing", "what was answered is there once, nothing is there by halves" => power_loss::while_working();
    loses_power_without_waiting: "The same, with `Synchronous::Normal`", "nothing",
        "the last answers may be forgotten, nothing is there by halves" => power_loss::with_normal_synchronisation();
    loses_power_at_start: "Power goes at any write or sync of the first start", "nothing", "the next start succeeds"
        => power_loss::at_the_first_start();
    is_full: "The disk is full from any write on", "`store-full`", "the same host goes on when there is room"
        => fault_sweep::full();
    is_full_once: "Any single write finds no room", "`store-full`", "the same host goes on" => fault_sweep::full_once();
    reaches_its_quota: "The process reaches its limit of file sizes", "`store-unavailable`",
        "the same process goes on when the limit is lifted" => environment::file_size_limit();
    has_a_full_disk: "The disk is full: one of 16 MiB, where a process may have one of its own", "`store-full`",
        "the same process goes on when there is room" => environment::small_disk();
    breaks_once: "Any single open, read, write, sync, lock, mapping or other call fails", "`store-unavailable`",
        "the same host goes on" => fault_sweep::broken_once();
    breaks_for_good: "All calls fail from any one on", "`store-unavailable`",
        "the same host goes on when the disk is mended" => fault_sweep::broken();
    tears: "Any single write ends in the middle", "`store-unavailable`", "the same host goes on" => fault_sweep::torn();
    cannot_checkpoint: "The log can't be moved into the database's file", "nothing", "the log grows until it can"
        => fault_sweep::checkpoints_fail();
    cannot_close: "All calls fail from any one on while the host closes", "an error of `close`",
        "nothing is lost" => fault_sweep::closing_fails();
    breaks_at_start: "Any single call of the first start fails", "an error of `open`", "the next start succeeds"
        => start::first_start_fails();
    becomes_read_only: "The disk becomes read-only", "`store-unavailable`, then `store-read-only`",
        "what reads goes on, what writes when the disk can be written" => environment::becomes_read_only();
    file_is_read_only: "The file is read-only when the host starts", "`store-read-only`",
        "what reads goes on, what writes when the file can be written" => environment::file_is_read_only();
    everything_is_read_only: "The file and its folder are read-only when the host starts", "`store-read-only`",
        "what reads goes on, what writes when the store is opened again" => environment::everything_is_read_only();
    is_locked: "Another process writes for longer than one waits", "`store-unavailable`",
        "what reads goes on, what writes when it lets go" => environment::is_locked();
    is_locked_exclusively: "Another process has the file to itself when the host starts", "an error of `open`",
        "the host starts when it lets go" => environment::is_locked_exclusively();
    is_newer: "A newer release has migrated the file", "`store-newer`", "the file is as it was" => start::is_newer();
    becomes_newer: "A newer release migrates the file while the host runs", "`store-newer`",
        "nothing is written any more" => start::becomes_newer();
}

#[test]
fn readme_contains_fault_table() {
    let mut table = String::from("| the fault | the caller is told | what holds |\n|---|---|---|\n");
    for (fault, told, holds) in FAULTS {
        table += &format!("| {fault} | {told} | {holds} |\n");
    }
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&table), "put this table under Faults survived:\n\n{table}");
}
