//! `POST /v1/invocations`: one invocation, or a stream of them.

use crate::access::Caller;
use crate::answer::json;
use crate::app::App;
use crate::json_body::{MAX_INLINE_BYTES, check_media_type, has_media_type, parse, read_text};
use crate::keyed::{idempotency_key, one_key};
use crate::problem::Problem;
use crate::query::Query;
use crate::stream;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use flowhost::{ErrorCode, Failure, Outcome, Session};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// The media type of a stream.
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// Maximum number of invocations of a stream at once.
const MAX_JOBS: usize = 256;

/// The default number of invocations of a stream at once.
const DEFAULT_JOBS: usize = 64;

/// The header of a replayed response.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The JSON of an invocation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvocationJson<'t> {
    action: String,
    #[serde(borrow)]
    session: &'t RawValue,
    #[serde(default)]
    parameters: Map<String, Json>,
    #[serde(default)]
    key: Option<String>,
}

/// Carries out one invocation, or a stream.
pub(crate) async fn invoke(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    if has_media_type(request.headers(), NDJSON) {
        return invoke_stream(app, caller, request).unwrap_or_else(Problem::into_response);
    }
    match invoke_one(&app, &caller, request).await {
        Ok(outcome) => {
            let mut response = json(StatusCode::OK, &outcome);
            if outcome.replayed {
                response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            }
            response
        }
        Err(problem) => problem.into_response(),
    }
}

async fn invoke_one(app: &Arc<App>, caller: &Caller, request: Request) -> Result<Outcome, Problem> {
    Query::parse(request.uri(), &[])?;
    let header = idempotency_key(request.headers())?;
    let text = read_text(app, request, app.settings.max_body).await?;
    let invocation = prepare(app, caller, text, header).await?;
    Ok(app.host.invoke(invocation).await?)
}

/// Returns the problem of a request that takes too long.
pub(crate) fn timed_out(timeout: std::time::Duration) -> Problem {
    Problem::new(ErrorCode::ServiceTimeout, format!("the request took more than {timeout:?}; send it again"))
}

fn invoke_stream(app: Arc<App>, caller: Caller, request: Request) -> Result<Response, Problem> {
    check_media_type(request.headers(), &[NDJSON])?;
    let query = Query::parse(request.uri(), &["jobs"])?;
    let jobs = query.number("jobs", 1..=MAX_JOBS)?.unwrap_or(DEFAULT_JOBS);
    if idempotency_key(request.headers())?.is_some() {
        let detail = "a stream has no header Idempotency-Key; give each line the field key";
        return Err(Problem::invalid(detail));
    }
    Ok(stream::respond(app, caller, request, jobs))
}

/// Parses the text of an invocation and prepares its node. A long text is parsed on another thread, so that it does not
/// delay other requests.
///
/// # Errors
/// The text is not an invocation, the caller may not make it, or the action does not exist.
pub(crate) async fn prepare(
    app: &Arc<App>,
    caller: &Caller,
    text: String,
    header: Option<String>,
) -> Result<flowhost::Request, Problem> {
    if text.len() <= MAX_INLINE_BYTES {
        return prepare_inline(app, caller, &text, header);
    }
    let stopping = || Problem::new(ErrorCode::Overloaded, "the host is stopping");
    let permit = Arc::clone(&app.preparations).acquire_owned().await.map_err(|_| stopping())?;
    let (app, caller) = (Arc::clone(app), caller.clone());
    let prepared = tokio::task::spawn_blocking(move || {
        let prepared = prepare_inline(&app, &caller, &text, header);
        // The thread has ended its work, also if nobody waits for it.
        drop(permit);
        prepared
    });
    prepared.await.map_err(|_| stopping())?
}

fn prepare_inline(
    app: &App,
    caller: &Caller,
    text: &str,
    header: Option<String>,
) -> Result<flowhost::Request, Problem> {
    let InvocationJson { action, session, parameters, key } = parse_borrowed(text)?;
    let session = read_session(session.get(), caller)?;
    let key = one_key(header, key)?;
    let node = app.host.prepare(&action, &parameters).map_err(Failure::from)?;
    Ok(key.into_iter().fold(flowhost::Request::new(node, session), flowhost::Request::with_key))
}

/// Parses JSON that borrows from its text.
fn parse_borrowed(text: &str) -> Result<InvocationJson<'_>, Problem> {
    let _: serde::de::IgnoredAny = parse(text)?;
    serde_json::from_str(text).map_err(|error| Problem::invalid(format!("the body: {error}")))
}

/// Parses the session of a request. A tenant's key may omit the tenant.
///
/// # Errors
/// `session-invalid`, `forbidden`, `tenant-required`.
pub(crate) fn read_session(text: &str, caller: &Caller) -> Result<Session, Problem> {
    #[derive(Deserialize)]
    struct Named {
        tenant: Option<String>,
        at: Option<Json>,
    }
    let invalid = |detail: String| Problem::new(ErrorCode::SessionInvalid, detail);
    let named: Named = serde_json::from_str(text).map_err(|error| invalid(format!("the session: {error}")))?;
    if named.at.is_some() && !caller.is_operator() {
        return Err(invalid("the session: only an operator may set `at`; remove it".to_owned()));
    }
    let tenant = caller.tenant(named.tenant.as_deref())?;
    if named.tenant.is_some() {
        return Ok(Session::from_json(text)?);
    }
    // The tenant stands behind the last member, so that positions in messages stay those of the body.
    let Some(open) = text.trim_end().strip_suffix('}') else {
        return Err(invalid("the session is not an object".to_owned()));
    };
    let comma = if open.trim_end().ends_with('{') { "" } else { "," };
    Ok(Session::from_json(&format!("{open}{comma}\"tenant\":{}}}", Json::from(tenant)))?)
}
