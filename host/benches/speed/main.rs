//! The cost of invocations, each figure compared with a baseline.
//!
//! `cargo bench --bench speed` measures all rows; `-- S1 S4` only these rows, and `-- --quick` in less time.
//! `-- --check` fails if a ratio exceeds a wide limit. `-- --instructions` counts instructions and compares them with
//! the accepted counts; `-- --keep` stores the new counts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement"
)]

mod baseline;
mod compare;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../flowhost/tests/hostile/conflicts.rs"]
mod conflicts;
mod cpu;
#[path = "../../flowhost/tests/hostile/faulty_store.rs"]
mod faulty_store;
mod instructions;
mod invocation;
mod load;
mod memory;
mod noisy_neighbour;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../flowhost/tests/hostile/plugins.rs"]
mod plugins;
mod sqlite;
mod start;
mod subprocess;
mod system_calls;
mod table;

use compare::Mode;
use std::process::ExitCode;
use table::Row;

/// The allocator of the command line.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures some rows.
type Measure = fn(Mode) -> Vec<Row>;

const ALL: [(&str, Measure); 10] = [
    ("S1", invocation::s1),
    ("S1-many", invocation::s1_many_tenants),
    ("S2", system_calls::s2),
    ("S3", invocation::s3),
    ("S4", sqlite::s4),
    ("S5", sqlite::s5),
    ("S6", start::s6),
    ("S7", sqlite::s7),
    ("S8", noisy_neighbour::s8),
    ("S9", memory::s9),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [drive, what, count] = arguments.as_slice()
        && drive == "--drive"
    {
        subprocess::drive(what, count.parse().unwrap());
        return ExitCode::SUCCESS;
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--instructions") || has("--keep") {
        return if instructions::check(has("--keep")) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if has("--check") {
        return check();
    }
    let mode = if has("--quick") { Mode::Quick } else { Mode::Full };
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let mut rows = Vec::new();
    for (id, measure) in ALL {
        if wanted.is_empty() || wanted.iter().any(|name| *name == id) {
            rows.extend(measure(mode));
        }
    }
    table::print(&rows);
    ExitCode::SUCCESS
}

/// Measures three rows with wide limits, which noise of the machine does not exceed. The rows are system calls, the CPU
/// time of an invocation, and the throughput of two workers.
fn check() -> ExitCode {
    let measured = [system_calls::s2(Mode::Quick), invocation::s1(Mode::Quick), invocation::s3(Mode::Quick)];
    let rows: Vec<_> = measured.into_iter().flatten().collect();
    table::print(&rows);
    match rows.iter().find(|row| !row.meets_ci_limit) {
        None => ExitCode::SUCCESS,
        Some(row) => {
            println!("{} is far from its target", row.id);
            ExitCode::FAILURE
        }
    }
}
