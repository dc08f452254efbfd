//! Row S2: memory system calls of a child process, counted by `strace`.

use crate::compare::Mode;
use crate::table::{Row, row};
use std::path::Path;
use std::process::Command;

const CALLS: &str = "mmap,munmap,mremap,mprotect,madvise,brk,ioctl";

/// The number of memory system calls of a child process that makes `count` invocations.
fn calls(count: u64) -> i64 {
    let summary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("speed-strace");
    let child = std::env::current_exe().unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-U", "calls,name", "-e"]).arg(format!("trace={CALLS}")).arg("-o").arg(&summary);
    let status = strace.arg(child).args(["--drive", "mix", &count.to_string()]).status();
    assert!(status.expect("S2 needs the program strace").success());
    let text = std::fs::read_to_string(&summary).unwrap();
    let names: Vec<_> = CALLS.split(',').collect();
    let count = |line: &str| {
        let (number, name) = line.trim().split_once(char::is_whitespace)?;
        names.contains(&name.trim()).then(|| number.parse::<i64>().unwrap())
    };
    text.lines().filter_map(count).sum()
}

/// S2: the additional system calls of 20,000 additional invocations.
pub(crate) fn s2(_: Mode) -> Vec<Row> {
    let more = calls(25_000) - calls(5_000);
    vec![
        row(
            "S2",
            "memory system calls that 20,000 further invocations make, the ten shipped actions in turn",
            format!("{more}"),
            "0 an invocation (fewer than 200 in all, as starts differ)",
            more < 200,
        )
        .with_ci_limit(more < 1_000),
    ]
}
