//! The README says what the code says.

#![allow(missing_docs, clippy::unwrap_used)]

use flowhost::Limits;
use flowhost::invocation::codes::{CODES, CodeClass};

const README: &str = include_str!("../../README.md");

fn class_label(class: CodeClass) -> &'static str {
    match class {
        CodeClass::Refusal => "refusal",
        CodeClass::Fault => "fault",
        CodeClass::Failure => "failure",
        CodeClass::Load => "at load",
        CodeClass::Run => "of `run`",
        CodeClass::Apply => "of `apply`",
        CodeClass::Flow => "of a flow",
        CodeClass::Warning => "warning",
    }
}

#[test]
fn readme_lists_every_code() {
    let mut table = String::from("| code | class | when |\n|---|---|---|\n");
    for (code, of, when) in CODES {
        table += &format!("| `{code}` | {} | {when} |\n", class_label(*of));
    }
    assert!(README.contains(&table), "put this table under Codes:\n\n{table}");
}

#[test]
fn readme_states_the_default_limits() {
    let limits = Limits::default();
    let mib = |bytes: usize| format!("{} MiB", bytes >> 20);
    let rows = [
        format!("| memory of an instance | {} |", mib(limits.memory_bytes)),
        format!("| time of computing | {} ms |", limits.cpu_time.as_millis()),
        format!("| whole run, until its writes are handed over | {} s |", limits.invocation_timeout.as_secs()),
        format!("| bytes of one host call, and of all together | {} |", mib(limits.host_call_bytes)),
        format!("| stack | {} KiB |", limits.stack_bytes >> 10),
        format!("| value of an entity | {} |", mib(limits.value_bytes)),
        format!("| session and parameters | {} |", mib(limits.request_bytes)),
        format!(
            "| component, time to compile it | {}, {} s |",
            mib(limits.component_bytes),
            limits.compile_time.as_secs()
        ),
        format!("| log lines, warnings | 1,000, {} |", limits.warnings),
        format!("| running again when stale | {} times |", limits.max_retries),
    ];
    for row in rows {
        assert!(README.contains(&row), "the README lacks: {row}");
    }
}
