//! Instructions that an invocation takes, counted by `valgrind`: a figure that the machine's other work doesn't move.
//!
//! `instructions.txt` beside this folder keeps the last ones, so that a change which costs 5 % is seen.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Row of the table, what the child drives.
const COUNTED: [(&str, &str); 3] = [("bare", "bare"), ("S1", "memory"), ("S4", "sqlite")];

/// More than this over the kept figure is too much.
const TOLERANCE: f64 = 1.05;

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.txt")
}

/// What a child executes in all for so many invocations.
fn executed(what: &str, count: u64) -> u64 {
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
fn counted(what: &str) -> u64 {
    // Code compiled for the machine that valgrind shows is kept from the first time on.
    executed(what, 1);
    (executed(what, 3_000) - executed(what, 1_000)) / 2_000
}

/// Counts, prints, and compares with what is kept, or keeps it anew. False: something costs too much.
pub(crate) fn check(keep: bool) -> bool {
    let text = std::fs::read_to_string(kept()).unwrap_or_default();
    let before = |row: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(row)?.strip_prefix(' '));
        line.and_then(|count| count.trim().parse::<u64>().ok())
    };
    let mut lines = String::new();
    let mut good = true;
    println!("\n| instructions of one invocation | now | kept | |\n|---|---|---|---|");
    for (row, what) in COUNTED {
        let now = counted(what);
        let ratio = before(row).map(|before| now as f64 / before as f64);
        good &= ratio.is_none_or(|ratio| ratio <= TOLERANCE);
        let (kept, ratio) = (before(row).map_or("none".to_owned(), |count| count.to_string()), ratio.unwrap_or(1.0));
        println!("| {row} | {now} | {kept} | {ratio:.3} × |");
        lines += &format!("{row} {now}\n");
    }
    if keep {
        std::fs::write(kept(), lines).unwrap();
    }
    good || keep
}
