//! Instructions of one invocation, counted by `valgrind`: other work on the machine does not affect the count.
//!
//! `instructions.txt` beside this folder has the accepted counts; the check fails if a ratio grows by more than 5 %.
//! The count of a bare call depends on processor and compiler, so the check compares the ratios to a bare call.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Row of the table, and the argument of `--drive` for the child process.
const MEASURED_ROWS: [(&str, &str); 3] = [("bare", "bare"), ("S1", "memory"), ("S4", "sqlite")];

/// Limit for a ratio, relative to the accepted ratio.
const TOLERANCE: f64 = 1.05;

fn baseline_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt")
}

/// The number of instructions that a child process executes for `count` invocations, including its start.
fn total_instructions(what: &str, count: u64) -> u64 {
    let child = std::env::current_exe().unwrap();
    let mut valgrind = Command::new("valgrind");
    // Only the total on standard error is used, not callgrind's file.
    valgrind.args(["--tool=callgrind", "--smc-check=all-non-file", "--callgrind-out-file=/dev/null"]);
    let output = valgrind.arg(child).args(["--drive", what, &count.to_string()]).output();
    let output = output.expect("instructions are counted by the program valgrind");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let line = text.lines().find_map(|line| line.split_once("Collected : ")).expect("valgrind says how many");
    line.1.trim().parse().unwrap()
}

/// Instructions of one invocation: the difference of runs with 3,000 and 1,000 invocations, divided by 2,000.
fn instructions_per_invocation(what: &str) -> u64 {
    // The first run compiles the actions for the processor that valgrind emulates, and stores them in the cache.
    total_instructions(what, 1);
    (total_instructions(what, 3_000) - total_instructions(what, 1_000)) / 2_000
}

/// Counts the instructions, prints them, and compares them with the accepted counts. With `keep`, stores them instead.
/// Returns whether no ratio exceeds its limit.
pub(crate) fn check(keep: bool) -> bool {
    let text = std::fs::read_to_string(baseline_file()).unwrap_or_default();
    let before = |row: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(row)?.strip_prefix(' '));
        line.and_then(|count| count.trim().parse::<u64>().ok())
    };
    let mut lines = String::new();
    let mut good = true;
    let mut bare = None;
    println!("\n| instructions of one invocation | now | over bare | kept | over bare | |\n|---|---|---|---|---|---|");
    for (row, what) in MEASURED_ROWS {
        let now = instructions_per_invocation(what);
        let kept = before(row).unwrap_or(now);
        let (bare_now, bare_kept) = *bare.get_or_insert((now as f64, kept as f64));
        let (over_now, over_kept) = (now as f64 / bare_now, kept as f64 / bare_kept);
        let ratio = over_now / over_kept;
        good &= ratio <= TOLERANCE;
        println!("| {row} | {now} | {over_now:.3} × | {kept} | {over_kept:.3} × | {ratio:.3} × |");
        lines += &format!("{row} {now}\n");
    }
    if keep {
        std::fs::write(baseline_file(), lines).unwrap();
    }
    good || keep
}
