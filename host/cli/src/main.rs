//! The command line: parses arguments and returns the exit code.
//!
//! Each command has a file that calls the library and prints the result, without any rules of its own. Data goes to
//! stdout, everything else to stderr. Exit code 0: done; 1: the command could not do its work; 2: wrong usage.

mod actions;
mod apply;
mod batch;
mod batch_request;
mod build;
mod check;
mod check_component;
mod compile;
mod component;
mod connect;
mod contract_table;
mod doctor;
mod error;
mod eval;
mod excerpt;
mod input;
mod invoke;
mod keys;
mod lines;
mod list;
mod logging;
mod new;
mod options;
mod output;
mod pack;
mod progress;
mod project;
mod record;
mod replay;
mod replay_report;
mod rows;
mod run;
mod serve;
mod signals;
mod stderr;
mod table;
mod terminal;
mod test;
mod trace;
mod wit;

use clap::{Parser, Subcommand};
use error::CliError;
use options::Options;
use std::process::ExitCode;

/// An invocation makes some hundred small allocations, and frees many of them on another thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the actions of self-service flow diagrams as isolated, limited, transactional WebAssembly components.
#[derive(Debug, Parser)]
#[command(
    name = "flowhost",
    bin_name = "flowhost",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Data goes to stdout, everything else to stderr.\n\
                  Exit code 0: done, whatever the outcome; 1: the command failed; 2: wrong usage.\n\n\
                  Example:\n  flowhost run flow.json --session session.json --apply tenants.json"
)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Invoke(invoke::Arguments),
    Actions(actions::Arguments),
    Check(check::Arguments),
    New(new::Arguments),
    Build(build::Arguments),
    Test(test::Arguments),
    Replay(replay::Arguments),
    Doctor(doctor::Arguments),
    Eval(eval::Arguments),
    Wit(wit::Arguments),
    Pack(pack::Arguments),
    Apply(apply::Arguments),
    Serve(serve::Arguments),
    Keys(keys::Arguments),
    /// List tenants
    #[command(after_help = "Example:\n  flowhost tenants --json")]
    Tenants(list::Arguments),
    /// List campaigns, by tenant and name
    #[command(after_help = "Example:\n  flowhost campaigns --tenant acme --category Collections")]
    Campaigns(list::Arguments),
    /// List contacts in order of their creation
    #[command(after_help = "Examples:\n  flowhost contacts --tenant acme --channel whatsapp\n  \
                            flowhost contacts --linked 0197c3f2-6f0a-7cc1-9d3e-1f0f5a1b2c3d --json")]
    Contacts(list::Arguments),
    /// List campaign records in order of their creation
    #[command(after_help = "Example:\n  flowhost records --tenant acme --state ready --limit 20")]
    Records(list::Arguments),
    /// List do-not-disturb entries
    #[command(after_help = "Example:\n  flowhost dnd --tenant acme --category Collections")]
    Dnd(list::Arguments),
    #[command(hide = true)]
    Compile(compile::Arguments),
}

fn main() -> ExitCode {
    stderr::install_panic_hook();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = CliError::usage(error).report();
            stderr::flush();
            return code;
        }
    };
    // The command limits its process, which must not have opened or started anything before.
    if let Command::Compile(arguments) = &arguments.command {
        return compile::run(arguments);
    }
    let code = match run_command(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cli_error) => cli_error.report(),
    };
    stderr::flush();
    code
}

fn run_command(arguments: Arguments) -> Result<(), CliError> {
    logging::init(arguments.options.verbose)?;
    dispatch(arguments)
}

fn dispatch(Arguments { options, command }: Arguments) -> Result<(), CliError> {
    // Invocations run on the host's own threads; this thread only sends requests and prints results.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::message(format!("the runtime can't be started: {error}")))?;
    match command {
        Command::Run(arguments) => runtime.block_on(run::run(&options, arguments)),
        Command::Invoke(arguments) => runtime.block_on(invoke::run(&options, arguments)),
        Command::Actions(arguments) => runtime.block_on(actions::run(&options, arguments)),
        Command::Check(arguments) => runtime.block_on(check::run(&options, arguments)),
        Command::New(arguments) => new::run(arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Doctor(arguments) => runtime.block_on(doctor::run(&options, arguments)),
        Command::Test(arguments) => runtime.block_on(test::run(&options, arguments)),
        Command::Replay(arguments) => runtime.block_on(replay::run(&options, arguments)),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Wit(arguments) => wit::run(&arguments),
        Command::Pack(arguments) => pack::run(&arguments),
        Command::Apply(arguments) => runtime.block_on(apply::run(&options, arguments)),
        Command::Serve(arguments) => serve::run(&options, arguments),
        Command::Keys(arguments) => runtime.block_on(keys::run(&options, arguments)),
        Command::Tenants(arguments) => runtime.block_on(list::run::<rows::Tenants>(&options, arguments)),
        Command::Campaigns(arguments) => runtime.block_on(list::run::<rows::Campaigns>(&options, arguments)),
        Command::Contacts(arguments) => runtime.block_on(list::run::<rows::Contacts>(&options, arguments)),
        Command::Records(arguments) => runtime.block_on(list::run::<rows::Records>(&options, arguments)),
        Command::Dnd(arguments) => runtime.block_on(list::run::<rows::Dnd>(&options, arguments)),
        Command::Compile(_) => Err(CliError::message("`compile` must run before the runtime starts")),
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
