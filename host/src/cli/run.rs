//! `flowhost run`: a diagram for one session.

use super::failed::Failed;
use super::input::Input;
use super::options::Options;
use super::output::{Output, say, say_text};
use super::terminal::Paint;
use super::{apply, check, open, trace};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use flowhost::Session;
use flowhost::diagram::{Diagram, Flow, Run, Stop};
use flowhost::domain::IdentifierKind;
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
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), Failed> {
    let Arguments { flow: file, session, apply: applied, start } = arguments;
    if [Some(&file), session.as_ref(), applied.as_ref()].into_iter().flatten().filter(|i| **i == Input::Stdin).count()
        > 1
    {
        let error =
            super::Arguments::command().error(ErrorKind::ArgumentConflict, "stdin can be read only once; use a file");
        return Err(Failed::usage(error));
    }
    let flow = read_flow(&file)?;
    let session = session.as_ref().map(Input::session).transpose()?;

    let host = open::host(options).await?;
    let diagram = Diagram::new(&host, &flow, start.as_deref());
    let paint = Paint::stderr();
    let faults: Vec<_> = diagram.faults().map(|found| check::line(found, paint)).collect();
    if !faults.is_empty() {
        faults.iter().for_each(|line| say(line));
        let hint = format!("`flowhost check {file}` shows all that there is to mend");
        return Err(Failed::because(format!("{file} can't be run as it is; nothing was done")).with_hint(hint));
    }
    if let Some(applied) = &applied {
        apply::lines(&apply::apply(host.store().as_ref(), applied).await?).for_each(|line| say(&line));
    }
    let session = match session {
        Some(session) => session,
        None => new_session(host.store().as_ref()).await?,
    };

    let started = Instant::now();
    let Run { session, steps, stop } = diagram.run(&host, session, |step| say_text(&trace::step(step, paint))).await;
    host.close().await?;
    let mut output = Output::new();
    output.pretty(&session)?;
    output.flush()?;
    match stop {
        None => {
            say(&paint.dim(&format!("{steps} steps in {}", trace::time(started.elapsed()))));
            Ok(())
        }
        Some(stop) => {
            let failed = Failed::because(stop.to_string()).with_code(stop.code());
            Err(hint(&stop).into_iter().fold(failed, Failed::with_hint))
        }
    }
}

fn hint(stop: &Stop) -> Option<&'static str> {
    match stop {
        Stop::Failed { failure, .. } if failure.code == "key-reused" => {
            Some("the flow has changed since this session ran it; give the session another `id`")
        }
        Stop::Failed { failure, .. } if failure.retryable => Some("run the same session file again: it resumes"),
        _ => None,
    }
}

/// The flow in a file.
pub(super) fn read_flow(file: &Input) -> Result<Flow, Failed> {
    let text = file.text(MAX_FLOW_BYTES, "request-too-large", "request-invalid")?;
    Flow::parse(&text).map_err(|error| file.wrong(&text, &error, error.line.zip(error.column), error.code()))
}

/// A session of somebody for trying a diagram out.
async fn new_session(store: &dyn Store) -> Result<Session, Failed> {
    let tenants = store.tenants(&Filter::default(), &Page { after: None, limit: 2 }).await?;
    let [tenant] = tenants.as_slice() else {
        let what = if tenants.is_empty() { "no tenant" } else { "several tenants" };
        let hint =
            "give one with --session, as in {\"tenant\":\"acme\",\"channel\":\"whatsapp\",\"user\":\"56987654321\"}";
        return Err(Failed::because(format!("whose session is it? the store has {what}")).with_hint(hint));
    };
    // Anybody may be a user of a channel whose identifiers have no form.
    let opaque = tenant.channels.iter().find(|channel| channel.identifier == IdentifierKind::Opaque);
    let channel = opaque.or(tenant.channels.first()).map_or("widget", |channel| &channel.name);
    say(&format!("a new session of user guest in channel {channel} of tenant {}", tenant.id));
    Ok(Session::new(&tenant.id, channel, "guest"))
}
