//! A stream of invocations: one line of the response for each line of the request, in their order.

use crate::access::Caller;
use crate::app::App;
use crate::body::next_data;
use crate::invocations::{prepare, timed_out};
use crate::lines::{Line, LineSplitter};
use crate::ndjson::response_of;
use crate::problem::Problem;
use crate::tenant_requests::RequestPermit;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use flowhost::Outcome;
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Maximum number of response lines that the client has not read. Reading of the request stops at this number.
const MAX_UNREAD_LINES: usize = 1024;

/// Maximum number of lines that are read in advance.
const LINES_AHEAD: usize = 16;

/// Responds to a stream of invocations.
pub(crate) fn respond(app: Arc<App>, caller: Caller, request: Request, jobs: usize) -> Response {
    let permit = request.extensions().get::<Arc<RequestPermit>>().cloned();
    let (lines, mut received) = mpsc::channel(LINES_AHEAD);
    let (answers, answered) = mpsc::channel::<Bytes>(MAX_UNREAD_LINES);
    let body = request.into_body();
    let reading = read_lines(Arc::clone(&app), body, lines);
    let answering = async move {
        let lines = stream::poll_fn(move |context| received.poll_recv(context));
        // Each line is a task of its own, so that it goes on while the client does not read.
        let mut results = lines.map(|line| AnswerTask::start(&app, &caller, line)).buffered(jobs);
        while let Some(line) = results.next().await {
            // A client that disconnected reads no further line. The invocations in flight are then dropped.
            if answers.send(line).await.is_err() {
                break;
            }
        }
    };
    let work = tokio::spawn(async move {
        tokio::join!(reading, answering);
        drop(permit);
    });
    response_of(answered, work.abort_handle())
}

/// Reads the lines of the body until it ends, the service closes, or nobody receives them.
async fn read_lines(app: Arc<App>, mut body: Body, lines: mpsc::Sender<Line>) {
    let mut splitter = LineSplitter::default();
    loop {
        let data = tokio::select! {
            data = next_data(&mut body, app.settings.body_timeout) => data,
            () = app.drain.closing() => return,
        };
        let Ok(Some(data)) = data else { break };
        let mut found = Vec::new();
        splitter.push(&data, |line| found.push(line));
        for line in found {
            if lines.send(line).await.is_err() {
                return;
            }
        }
    }
    if let Some(line) = splitter.finish() {
        lines.send(line).await.ok();
    }
}

/// The task of a line. Its drop cancels the task.
struct AnswerTask(JoinHandle<Bytes>);

impl AnswerTask {
    fn start(app: &Arc<App>, caller: &Caller, line: Line) -> Self {
        Self(tokio::spawn(answer(Arc::clone(app), caller.clone(), line)))
    }
}

impl Future for AnswerTask {
    type Output = Bytes;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Bytes> {
        Pin::new(&mut self.0).poll(context).map(Result::unwrap_or_default)
    }
}

impl Drop for AnswerTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Carries out a line, and returns the line of the response.
async fn answer(app: Arc<App>, caller: Caller, line: Line) -> Bytes {
    let timeout = app.settings.request_timeout;
    let result = tokio::time::timeout(timeout, invoke(&app, &caller, line)).await;
    let mut text = match result.unwrap_or_else(|_| Err(timed_out(timeout))) {
        Ok(outcome) => serde_json::to_string(&outcome).unwrap_or_default(),
        Err(problem) => {
            let members = problem.to_members();
            let member = |name: &str| members.get(name).cloned().unwrap_or_default();
            json!({ "failure": { "code": member("code"), "message": member("detail"), "retryable": member("retryable") } })
                .to_string()
        }
    };
    text.push('\n');
    text.into()
}

async fn invoke(app: &Arc<App>, caller: &Caller, line: Line) -> Result<Outcome, Problem> {
    let text = match line {
        Line::Text(text) => text,
        Line::Invalid(code, message) => return Err(Problem::new(code, message)),
    };
    // The key may have been revoked since the stream began.
    app.keyring.check(caller).await?;
    app.rates.check(caller)?;
    let request = prepare(app, caller, text, None).await?;
    Ok(app.host.invoke(request).await?)
}
