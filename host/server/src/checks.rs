//! Checks of a node's parameters and of a flow.

use crate::access::Caller;
use crate::answer::json;
use crate::app::App;
use crate::catalogue::find;
use crate::json_body::{parse, read_text};
use crate::problem::Problem;
use crate::query::Query;
use crate::settings::MAX_FLOW_BYTES;
use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use flowhost::ErrorCode;
use flowhost::flow::{FlowFile, PreparedFlow};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParametersJson {
    parameters: Map<String, Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlowJson {
    flow: Box<RawValue>,
    #[serde(default)]
    start: Option<String>,
}

/// `POST /v1/actions/{id}/check`: the diagnostics of a node.
pub(crate) async fn action(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let query = Query::parse(request.uri(), &["tenant"])?;
    let tenant = existing_tenant(&app, &caller, query.get("tenant")).await?;
    let text = read_text(&app, request, app.settings.max_body).await?;
    let ParametersJson { parameters } = parse(&text)?;
    let action = find(&app, &id)?;
    let manifest = &action.manifest;
    // A flow of one node, so that the same rules apply as in a flow.
    let mut node = parameters;
    node.insert("id".to_owned(), "node".into());
    node.insert("type".to_owned(), format!("{}@{}", manifest.id, manifest.version).into());
    node.insert("wires".to_owned(), manifest.ports.iter().map(|_| json!([])).collect());
    let flow = FlowFile::parse(&json!([node]).to_string()).map_err(|error| Problem::invalid(error.to_string()))?;
    let mut diagnostics = diagnostics(&app, &flow, None, tenant.as_deref()).await?.1;
    diagnostics.retain(|found| found["code"] != ErrorCode::PortUnwired.as_str());
    for found in &mut diagnostics {
        if let Some(path) = found["path"].as_str().and_then(|path| path.strip_prefix("node/")) {
            found["path"] = path.to_owned().into();
        }
    }
    Ok(json(StatusCode::OK, &json!({ "diagnostics": diagnostics })))
}

/// `POST /v1/flows/check`: the diagnostics of a flow.
pub(crate) async fn flow(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    let query = Query::parse(request.uri(), &["tenant"])?;
    let tenant = existing_tenant(&app, &caller, query.get("tenant")).await?;
    let text = read_text(&app, request, MAX_FLOW_BYTES).await?;
    let FlowJson { flow, start } = parse(&text)?;
    let flow = parse_flow(&flow)?;
    let (nodes, diagnostics) = diagnostics(&app, &flow, start.as_deref(), tenant.as_deref()).await?;
    Ok(json(StatusCode::OK, &json!({ "nodes": nodes, "diagnostics": diagnostics })))
}

/// Parses the nodes of a flow in a request.
pub(crate) fn parse_flow(text: &RawValue) -> Result<FlowFile, Problem> {
    FlowFile::parse(text.get()).map_err(|error| Problem::invalid(format!("the flow: {error}")))
}

/// Returns the number of nodes, and the diagnostics. With a tenant, its campaigns, categories and channels count.
pub(crate) async fn diagnostics(
    app: &App,
    flow: &FlowFile,
    start: Option<&str>,
    tenant: Option<&str>,
) -> Result<(usize, Vec<Json>), Problem> {
    let prepared = PreparedFlow::new(&app.host, flow, start);
    let mut found = prepared.diagnostics().to_vec();
    if let Some(tenant) = tenant {
        found.extend(prepared.check_tenant(app.host.store().as_ref(), tenant).await?);
    }
    Ok((prepared.len(), found.iter().map(|found| json!(found)).collect()))
}

/// Returns the tenant of a check. An operator may omit it.
///
/// # Errors
/// `forbidden`, or `tenant-not-found` for an operator.
pub(crate) async fn existing_tenant(
    app: &App,
    caller: &Caller,
    named: Option<&str>,
) -> Result<Option<String>, Problem> {
    let tenant = caller.optional_tenant(named)?;
    if let Some(id) = &tenant
        && caller.is_operator()
        && app.host.store().configuration(id).await?.is_none()
    {
        return Err(Problem::new(ErrorCode::TenantNotFound, "the tenant does not exist"));
    }
    Ok(tenant)
}
