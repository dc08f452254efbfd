//! `flowhost compile`: the process in which a host lets a component be compiled. Not for people.

use clap::Args;
use flowhost::Limits;
use std::process::ExitCode;
use std::time::Duration;

/// The limits of the host that asks. They decide for which engines the machine code is.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[arg(long)]
    memory_bytes: usize,
    #[arg(long)]
    stack_bytes: usize,
    #[arg(long)]
    compile_memory_bytes: usize,
    #[arg(long)]
    compile_time_ms: u64,
}

/// Compiles what comes through stdin. Nobody reads a message: the exit code says that it could not be done.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let mut limits = Limits::default();
    limits.memory_bytes = arguments.memory_bytes;
    limits.stack_bytes = arguments.stack_bytes;
    limits.compile_memory_bytes = arguments.compile_memory_bytes;
    limits.compile_time = Duration::from_millis(arguments.compile_time_ms);
    match flowhost::compile_for_parent(&limits) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
