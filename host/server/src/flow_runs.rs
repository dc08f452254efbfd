//! `POST /v1/flows/run`: runs the flow of the request for one session.

use crate::access::Caller;
use crate::answer::json;
use crate::app::App;
use crate::checks::parse_flow;
use crate::invocations::read_session;
use crate::json_body::{parse, read_text};
use crate::ndjson::{accepts_ndjson, response_of};
use crate::problem::Problem;
use crate::query::Query;
use crate::settings::MAX_FLOW_BYTES;
use crate::tenant_requests::RequestPermit;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flowhost::flow::{FlowRun, PreparedFlow, Step, StopReason};
use flowhost::{ErrorCode, Session};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Maximum number of lines of steps that the client has not read.
const MAX_UNREAD_STEPS: usize = 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunJson {
    flow: Box<RawValue>,
    session: Box<RawValue>,
    #[serde(default)]
    start: Option<String>,
}

/// Runs the flow of a request.
pub(crate) async fn run(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    Query::parse(request.uri(), &[])?;
    let streams = accepts_ndjson(request.headers());
    let permit = request.extensions().get::<Arc<RequestPermit>>().cloned();
    let text = read_text(&app, request, MAX_FLOW_BYTES).await?;
    let RunJson { flow, session, start } = parse(&text)?;
    let session = read_session(session.get(), &caller)?;
    let flow = parse_flow(&flow)?;
    let prepared = PreparedFlow::new(&app.host, &flow, start.as_deref());
    let errors: Vec<_> = prepared.blocking_diagnostics().map(|found| json!(found)).collect();
    if !errors.is_empty() {
        let problem = Problem::new(ErrorCode::FlowInvalid, "the flow has errors; see diagnostics");
        return Err(problem.with("diagnostics", errors));
    }
    if streams {
        Ok(run_as_stream(app, prepared, session, permit))
    } else {
        run_as_whole(&app, &prepared, session).await
    }
}

async fn run_as_whole(app: &App, flow: &PreparedFlow, session: Session) -> Result<Response, Problem> {
    let mut steps = Vec::new();
    let run = flow.run(&app.host, session, |step| steps.push(step_json(step))).await;
    match problem_of(&run) {
        None => Ok(json(StatusCode::OK, &json!({ "session": run.session, "steps": steps }))),
        Some(problem) => Err(problem.with("session", json!(run.session)).with("steps", steps)),
    }
}

/// Runs the flow, and sends each step as soon as it is done. If the first step fails, the response is a problem.
fn run_as_stream(app: Arc<App>, flow: PreparedFlow, session: Session, permit: Option<Arc<RequestPermit>>) -> Response {
    let (lines, received) = mpsc::channel::<Bytes>(MAX_UNREAD_STEPS);
    let running = tokio::spawn(async move {
        let on_step = |step: &Step<'_>| {
            // A run has fewer steps than the channel has places.
            lines.try_send(line(&json!({ "step": step_json(step) }))).ok();
        };
        let run = flow.run(&app.host, session, on_step).await;
        let last = match problem_of(&run) {
            None => json!({ "end": { "session": run.session } }),
            Some(problem) => {
                json!({ "problem": problem.with("session", json!(run.session)).to_members() })
            }
        };
        lines.send(line(&last)).await.ok();
        drop(permit);
    });
    response_of(received, running.abort_handle()).into_response()
}

fn line(value: &Json) -> Bytes {
    format!("{value}\n").into()
}

/// Returns the problem of a run that did not reach an end of the flow.
fn problem_of(run: &FlowRun) -> Option<Problem> {
    let stop = run.stop.as_ref()?;
    Some(match stop {
        StopReason::StepLimit { next } => {
            Problem::new(ErrorCode::LimitSteps, stop.to_string()).with("node", next.as_str())
        }
        StopReason::Failed { node, failure } => Problem::from(failure.clone()).with("node", node.as_str()),
        other => Problem::new(ErrorCode::FlowInvalid, other.to_string()),
    })
}

fn step_json(step: &Step<'_>) -> Json {
    let manifest = &step.action.manifest;
    json!({
        "number": step.number,
        "node": step.node,
        "name": step.name,
        "action": format!("{}@{}", manifest.id, manifest.version),
        "visit": step.visit,
        "outcome": step.outcome,
        "next": step.next,
        "elapsed_us": u64::try_from(step.elapsed.as_micros()).unwrap_or(u64::MAX),
    })
}
