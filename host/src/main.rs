//! The command `flowhost`: see `flowhost --help`.

mod cli;

use std::process::ExitCode;

/// An invocation does some hundred small allocations, and frees many of them on another thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
