//! The catalogue: manifests, schemas, texts and versions of actions.

use crate::answer::{json, list};
use crate::app::App;
use crate::problem::Problem;
use crate::query::Query;
use axum::extract::{Path, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use flowhost::catalog::manifest::Localized;
use flowhost::{Action, ErrorCode, Failure};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// `GET /v1/actions`: the manifests of all versions.
pub(crate) async fn actions(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let manifests: Vec<_> = app.host.catalog().all().map(|action| json!(*action.manifest)).collect();
    Ok(list(&manifests))
}

/// `GET /v1/actions/{id}`: the manifest.
pub(crate) async fn action(State(app): State<Arc<App>>, Path(id): Path<String>, uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let action = find(&app, &id)?;
    let mut response = json(StatusCode::OK, &*action.manifest);
    let headers = response.headers_mut();
    let version = format!("{}@{}", action.manifest.id, action.manifest.version);
    insert(headers, "flowhost-action", &version);
    insert(headers, "flowhost-digest", &format!("sha256:{}", action.digest));
    Ok(response)
}

/// `GET /v1/actions/{id}/schema`: the JSON Schema of the parameters.
pub(crate) async fn schema(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let query = Query::parse(request.uri(), &["lang"])?;
    let action = find(&app, &id)?;
    let wanted: Vec<_> = match query.get("lang") {
        Some(language) => vec![language.to_owned()],
        None => accepted_languages(request.headers()),
    };
    let known = wanted.into_iter().find(|language| action.manifest.title.contains_key(language));
    let language = known.unwrap_or_else(|| "en".to_owned());
    let mut response = json(StatusCode::OK, &action.parameters_schema(&language));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/schema+json"));
    insert(headers, "content-language", &language);
    Ok(response)
}

/// `GET /v1/actions/{id}/locales/{lang}`: the texts in one language.
pub(crate) async fn locale(
    State(app): State<Arc<App>>,
    Path((id, language)): Path<(String, String)>,
    uri: Uri,
) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let action = find(&app, &id)?;
    let manifest = &action.manifest;
    if !manifest.title.contains_key(&language) {
        return Err(Problem::new(ErrorCode::NotFound, "the action has no texts in this language"));
    }
    let text = |texts: &Localized| texts.get(&language).or_else(|| texts.get("en")).cloned().unwrap_or_default();
    let parameters: Map<String, Json> = manifest
        .parameters
        .iter()
        .map(|parameter| {
            (parameter.name.clone(), json!({ "title": text(&parameter.title), "help": text(&parameter.help) }))
        })
        .collect();
    let texts = json!({ "lang": language, "title": text(&manifest.title), "description": text(&manifest.description), "parameters": parameters });
    Ok(json(StatusCode::OK, &texts))
}

/// `GET /v1/actions/{id}/versions`: the loaded versions of an id.
pub(crate) async fn versions(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let id = find(&app, &id)?.manifest.id.clone();
    let catalog = app.host.catalog();
    let versions: Vec<_> =
        catalog.all().filter(|action| action.manifest.id == id).map(|action| version(action)).collect();
    Ok(list(&versions))
}

fn version(action: &Action) -> Json {
    json!({
        "version": action.manifest.version,
        "digest": format!("sha256:{}", action.digest),
        "bytes": action.bytes,
        "uses": action.manifest.uses,
        "imports": action.imports(),
        "source": "built-in",
    })
}

/// Returns the action of a name in a path.
///
/// # Errors
/// `action-not-found`.
pub(crate) fn find(app: &App, name: &str) -> Result<Arc<Action>, Problem> {
    Ok(Arc::clone(app.host.catalog().find(name).map_err(Failure::from)?))
}

/// Returns the languages of `Accept-Language`, by descending quality.
fn accepted_languages(headers: &HeaderMap) -> Vec<String> {
    let text = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut found: Vec<(f32, String)> = text
        .split(',')
        .filter_map(|part| {
            let (tag, quality) = part.split_once(';').unwrap_or((part, "q=1"));
            let quality = quality.trim().strip_prefix("q=")?.parse().ok()?;
            let language = tag.trim().split('-').next()?.to_ascii_lowercase();
            Some((quality, language))
        })
        .filter(|(quality, _)| *quality > 0.0)
        .collect();
    found.sort_by(|(left, _), (right, _)| right.total_cmp(left));
    found.into_iter().map(|(_, language)| language).collect()
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
