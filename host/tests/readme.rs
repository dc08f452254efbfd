//! The README says what the code says.

#![allow(missing_docs, clippy::unwrap_used)]

use flowhost::Limits;
use flowhost::invocation::codes::{CODES, Class};

const README: &str = include_str!("../../README.md");

fn class(class: Class) -> &'static str {
    match class {
        Class::Refusal => "refusal",
        Class::Fault => "fault",
        Class::Failure => "failure",
        Class::Load => "at load",
        Class::Run => "of `run`",
        Class::Apply => "of `apply`",
        Class::Flow => "of a flow",
        Class::Warning => "warning",
    }
}

#[test]
fn it_lists_every_code() {
    let mut table = String::from("| code | class | when |\n|---|---|---|\n");
    for (code, of, when) in CODES {
        table += &format!("| `{code}` | {} | {when} |\n", class(*of));
    }
    assert!(README.contains(&table), "put this table under Codes:\n\n{table}");
}

#[test]
fn it_gives_the_bounds_that_are_in_force() {
    let limits = Limits::default();
    let mib = |bytes: usize| format!("{} MiB", bytes >> 20);
    let rows = [
        format!("| memory of an instance | {} |", mib(limits.memory_bytes)),
        format!("| time of computing | {} ms |", limits.cpu.as_millis()),
        format!("| whole run, until its writes are handed over | {} s |", limits.deadline.as_secs()),
        format!("| bytes of one host call, and of all together | {} |", mib(limits.host_bytes)),
        format!("| stack | {} KiB |", limits.stack_bytes >> 10),
        format!("| value of an entity | {} |", mib(limits.value_bytes)),
        format!("| session and parameters | {} |", mib(limits.request_bytes)),
        format!(
            "| component, time to compile it | {}, {} s |",
            mib(limits.component_bytes),
            limits.compile_time.as_secs()
        ),
        format!("| log lines, warnings | 1,000, {} |", limits.warnings),
        format!("| running again when stale | {} times |", limits.reruns),
    ];
    for row in rows {
        assert!(README.contains(&row), "the README lacks: {row}");
    }
}
