//! `flowhost run`: a diagram for one session.

use super::error::CliError;
use super::input::Input;
use super::options::Options;
use super::output::{Output, print_stderr, print_stderr_text};
use super::terminal::Style;
use super::{apply, check, connect, trace};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use flowhost::Session;
use flowhost::domain::IdentifierKind;
use flowhost::flow::{FlowFile, FlowRun, PreparedFlow, StopReason};
use flowhost::store::{Filter, Page, Store};
use std::time::Instant;

/// Bytes of a flow file.
pub(super) const MAX_FLOW_BYTES: usize = 16 << 20;

/// What to run.
#[derive(Debug, Args)]
#[command(
    about = "Run a diagram for one session",
    long_about = "Runs a diagram, an exported Node-RED flow, for one session: a trace on stderr, the session as the run \
                  left it as JSON on stdout. Each step has a key made of the session's id, the node and the visit, so \
                  that running the same session file again resumes it and does nothing twice.",
    after_help = "Examples:\n  flowhost run flow.json --session session.json --apply tenants.json\n  \
                  flowhost run flow.json --session session.json --start n2 --store memory:"
)]
pub(super) struct Arguments {
    /// The diagram, an exported Node-RED flow
    #[arg(value_name = "FLOW.json")]
    flow: Input,

    /// The session, a JSON file; - reads stdin. Without it a new one begins, if the store has one tenant only
    #[arg(long, value_name = "FILE")]
    session: Option<Input>,

    /// Creates or updates the tenants and campaigns of this file first
    #[arg(long, value_name = "FILE")]
    apply: Option<Input>,

    /// The node to start at, by its id or name
    #[arg(long, value_name = "NODE")]
    start: Option<String>,
}

/// Reads, runs, prints.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    let Arguments { flow: file, session, apply: applied, start } = arguments;
    if [Some(&file), session.as_ref(), applied.as_ref()].into_iter().flatten().filter(|i| **i == Input::Stdin).count()
        > 1
    {
        let error =
            super::Arguments::command().error(ErrorKind::ArgumentConflict, "stdin can be read only once; use a file");
        return Err(CliError::usage(error));
    }
    let flow = read_flow(&file)?;
    let session = session.as_ref().map(Input::read_session).transpose()?;

    let host = connect::open_host(options).await?;
    let prepared_flow = PreparedFlow::new(&host, &flow, start.as_deref());
    let style = Style::stderr();
    let faults: Vec<_> =
        prepared_flow.blocking_diagnostics().map(|found| check::format_diagnostic(found, style)).collect();
    if !faults.is_empty() {
        faults.iter().for_each(|line| print_stderr(line));
        let hint = format!("`flowhost check {file}` shows all that there is to mend");
        return Err(CliError::message(format!("{file} can't be run as it is; nothing was done")).with_hint(hint));
    }
    if let Some(applied) = &applied {
        apply::change_lines(&apply::apply_file(host.store().as_ref(), applied).await?)
            .for_each(|line| print_stderr(&line));
    }
    let session = match session {
        Some(session) => session,
        None => new_session(host.store().as_ref()).await?,
    };

    let started = Instant::now();
    let FlowRun { session, steps, stop } =
        prepared_flow.run(&host, session, |step| print_stderr_text(&trace::format_step(step, style))).await;
    host.close().await?;
    let mut output = Output::new();
    output.write_pretty_json(&session)?;
    output.flush()?;
    match stop {
        None => {
            print_stderr(&style.dim(&format!("{steps} steps in {}", trace::format_duration(started.elapsed()))));
            Ok(())
        }
        Some(stop) => {
            let cli_error = CliError::message(stop.to_string()).with_code(stop.code());
            Err(hint_for_stop(&stop).into_iter().fold(cli_error, CliError::with_hint))
        }
    }
}

fn hint_for_stop(stop: &StopReason) -> Option<&'static str> {
    match stop {
        StopReason::Failed { failure, .. } if failure.code == "key-reused" => {
            Some("the flow has changed since this session ran it; give the session another `id`")
        }
        StopReason::Failed { failure, .. } if failure.retryable => Some("run the same session file again: it resumes"),
        _ => None,
    }
}

/// The flow in a file.
pub(super) fn read_flow(file: &Input) -> Result<FlowFile, CliError> {
    let text = file.read_text(MAX_FLOW_BYTES, "request-too-large", "request-invalid")?;
    FlowFile::parse(&text).map_err(|error| file.error_at(&text, &error, error.line.zip(error.column), error.code()))
}

/// A session of somebody for trying a diagram out.
async fn new_session(store: &dyn Store) -> Result<Session, CliError> {
    let tenants = store.tenants(&Filter::default(), &Page { after: None, limit: 2 }).await?;
    let [tenant] = tenants.as_slice() else {
        let what = if tenants.is_empty() { "no tenant" } else { "several tenants" };
        let hint =
            "give one with --session, as in {\"tenant\":\"acme\",\"channel\":\"whatsapp\",\"user\":\"56987654321\"}";
        return Err(CliError::message(format!("whose session is it? the store has {what}")).with_hint(hint));
    };
    // Anybody may be a user of a channel whose identifiers have no form.
    let opaque = tenant.channels.iter().find(|channel| channel.identifier == IdentifierKind::Opaque);
    let channel = opaque.or(tenant.channels.first()).map_or("widget", |channel| &channel.name);
    print_stderr(&format!("a new session of user guest in channel {channel} of tenant {}", tenant.id));
    Ok(Session::new(&tenant.id, channel, "guest"))
}
