//! `flowhost pack`: converts a core module into a component.

use super::component;
use super::contract_table::write_table;
use super::error::CliError;
use super::input::Input;
use super::output::{Output, print_stderr};
use clap::Args;
use flowhost::{Limits, LoadError, catalog};
use std::path::PathBuf;

/// Arguments of `flowhost pack`.
#[derive(Debug, Args)]
#[command(
    about = "Convert a core module that was built with the SDK into a component",
    long_about = "Converts a core module (wasm32-unknown-unknown) into a component that a host can load. The module \
                  must contain the contract's type section, which the SDK generates.",
    after_help = "Example:\n  flowhost pack target/wasm32-unknown-unknown/release/my_action.wasm -o my-action.wasm\n  \
                  flowhost check my-action.wasm"
)]
pub(super) struct Arguments {
    /// The core module; - reads stdin
    #[arg(value_name = "CORE.wasm")]
    core: Input,

    /// The component to write
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let core = component::read_input(&arguments.core, Limits::default().component_bytes)?;
    let component = catalog::pack(&core).map_err(|refusal| report(arguments, &refusal))?;
    let path = &arguments.output;
    std::fs::write(path, &component)
        .map_err(|error| CliError::message(format!("can't write {}: {error}", path.display())))?;
    print_stderr(&format!("wrote {} ({} bytes)", path.display(), component.len()));
    Ok(())
}

/// Prints the differences from the contract, and returns the error.
fn report(arguments: &Arguments, refusal: &LoadError) -> CliError {
    let mut output = Output::new();
    let printed = write_table(&refusal.differences, &mut output).and_then(|()| output.flush());
    let message = format!("{}: {}", arguments.core, refusal.message);
    printed.err().unwrap_or_else(|| CliError::message(message).with_code(refusal.code))
}
