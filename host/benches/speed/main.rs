//! What an invocation costs, each figure beside what it is to be compared with.
//!
//! `cargo bench --bench speed` measures everything; `-- S1 S4` only these rows, `-- --quick` in less time. `-- --check`
//! measures in a moment what must not be lost, and fails if it is; `-- --instructions` counts instructions and
//! compares them with those kept, `-- --keep` keeps them anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement"
)]

mod bare;
mod child;
mod cpu;
#[path = "../../tests/hostile/gate.rs"]
mod gate;
mod instructions;
mod invocation;
mod load;
mod neighbours;
mod pair;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/hostile/plugins.rs"]
mod plugins;
mod resident;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/hostile/rivals.rs"]
mod rivals;
mod sqlite;
mod start;
mod system_calls;
mod table;

use pair::Care;
use std::process::ExitCode;
use table::Row;

/// As the command line has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures some rows.
type Measure = fn(Care) -> Vec<Row>;

const ALL: [(&str, Measure); 10] = [
    ("S1", invocation::s1),
    ("S1-many", invocation::many),
    ("S2", system_calls::s2),
    ("S3", invocation::s3),
    ("S4", sqlite::s4),
    ("S5", sqlite::s5),
    ("S6", start::s6),
    ("S7", sqlite::s7),
    ("S8", neighbours::s8),
    ("S9", resident::s9),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [drive, what, count] = arguments.as_slice()
        && drive == "--drive"
    {
        child::drive(what, count.parse().unwrap());
        return ExitCode::SUCCESS;
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--instructions") || has("--keep") {
        return if instructions::check(has("--keep")) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if has("--check") {
        return check();
    }
    let care = if has("--quick") { Care::Quick } else { Care::Full };
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let mut rows = Vec::new();
    for (id, measure) in ALL {
        if wanted.is_empty() || wanted.iter().any(|name| *name == id) {
            rows.extend(measure(care));
        }
    }
    table::print(&rows);
    ExitCode::SUCCESS
}

/// What no machine's noise excuses: system calls, an invocation at five times a bare call, a second worker in vain.
fn check() -> ExitCode {
    let measured = [system_calls::s2(Care::Quick), invocation::s1(Care::Quick), invocation::s3(Care::Quick)];
    let rows: Vec<_> = measured.into_iter().flatten().collect();
    table::print(&rows);
    match rows.iter().find(|row| !row.tolerable) {
        None => ExitCode::SUCCESS,
        Some(row) => {
            println!("{} is far from its target", row.id);
            ExitCode::FAILURE
        }
    }
}
