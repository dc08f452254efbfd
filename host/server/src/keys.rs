//! The keys of a tenant, or of operators: create, list and revoke.

use crate::access::Caller;
use crate::answer::json;
use crate::app::App;
use crate::checks::existing_tenant;
use crate::json_body::{parse, read_text};
use crate::key_text::NewKey;
use crate::problem::Problem;
use crate::query::Query;
use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use flowhost::ErrorCode;
use flowhost::store::{AccessKey, AccessKeys, KeyOwner, Role};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Longest name of a key, characters.
const MAX_NAME: usize = 256;

/// Maximum size of a request to create a key, bytes.
const MAX_BODY: usize = 64 << 10;

/// Maximum number of campaigns to which an editor is limited.
const MAX_CAMPAIGNS: usize = 1_000;

/// Attempts to find an id that no key has. A second attempt is practically never necessary.
const MAX_ATTEMPTS: usize = 3;

/// Time until every host has read a revoked key again.
const REVOCATION: Duration = Duration::from_millis(1100);

/// Keys of a page, if the request does not state a number.
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKeyJson {
    name: String,
    role: String,
    #[serde(default)]
    campaigns: Option<Vec<Uuid>>,
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
    #[serde(default)]
    rate_limit: Option<u32>,
}

/// `POST /v1/keys`: creates a key. The response is the only place of its text.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    let query = Query::parse(request.uri(), &["tenant"])?;
    let tenant = existing_tenant(&app, &caller, query.get("tenant")).await?;
    let text = read_text(&app, request, MAX_BODY).await?;
    let body: NewKeyJson = parse(&text)?;
    check_rate_limit(&app, &caller, body.rate_limit)?;
    let author = format!("key:{}", caller.key_id());
    let (key, text) = create_key(access_keys(&app)?, new_key(&body, tenant)?, author).await?;
    let mut object = key_json(&key);
    if let Some(members) = object.as_object_mut() {
        members.insert("key".to_owned(), text.into());
    }
    Ok(json(StatusCode::CREATED, &object))
}

/// A tenant can't raise the limit that the operator of the host has set.
fn check_rate_limit(app: &App, caller: &Caller, wanted: Option<u32>) -> Result<(), Problem> {
    let most = app.settings.rate_limit;
    match wanted {
        Some(0) => Err(Problem::invalid("rate_limit must be at least 1, or absent")),
        Some(wanted) if !caller.is_operator() && most > 0 && wanted > most => {
            Err(Problem::invalid(format!("rate_limit must be at most {most}, the limit of the host")))
        }
        _ => Ok(()),
    }
}

/// Checks the fields of a new key. Id, hash, time and author are added when it is created.
fn new_key(body: &NewKeyJson, tenant: Option<String>) -> Result<AccessKey, Problem> {
    let role = Role::from_name(&body.role)
        .ok_or_else(|| Problem::invalid("role must be runtime, editor, administrator or operator"))?;
    if (role == Role::Operator) != tenant.is_none() {
        return Err(if tenant.is_none() {
            Problem::new(ErrorCode::TenantRequired, "a key of this role needs a tenant; add ?tenant=ID")
        } else {
            Problem::new(ErrorCode::Forbidden, "only an operator creates keys of operators, without a tenant")
        });
    }
    if body.name.trim().is_empty() || body.name.chars().count() > MAX_NAME || body.name.contains('\0') {
        return Err(Problem::invalid(format!("name must have 1 to {MAX_NAME} characters")));
    }
    if body.campaigns.is_some() && role != Role::Editor {
        return Err(Problem::invalid("only a key of an editor has campaigns"));
    }
    if body.campaigns.as_ref().is_some_and(|campaigns| campaigns.len() > MAX_CAMPAIGNS) {
        return Err(Problem::invalid(format!("a key has at most {MAX_CAMPAIGNS} campaigns")));
    }
    let now = Utc::now();
    if body.expires_at.is_some_and(|expires| expires <= now) {
        return Err(Problem::invalid("expires_at must be in the future"));
    }
    Ok(AccessKey {
        id: String::new(),
        tenant,
        name: body.name.clone(),
        role,
        campaigns: body.campaigns.clone(),
        rate_limit: body.rate_limit,
        hash: [0; 32],
        created_at: now,
        created_by: String::new(),
        expires_at: body.expires_at,
        revoked_at: None,
        last_used_at: None,
    })
}

/// Creates a key with a new id. Returns it with its text.
async fn create_key(keys: &dyn AccessKeys, key: AccessKey, author: String) -> Result<(AccessKey, String), Problem> {
    for _ in 0..MAX_ATTEMPTS {
        let NewKey { id, text, hash } =
            NewKey::generate().map_err(|message| Problem::new(ErrorCode::Internal, message))?;
        let key = AccessKey { id, hash, created_by: author.clone(), ..key.clone() };
        if keys.create_key(&key).await? {
            return Ok((key, text));
        }
    }
    Err(Problem::new(ErrorCode::Internal, "no id is free"))
}

/// `GET /v1/keys`: lists keys, without their texts and hashes.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::parse(&uri, &["tenant", "limit", "after"])?;
    let limit = query.number("limit", 1..=1000)?.unwrap_or(PAGE);
    let owner = owner(existing_tenant(&app, &caller, query.get("tenant")).await?);
    let fetched = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let mut found = access_keys(&app)?.list_keys(Some(&owner), query.get("after"), fetched).await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = if has_more { found.last().map(|key| key.id.clone()) } else { None };
    let items: Vec<_> = found.iter().map(key_json).collect();
    Ok(json(StatusCode::OK, &json!({ "items": items, "next": next })))
}

/// `DELETE /v1/keys/{id}`: revokes a key. After the response no host accepts it.
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::parse(&uri, &["tenant"])?;
    let owner = owner(existing_tenant(&app, &caller, query.get("tenant")).await?);
    if !access_keys(&app)?.revoke_key(Some(&owner), &id, Utc::now()).await? {
        return Err(Problem::new(ErrorCode::KeyNotFound, "the key does not exist, or it is revoked already"));
    }
    tokio::time::sleep(REVOCATION).await;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /v1/key`: the key in use.
pub(crate) async fn own(Extension(caller): Extension<Caller>, uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    Ok(json(StatusCode::OK, &key_json(&caller.0)))
}

fn owner(tenant: Option<String>) -> KeyOwner {
    tenant.map_or(KeyOwner::Operators, KeyOwner::Tenant)
}

fn access_keys(app: &App) -> Result<&dyn AccessKeys, Problem> {
    let missing = || Problem::new(ErrorCode::StoreUnsupported, "the store has no access keys");
    app.host.store().access_keys().ok_or_else(missing)
}

/// Returns a key as JSON, without its hash.
pub fn key_json(key: &AccessKey) -> Json {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    json!({
        "id": key.id,
        "tenant": key.tenant,
        "name": key.name,
        "role": key.role.as_str(),
        "campaigns": key.campaigns,
        "rate_limit": key.rate_limit,
        "created_at": time(key.created_at),
        "created_by": key.created_by,
        "expires_at": key.expires_at.map(time),
        "revoked_at": key.revoked_at.map(time),
        "last_used_at": key.last_used_at.map(time),
    })
}
