//! The routes, with the roles that may use them.

use crate::app::App;
use crate::layers::{self, Allowed};
use crate::problem::Problem;
use crate::{catalogue, checks, expressions, flow_runs, health, invocations, keys};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post};
use flowhost::ErrorCode;
use std::sync::Arc;

/// Returns the router of the service.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let allow = |methods: MethodRouter<Arc<App>>, allowed: Allowed| {
        methods.route_layer(from_fn_with_state((Arc::clone(app), allowed), layers::authorize))
    };
    let read = |methods| allow(methods, Allowed::READ);
    let administer = |methods| allow(methods, Allowed::ADMINISTER);
    let keyed = Router::new()
        .route("/v1/invocations", allow(post(invocations::invoke), Allowed::INVOKE))
        .route("/v1/flows/run", allow(post(flow_runs::run), Allowed::INVOKE))
        .route("/v1/flows/check", read(post(checks::flow)))
        .route("/v1/expressions/evaluate", read(post(expressions::evaluate)))
        .route("/v1/actions", read(get(catalogue::actions)))
        .route("/v1/actions/{id}", read(get(catalogue::action)))
        .route("/v1/actions/{id}/schema", read(get(catalogue::schema)))
        .route("/v1/actions/{id}/locales/{lang}", read(get(catalogue::locale)))
        .route("/v1/actions/{id}/versions", read(get(catalogue::versions)))
        .route("/v1/actions/{id}/check", read(post(checks::action)))
        .route("/v1/key", read(get(keys::own)))
        .route("/v1/keys", administer(get(keys::list).post(keys::create)))
        .route("/v1/keys/{id}", administer(delete(keys::revoke)))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(app), layers::limit))
        .layer(from_fn_with_state(Arc::clone(app), layers::authenticate));
    let open = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .method_not_allowed_fallback(method_not_allowed);
    open.fallback_service(keyed.with_state(Arc::clone(app)))
        .layer(from_fn_with_state(Arc::clone(app), layers::complete))
        .with_state(Arc::clone(app))
}

async fn not_found() -> Problem {
    Problem::new(ErrorCode::NotFound, "the route does not exist")
}

async fn method_not_allowed() -> Problem {
    Problem::new(ErrorCode::MethodNotAllowed, "the route does not have this method; see the header Allow")
}
