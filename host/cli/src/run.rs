//! `flowhost run`: runs a flow for one session.

use super::error::CliError;
use super::input::Input;
use super::options::Options;
use super::output::{Output, print_stderr, print_stderr_text};
use super::record::{self, RecordArguments};
use super::terminal::Style;
use super::{apply, check, connect, trace};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use flowhost::domain::IdentifierKind;
use flowhost::flow::{FlowFile, FlowRun, PreparedFlow, Step, StopReason};
use flowhost::store::{Filter, Page, Store};
use flowhost::{ErrorCode, Host, PreparedNode, Session};
use flowhost_author::RecordFolder;
use std::time::Instant;

/// Maximum size of a flow file, bytes.
pub(super) const MAX_FLOW_BYTES: usize = 16 << 20;

/// Arguments of `flowhost run`.
#[derive(Debug, Args)]
#[command(
    about = "Run a flow for one session",
    long_about = "Runs an exported Node-RED flow for one session. Prints a trace on stderr and the final session as \
                  JSON on stdout. Each step has an idempotency key of the session's id, the node and the visit. \
                  Running the same session file again therefore resumes the run, and no step has an effect twice.",
    after_help = "Examples:\n  flowhost run flow.json --session session.json --apply tenants.json\n  \
                  flowhost run flow.json --session session.json --start n2 --store memory:"
)]
pub(super) struct Arguments {
    /// The flow, exported from Node-RED
    #[arg(value_name = "FLOW.json")]
    flow: Input,

    /// The session, a JSON file; - reads stdin. If absent, the command starts a new session; the store must have
    /// exactly one tenant
    #[arg(long, value_name = "FILE")]
    session: Option<Input>,

    /// Creates or updates the tenants and campaigns of this file first
    #[arg(long, value_name = "FILE")]
    apply: Option<Input>,

    /// The start node, by its id or name
    #[arg(long, value_name = "NODE")]
    start: Option<String>,

    #[command(flatten)]
    recording: RecordArguments,
}

/// Runs the command.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    let Arguments { flow: file, session, apply: applied, start, recording } = arguments;
    if [Some(&file), session.as_ref(), applied.as_ref()].into_iter().flatten().filter(|i| **i == Input::Stdin).count()
        > 1
    {
        let error =
            super::Arguments::command().error(ErrorKind::ArgumentConflict, "stdin can be read only once; use a file");
        return Err(CliError::usage(error));
    }
    let folder = recording.folder()?;
    let flow = read_flow(&file)?;
    let session = session.as_ref().map(Input::read_session).transpose()?;

    let host = connect::open_host(options).await?;
    let prepared_flow = PreparedFlow::new(&host, &flow, start.as_deref());
    let style = Style::stderr();
    let errors: Vec<_> =
        prepared_flow.blocking_diagnostics().map(|found| check::format_diagnostic(found, style)).collect();
    if !errors.is_empty() {
        errors.iter().for_each(|line| print_stderr(line));
        let hint = format!("`flowhost check {file}` shows all errors and warnings");
        return Err(CliError::message(format!("{file} has errors and was not run")).with_hint(hint));
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
    let print = |step: &Step<'_>| print_stderr_text(&trace::format_step(step, style));
    let (flow_run, recorded) = match &folder {
        Some(folder) => run_recorded(&prepared_flow, (&host, session), (folder, recording.redact), print).await,
        None => (prepared_flow.run(&host, session, print).await, Ok(())),
    };
    let FlowRun { session, steps, stop, .. } = flow_run;
    host.close().await?;
    let mut output = Output::new();
    output.write_pretty_json(&session)?;
    output.flush()?;
    match stop {
        None => {
            recorded?;
            print_stderr(&style.dim(&format!("{steps} steps in {}", trace::format_duration(started.elapsed()))));
            Ok(())
        }
        Some(stop) => {
            let cli_error = CliError::message(stop.to_string()).with_code(ErrorCode::find(stop.code()));
            Err(hint_for_stop(&stop).into_iter().fold(cli_error, CliError::with_hint))
        }
    }
}

/// Runs the flow and writes a recording of each step. Returns the first recording's error.
async fn run_recorded(
    flow: &PreparedFlow,
    (host, session): (&Host, Session),
    (folder, redact): (&RecordFolder, bool),
    print: impl Fn(&Step<'_>),
) -> (FlowRun, Result<(), CliError>) {
    let mut first = Ok(());
    let on_step = async |step: &Step<'_>, node: &PreparedNode, recording: Option<_>| {
        print(step);
        let Some(recording) = recording else { return };
        let written = match record::redact(host, node, recording, redact).await {
            Ok(recording) => folder.write(step.number as usize, &recording).map_err(CliError::from),
            Err(error) => Err(error.into()),
        };
        if first.is_ok() {
            first = written;
        }
    };
    let flow_run = flow.run_recorded(host, session, on_step).await;
    (flow_run, first)
}

fn hint_for_stop(stop: &StopReason) -> Option<&'static str> {
    match stop {
        StopReason::Failed { failure, .. } if failure.code == ErrorCode::KeyReused.as_str() => {
            Some("the flow has changed since this session ran it; use a different session `id`")
        }
        StopReason::Failed { failure, .. } if failure.retryable => Some("run the same session file again to resume"),
        _ => None,
    }
}

/// Parses the flow of a file.
pub(super) fn read_flow(file: &Input) -> Result<FlowFile, CliError> {
    let text = file.read_text(MAX_FLOW_BYTES, ErrorCode::RequestTooLarge, ErrorCode::RequestInvalid)?;
    FlowFile::parse(&text).map_err(|error| file.error_at(&text, &error, error.line.zip(error.column), error.code()))
}

/// Creates a session for a test run of a flow.
async fn new_session(store: &dyn Store) -> Result<Session, CliError> {
    let tenants = store.tenants(&Filter::default(), &Page { after: None, limit: 2 }).await?;
    let [tenant] = tenants.as_slice() else {
        let what = if tenants.is_empty() { "no tenant" } else { "several tenants" };
        let hint = "use --session with a file such as \
                    {\"tenant\":\"acme\",\"channel\":\"whatsapp\",\"user\":\"56987654321\"}";
        return Err(CliError::message(format!("the store has {what}, so --session is required")).with_hint(hint));
    };
    // A channel with opaque identifiers accepts any user.
    let opaque = tenant.channels.iter().find(|channel| channel.identifier == IdentifierKind::Opaque);
    let channel = opaque.or(tenant.channels.first()).map_or("widget", |channel| &channel.name);
    print_stderr(&format!("a new session of user guest in channel {channel} of tenant {}", tenant.id));
    Ok(Session::new(&tenant.id, channel, "guest"))
}
