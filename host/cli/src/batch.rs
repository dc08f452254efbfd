//! `flowhost invoke --batch`: reads one request per line from stdin and writes one outcome per line to stdout.

use super::error::CliError;
use super::input::Input;
use super::lines::{Line, Lines};
use super::options::Options;
use super::output::Output;
use super::progress::{Progress, progress_counter};
use super::record::{ActiveRecording, RecordArguments};
use super::signals::{self, Signal};
use super::{apply, batch_request, connect};
use flowhost::{ErrorCode, Failure, Host, Outcome, Request};
use flowhost_author::RecordFolder;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, Receiver};

/// Maximum length of a line that is prepared inline, bytes. Even a hostile line of this length takes well below 1 ms.
const MAX_INLINE_LINE_BYTES: usize = 4 << 10;

/// Maximum number of long lines that are prepared at the same time.
const MAX_LONG_PREPARATIONS: usize = 2;

/// The content of a line of stdout.
#[derive(Serialize)]
#[serde(untagged)]
enum BatchReply {
    Outcome(Box<Outcome>),
    Failure { failure: Failure },
}

/// Answers requests, up to `jobs` at once, until stdin ends or a signal arrives. Requests in flight are answered in
/// both cases.
pub(super) async fn run(
    options: &Options,
    file: Option<&Input>,
    jobs: usize,
    recording: &RecordArguments,
) -> Result<(), CliError> {
    let folder = recording.folder()?;
    let recording = folder.as_ref().map(|folder| BatchRecording { folder, redact: recording.redact });
    // The signal handlers must exist before the host opens, which may take a while.
    let stop = signals::listen()?;
    let host = Arc::new(connect::open_host(options).await?);
    if let Some(file) = file {
        apply::apply_file(host.store().as_ref(), file).await?;
    }
    let mut lines = read_lines(jobs, host.limits().request_bytes)?;
    let requests = stream::poll_fn(|cx| lines.poll_recv(cx)).take_until(stop.clone());
    let permits = Semaphore::new(MAX_LONG_PREPARATIONS);
    let answers = requests.enumerate().map(|(index, line)| reply_to(&host, &permits, line, (index + 1, recording)));
    let mut answers = answers.buffered(jobs);
    let mut unrecorded = None;
    let (mut output, progress) = (Output::new(), progress_counter("requests answered"));
    while let Some(answer) = answers.next().await {
        progress.iter().for_each(Progress::advance);
        let (answer, recorded) = answer?;
        unrecorded = unrecorded.or(recorded.err());
        let written = output.write_json(&answer).and_then(|()| output.flush());
        // A reader that closes the pipe leaves requests unanswered, so the command fails.
        written.map_err(|cli_error| {
            if matches!(cli_error, CliError::PipeClosed) { CliError::AlreadyReported } else { cli_error }
        })?;
    }
    drop(answers);
    // All preparations have ended, so this is the last reference.
    if let Some(host) = Arc::into_inner(host) {
        host.close().await?;
    }
    if let Some(error) = unrecorded {
        return Err(error);
    }
    match stop.now_or_never() {
        Some(signal @ Signal::Interrupt) => Err(CliError::Interrupted(signal.exit_code())),
        Some(Signal::Terminate) | None => Ok(()),
    }
}

/// Reads stdin on a separate thread, up to `ahead` lines in advance.
fn read_lines(ahead: usize, limit: usize) -> Result<Receiver<std::io::Result<Line>>, CliError> {
    let (sender, receiver) = mpsc::channel(ahead);
    let reading = move || {
        for line in Lines::new(std::io::stdin().lock(), limit) {
            let over = line.is_err();
            if sender.blocking_send(line).is_err() || over {
                break;
            }
        }
    };
    let thread = std::thread::Builder::new().name("flowhost-stdin".to_owned()).spawn(reading);
    thread.map(|_| receiver).map_err(|error| CliError::message(format!("a thread can't be started: {error}")))
}

/// The recording of a batch.
#[derive(Clone, Copy)]
struct BatchRecording<'f> {
    folder: &'f RecordFolder,
    redact: bool,
}

/// Returns the reply to a line, and whether its recording was written. `number` counts the lines from 1.
async fn reply_to(
    host: &Arc<Host>,
    permits: &Semaphore,
    line: std::io::Result<Line>,
    (number, recording): (usize, Option<BatchRecording<'_>>),
) -> Result<(BatchReply, Result<(), CliError>), CliError> {
    let line = line.map_err(|error| CliError::message(format!("can't read stdin: {error}")))?;
    let request = match line {
        Line::Text(text) => prepare(host, permits, text).await,
        Line::Invalid(why) => Err(Failure::new(why.code(), why.message())),
    };
    let request = match request {
        Ok(request) => request,
        Err(failure) => return Ok((BatchReply::Failure { failure }, Ok(()))),
    };
    let (outcome, recorded) = match recording {
        Some(recording) => invoke_recorded(host, request, number, recording).await,
        None => (host.invoke(request).await, Ok(())),
    };
    Ok(match outcome {
        Ok(outcome) => (BatchReply::Outcome(Box::new(outcome)), recorded),
        Err(failure) => (BatchReply::Failure { failure }, recorded),
    })
}

async fn invoke_recorded(
    host: &Host,
    request: Request,
    number: usize,
    recording: BatchRecording<'_>,
) -> (Result<Outcome, Failure>, Result<(), CliError>) {
    let (request, active) = ActiveRecording::start(request, recording.redact);
    let outcome = host.invoke(request).await;
    let recorded = match active.finish(host).await {
        Ok(Some(found)) => recording.folder.write(number, &found).map_err(CliError::from),
        Ok(None) => Ok(()),
        Err(error) => Err(error.into()),
    };
    (outcome, recorded)
}

/// Parses a line and prepares its request. A long line is parsed on a separate thread, so that it does not delay the
/// others.
async fn prepare(host: &Arc<Host>, permits: &Semaphore, text: String) -> Result<Request, Failure> {
    if text.len() <= MAX_INLINE_LINE_BYTES {
        return batch_request::parse_request(host, &text);
    }
    let stopping = || Failure::transient(ErrorCode::Overloaded, "the host is stopping");
    let _permit = permits.acquire().await.map_err(|_| stopping())?;
    let host = Arc::clone(host);
    tokio::task::spawn_blocking(move || batch_request::parse_request(&host, &text)).await.map_err(|_| stopping())?
}
