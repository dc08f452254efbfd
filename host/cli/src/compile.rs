//! `flowhost compile`: the process that compiles a component for a host. Internal, hidden from the help.

use clap::Args;
use flowhost::Limits;
use std::process::ExitCode;
use std::time::Duration;

/// The limits of the parent host, which also determine the compatible engines.
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

/// Compiles the component on stdin. The parent reads only the exit code of a failure, so there is no message.
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
