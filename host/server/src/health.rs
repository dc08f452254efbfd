//! `GET /healthz` and `GET /readyz`.

use crate::answer::json;
use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use flowhost::store::{Filter, Page, Store};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Maximum age of a result.
const MAX_AGE: Duration = Duration::from_secs(1);

/// Maximum time of a check of the store.
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// The last check of the store.
pub(crate) struct Readiness {
    store: Arc<dyn Store>,
    last: Mutex<Option<(Instant, bool)>>,
}

impl Readiness {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, last: Mutex::default() }
    }

    /// Returns whether the store answers. Concurrent callers share one check.
    async fn store_answers(&self) -> bool {
        let mut last = self.last.lock().await;
        if let Some((at, answers)) = *last
            && at.elapsed() < MAX_AGE
        {
            return answers;
        }
        let started = Instant::now();
        let (filter, page) = (Filter::default(), Page { after: None, limit: 1 });
        let answer = tokio::time::timeout(CHECK_TIMEOUT, self.store.tenants(&filter, &page)).await;
        let answers = matches!(answer, Ok(Ok(_)));
        *last = Some((started, answers));
        answers
    }
}

/// The process lives.
pub(crate) async fn healthz() -> Response {
    json(StatusCode::OK, &json!({ "status": "ok" }))
}

/// The process can serve requests.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let store = app.readiness.store_answers().await;
    let drain = !app.drain.is_draining();
    let word = |ok: bool| if ok { "ok" } else { "failed" };
    let checks = json!({ "store": word(store), "plugins": "ok", "drain": word(drain) });
    let (status, text) =
        if store && drain { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not-ready") };
    json(status, &json!({ "status": text, "checks": checks }))
}
