//! `flowhost invoke --batch`: requests by line from stdin, outcomes by line to stdout.

use super::failed::Failed;
use super::input::Input;
use super::lines::{Line, Lines};
use super::options::Options;
use super::output::Output;
use super::progress::{Progress, counted};
use super::{apply, open, wanted};
use flowhost::{Failure, Host, Outcome};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use tokio::sync::mpsc::{self, Receiver};

/// What stands on an answer's line.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Outcome(Box<Outcome>),
    Failure { failure: Failure },
}

/// Answers requests until stdin ends, `jobs` of them at once.
pub(super) async fn run(options: &Options, file: Option<&Input>, jobs: usize) -> Result<(), Failed> {
    let host = open::host(options).await?;
    if let Some(file) = file {
        apply::apply(host.store().as_ref(), file).await?;
    }
    let mut lines = read(jobs, host.limits().request_bytes)?;
    let requests = stream::poll_fn(|cx| lines.poll_recv(cx));
    let mut answers = requests.map(|line| answer(&host, line)).buffered(jobs);
    let (mut output, progress) = (Output::new(), counted("requests answered"));
    while let Some(answer) = answers.next().await {
        progress.iter().for_each(Progress::advance);
        let written = output.json(&answer?).and_then(|()| output.flush());
        // Whoever stops reading leaves requests undone, so this is no success.
        written.map_err(|failed| if matches!(failed, Failed::PipeClosed) { Failed::Said } else { failed })?;
    }
    drop(answers);
    Ok(host.close().await?)
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

async fn answer(host: &Host, line: std::io::Result<Line>) -> Result<Answer, Failed> {
    let line = line.map_err(|error| Failed::because(format!("can't read stdin: {error}")))?;
    Ok(match invoke(host, line).await {
        Ok(outcome) => Answer::Outcome(Box::new(outcome)),
        Err(failure) => Answer::Failure { failure },
    })
}

async fn invoke(host: &Host, line: Line) -> Result<Outcome, Failure> {
    let text = match line {
        Line::Text(text) => text,
        Line::Unreadable(why) => return Err(Failure::new(why.code(), why.message())),
    };
    let request = wanted::request(host, &text)?;
    drop(text);
    host.invoke(request).await
}
