//! `flowhost invoke`: invokes one action for one session.

use super::error::CliError;
use super::input::Input;
use super::options::Options;
use super::output::Output;
use super::record::{ActiveRecording, RecordArguments};
use super::{apply, batch, connect};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use flowhost::recording::{Recording, RecordingError};
use flowhost::{ErrorCode, Limits, Outcome, Request};
use serde_json::json;

/// Arguments of `flowhost invoke`.
#[derive(Debug, Args)]
#[command(
    about = "Invoke one action for one session and print its outcome",
    long_about = "Invokes one action for one session and prints its outcome as JSON: the port, the changed entities \
                  and, after a refusal, the error. A refusal is an outcome with exit code 0. A request that could not \
                  be carried out prints {\"failure\":…} with exit code 1.\n\n\
                  With --batch, the command reads requests from stdin, one per line, and prints one outcome per line \
                  in the same order: {\"action\":…,\"session\":{…},\"parameters\":{…},\"key\":…}",
    after_help = "Examples:\n  \
                  flowhost invoke campaign-contact-manager --session session.json --parameters parameters.json\n  \
                  flowhost invoke --batch --jobs 16 < requests.jsonl > outcomes.jsonl"
)]
pub(super) struct Arguments {
    /// The action's id, with or without a version: campaign-contact-manager@1
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    action: Option<String>,

    /// The session, a JSON file; - reads stdin
    #[arg(long, value_name = "FILE", required_unless_present = "batch", conflicts_with = "batch")]
    session: Option<Input>,

    /// The action's parameters, a JSON file; - reads stdin
    #[arg(long, value_name = "FILE", required_unless_present = "batch", conflicts_with = "batch")]
    parameters: Option<Input>,

    /// The idempotency key: a repeated request with the same key has no effect and the same outcome. Needs a session
    /// with an id
    #[arg(long, conflicts_with = "batch")]
    key: Option<String>,

    /// Creates or updates the tenants and campaigns of this file first
    #[arg(long, value_name = "FILE")]
    apply: Option<Input>,

    /// Reads requests from stdin, one per line
    #[arg(long)]
    batch: bool,

    #[command(flatten)]
    recording: RecordArguments,

    /// Maximum number of requests of a batch in flight; 1 if absent
    #[arg(long, value_name = "N", requires = "batch", value_parser = clap::value_parser!(u16).range(1..=4096))]
    jobs: Option<u16>,
}

/// Runs the command.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    arguments.check_stdin()?;
    let Arguments { action: Some(action), session: Some(session), parameters: Some(parameters), .. } = &arguments
    else {
        let jobs = usize::from(arguments.jobs.unwrap_or(1));
        return batch::run(options, arguments.apply.as_ref(), jobs, &arguments.recording).await;
    };
    let file = arguments.recording.file()?;
    let result = invoke(options, (action, session, parameters), &arguments).await;
    let mut output = Output::new();
    let recording = match result {
        Ok((outcome, recording)) => {
            output.write_json(&outcome)?;
            recording
        }
        Err(cli_error) => {
            if let Some(failure) = cli_error.as_failure() {
                output.write_json(&json!({ "failure": failure }))?;
                output.flush()?;
            }
            return Err(cli_error);
        }
    };
    output.flush()?;
    if let (Some(file), Some(recording)) = (file, recording?) {
        file.write(&recording)?;
    }
    Ok(())
}

/// The recording of an invocation, if there is one.
type InvokeRecording = Result<Option<Recording>, RecordingError>;

async fn invoke(
    options: &Options,
    (action, session, parameters): (&str, &Input, &Input),
    arguments: &Arguments,
) -> Result<(Outcome, InvokeRecording), CliError> {
    let limit = Limits::default().request_bytes;
    let session = session.read_session()?;
    let parameters = parameters.parse_parameters(&parameters.read_text(
        limit,
        ErrorCode::RequestTooLarge,
        ErrorCode::RequestInvalid,
    )?)?;

    let host = connect::open_host(options).await?;
    let node = host.prepare(action, &parameters).map_err(flowhost::Failure::from)?;
    if let Some(file) = &arguments.apply {
        apply::apply_file(host.store().as_ref(), file).await?;
    }
    let request = Request::new(node, session);
    let request = arguments.key.iter().cloned().fold(request, Request::with_key);
    let RecordArguments { record, redact } = &arguments.recording;
    let (request, active) = match record {
        Some(_) => {
            let (request, active) = ActiveRecording::start(request, *redact);
            (request, Some(active))
        }
        None => (request, None),
    };
    let outcome = host.invoke(request).await;
    let recording = match active {
        Some(active) => active.finish(&host).await,
        None => Ok(None),
    };
    host.close().await?;
    Ok((outcome?, recording))
}

impl Arguments {
    /// Checks that at most one input is stdin, which can be read only once.
    fn check_stdin(&self) -> Result<(), CliError> {
        let files = [&self.session, &self.parameters, &self.apply];
        let used =
            files.into_iter().flatten().filter(|input| **input == Input::Stdin).count() + usize::from(self.batch);
        if used > 1 {
            let error = super::Arguments::command()
                .error(ErrorKind::ArgumentConflict, "stdin can be read only once; use a file");
            return Err(CliError::usage(error));
        }
        Ok(())
    }
}
