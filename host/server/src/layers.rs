//! Checks and additions for every request, from the outermost: id and log, number of requests, key, rate and role.

use crate::access::Caller;
use crate::app::App;
use crate::invocations::timed_out;
use crate::problem::{Problem, ProblemMembers};
use crate::settings::{MAX_HEADER_BYTES, MAX_TARGET_BYTES};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use flowhost::ErrorCode;
use flowhost::store::Role;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

/// The id of a request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(HeaderValue);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Maximum length of an id from a client.
const MAX_ID: usize = 128;

impl RequestId {
    fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(REQUEST_ID).iter();
        let only = values.next().filter(|_| values.next().is_none()).filter(|value| is_id(value.as_bytes()));
        let id = only.cloned().or_else(|| HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()).ok());
        Self(id.unwrap_or(HeaderValue::from_static("-")))
    }

    /// Returns the text of the id.
    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

fn is_id(bytes: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_ID).contains(&bytes.len()) && bytes.iter().all(is_allowed)
}

/// Gives the request its id, completes the response, and logs one line.
pub(crate) async fn complete(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let (started, id) = (Instant::now(), RequestId::of(request.headers()));
    let method = request.method().clone();
    request.extensions_mut().insert(id.clone());
    let mut response = match check_size(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let route = response.extensions_mut().remove::<MatchedPath>();
    let caller = response.extensions_mut().remove::<Caller>();
    if let Some(members) = response.extensions_mut().remove::<ProblemMembers>() {
        members.write(&mut response, &id);
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if app.drain.is_draining() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    headers.insert(REQUEST_ID, id.0.clone());
    tracing::info!(
        target: "flowhost::http",
        request_id = id.as_str(),
        %method,
        route = route.as_ref().map_or("none", MatchedPath::as_str),
        status = response.status().as_u16(),
        duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        key = caller.as_ref().map(Caller::key_id),
        "request"
    );
    response
}

/// Checks the size of the target and of the headers.
fn check_size(request: &Request) -> Result<(), Problem> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET_BYTES {
        let detail = format!("the target has more than {MAX_TARGET_BYTES} bytes");
        return Err(Problem::new(ErrorCode::RequestTooLarge, detail).with_status(StatusCode::URI_TOO_LONG));
    }
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    if headers > MAX_HEADER_BYTES {
        let detail = format!("the headers have more than {MAX_HEADER_BYTES} bytes");
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Err(Problem::new(ErrorCode::RequestTooLarge, detail).with_status(status));
    }
    Ok(())
}

/// Limits the number of requests at once, of all tenants and of each, and the time until the response begins.
pub(crate) async fn limit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let tenant = request.extensions().get::<Caller>().and_then(|caller| caller.0.tenant.clone());
    let permit = Arc::clone(&app.requests).try_acquire_owned().ok();
    let Some(permit) = permit.and_then(|permit| app.tenants.begin(tenant.as_ref(), permit)) else {
        let detail = "the host has too many requests, or half of them are of this tenant; send the request again";
        return Problem::new(ErrorCode::Overloaded, detail).into_response();
    };
    let permit = Arc::new(permit);
    // A stream holds the permit as long as its body.
    request.extensions_mut().insert(Arc::clone(&permit));
    let timeout = app.settings.request_timeout;
    let response = tokio::time::timeout(timeout, next.run(request)).await;
    drop(permit);
    response.unwrap_or_else(|_| timed_out(timeout).into_response())
}

/// Checks the key of a request for a route below `/v1`, also if the route does not exist.
pub(crate) async fn authenticate(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    match app.keyring.authenticate(request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller.clone());
            let mut response = next.run(request).await;
            response.extensions_mut().insert(caller);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// The roles that may use a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    runtime: bool,
    editor: bool,
    administrator: bool,
}

impl Allowed {
    /// Invocations and flow runs.
    pub(crate) const INVOKE: Self = Self { runtime: true, editor: false, administrator: true };
    /// Reading the catalogue and flows, checks and expressions.
    pub(crate) const READ: Self = Self { runtime: true, editor: true, administrator: true };

    /// The settings of a tenant, and its keys.
    pub(crate) const ADMINISTER: Self = Self { runtime: false, editor: false, administrator: true };

    /// Returns whether the role may use the route. An operator may use every route.
    fn includes(self, role: Role) -> bool {
        match role {
            Role::Runtime => self.runtime,
            Role::Editor => self.editor,
            Role::Administrator => self.administrator,
            _ => role == Role::Operator,
        }
    }
}

/// Checks rate and role of a request whose route and method exist.
pub(crate) async fn authorize(
    State((app, allowed)): State<(Arc<App>, Allowed)>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let Some(caller) = request.extensions().get::<Caller>() else {
        return Problem::new(ErrorCode::Internal, "the request was not authenticated").into_response();
    };
    let checked = app.rates.check(caller).and_then(|()| {
        if allowed.includes(caller.0.role) {
            return Ok(());
        }
        Err(Problem::new(ErrorCode::Forbidden, "the role of the key does not include this operation"))
    });
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    response.extensions_mut().insert(path);
    response
}

/// The rates of keys.
pub(crate) struct Rates {
    /// The limit of keys without an own limit. 0: no limit.
    default: u32,
    /// One limiter for each limit that occurs.
    limiters: std::sync::Mutex<std::collections::HashMap<u32, Arc<DefaultKeyedRateLimiter<String>>>>,
}

impl Rates {
    pub(crate) fn new(default: u32) -> Self {
        Self { default, limiters: std::sync::Mutex::default() }
    }

    /// Counts a request of this key.
    ///
    /// # Errors
    /// `rate-limited`.
    pub(crate) fn check(&self, caller: &Caller) -> Result<(), Problem> {
        let Some(limit) = NonZeroU32::new(caller.0.rate_limit.unwrap_or(self.default)) else { return Ok(()) };
        if self.limiter(limit).check_key(&caller.0.id).is_ok() {
            return Ok(());
        }
        let policy = format!("\"key\";q={limit};w=1");
        let problem = Problem::new(ErrorCode::RateLimited, format!("the key may send {limit} requests per second"));
        Err(match HeaderValue::from_str(&policy) {
            Ok(policy) => problem.with_header(HeaderName::from_static("ratelimit-policy"), policy),
            Err(_) => problem,
        })
    }

    fn limiter(&self, limit: NonZeroU32) -> Arc<DefaultKeyedRateLimiter<String>> {
        let mut limiters = self.limiters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let burst = limit.saturating_mul(NonZeroU32::MIN.saturating_add(1));
        let quota = Quota::per_second(limit).allow_burst(burst);
        Arc::clone(limiters.entry(limit.get()).or_insert_with(|| Arc::new(RateLimiter::keyed(quota))))
    }
}
