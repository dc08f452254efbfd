//! Instructions that an invocation takes, counted by `valgrind`: a figure that the machine's other work doesn't move.
//!
//! `instructions.txt` beside this folder keeps the last ones, so that a change which costs 5 % is seen. What a bare call
//! takes differs from processor to processor and from compiler to compiler, so the others are compared by their ratios
//! to it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Row of the table, what the child drives.
const MEASURED_ROWS: [(&str, &str); 3] = [("bare", "bare"), ("S1", "memory"), ("S4", "sqlite")];

/// More than this over what is kept is too much.
const TOLERANCE: f64 = 1.05;

fn baseline_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt")
}

/// What a child executes in all for so many invocations.
fn total_instructions(what: &str, count: u64) -> u64 {
    let child = std::env::current_exe().unwrap();
    let mut valgrind = Command::new("valgrind");
    // The output of callgrind itself is not needed, only its sum.
    valgrind.args(["--tool=callgrind", "--smc-check=all-non-file", "--callgrind-out-file=/dev/null"]);
    let output = valgrind.arg(child).args(["--drive", what, &count.to_string()]).output();
    let output = output.expect("instructions are counted by the program valgrind");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let line = text.lines().find_map(|line| line.split_once("Collected : ")).expect("valgrind says how many");
    line.1.trim().parse().unwrap()
}

/// Instructions of one invocation: what 2,000 more of them add.
fn instructions_per_invocation(what: &str) -> u64 {
    // Code compiled for the machine that valgrind shows is kept from the first time on.
    total_instructions(what, 1);
    (total_instructions(what, 3_000) - total_instructions(what, 1_000)) / 2_000
}

/// Counts, prints, and compares with what is kept, or keeps it anew. False: something costs too much.
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
