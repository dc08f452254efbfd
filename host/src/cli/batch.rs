//! `flowhost invoke --batch`: requests by line from stdin, outcomes by line to stdout.

use super::failed::Failed;
use super::input::Input;
use super::lines::{Line, Lines};
use super::options::Options;
use super::output::Output;
use super::progress::{Progress, counted};
use super::signals::{self, Signal};
use super::{apply, open, wanted};
use flowhost::{Failure, Host, Outcome, Request};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, Receiver};

/// Bytes of a line that is prepared at once: even a hostile one takes well below a millisecond.
const SHORT_LINE: usize = 4 << 10;

/// Long lines that are prepared at the same time.
const PREPARATIONS: usize = 2;

/// What stands on an answer's line.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Outcome(Box<Outcome>),
    Failure { failure: Failure },
}

/// Answers requests, `jobs` of them at once, until stdin ends or a signal comes; requests in flight are answered even
/// then.
pub(super) async fn run(options: &Options, file: Option<&Input>, jobs: usize) -> Result<(), Failed> {
    // Before the host opens, which may take a while.
    let stop = signals::listen()?;
    let host = Arc::new(open::host(options).await?);
    if let Some(file) = file {
        apply::apply(host.store().as_ref(), file).await?;
    }
    let mut lines = read(jobs, host.limits().request_bytes)?;
    let requests = stream::poll_fn(|cx| lines.poll_recv(cx)).take_until(stop.clone());
    let slots = Semaphore::new(PREPARATIONS);
    let mut answers = requests.map(|line| answer(&host, &slots, line)).buffered(jobs);
    let (mut output, progress) = (Output::new(), counted("requests answered"));
    while let Some(answer) = answers.next().await {
        progress.iter().for_each(Progress::advance);
        let written = output.json(&answer?).and_then(|()| output.flush());
        // Whoever stops reading leaves requests undone, so this is no success.
        written.map_err(|failed| if matches!(failed, Failed::PipeClosed) { Failed::Said } else { failed })?;
    }
    drop(answers);
    // No preparation is left that could hold it.
    if let Some(host) = Arc::into_inner(host) {
        host.close().await?;
    }
    match stop.now_or_never() {
        Some(signal @ Signal::Interrupt) => Err(Failed::Interrupted(signal.exit_code())),
        Some(Signal::Terminate) | None => Ok(()),
    }
}

/// Reads stdin on a thread of its own, some lines ahead.
fn read(ahead: usize, limit: usize) -> Result<Receiver<std::io::Result<Line>>, Failed> {
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
    thread.map(|_| receiver).map_err(|error| Failed::because(format!("a thread can't be started: {error}")))
}

async fn answer(host: &Arc<Host>, slots: &Semaphore, line: std::io::Result<Line>) -> Result<Answer, Failed> {
    let line = line.map_err(|error| Failed::because(format!("can't read stdin: {error}")))?;
    Ok(match invoke(host, slots, line).await {
        Ok(outcome) => Answer::Outcome(Box::new(outcome)),
        Err(failure) => Answer::Failure { failure },
    })
}

async fn invoke(host: &Arc<Host>, slots: &Semaphore, line: Line) -> Result<Outcome, Failure> {
    let text = match line {
        Line::Text(text) => text,
        Line::Unreadable(why) => return Err(Failure::new(why.code(), why.message())),
    };
    let request = prepare(host, slots, text).await?;
    host.invoke(request).await
}

/// Reads a line and prepares what it asks for: a long one on a thread of its own, so that the others go on meanwhile.
async fn prepare(host: &Arc<Host>, slots: &Semaphore, text: String) -> Result<Request, Failure> {
    if text.len() <= SHORT_LINE {
        return wanted::request(host, &text);
    }
    let stopping = || Failure::passing("overloaded", "the host is stopping");
    let _slot = slots.acquire().await.map_err(|_| stopping())?;
    let host = Arc::clone(host);
    tokio::task::spawn_blocking(move || wanted::request(&host, &text)).await.map_err(|_| stopping())?
}
