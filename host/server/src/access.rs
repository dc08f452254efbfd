//! Access keys: their text, the cache of keys in use, and the caller of a request.

use crate::problem::Problem;
use async_trait::async_trait;
use axum::http::header::{self, HeaderMap, HeaderValue};
use chrono::{DateTime, Utc};
use flowhost::ErrorCode;
use flowhost::store::StoreError;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq as _;

/// The role of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Invokes actions and runs flows.
    Runtime,
    /// Edits flows, contacts, records and do-not-disturb lists.
    Editor,
    /// Administers one tenant.
    Administrator,
    /// Administers the host and all tenants.
    Operator,
}

/// A key as the store has it. The store never has the text of a key, but its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The id, 16 characters of `a-z2-7`.
    pub id: String,
    /// The tenant. `None`: a key of an operator.
    pub tenant: Option<String>,
    /// The role.
    pub role: Role,
    /// The campaigns that an editor is limited to. `None`: all.
    pub campaigns: Option<Vec<uuid::Uuid>>,
    /// Requests per second. `None`: the limit of the host.
    pub rate_limit: Option<u32>,
    /// SHA-256 of the whole text of the key.
    pub hash: [u8; 32],
    /// The time after which the key is not valid.
    pub expires_at: Option<DateTime<Utc>>,
    /// The time of the revocation.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The source of keys: the store.
#[async_trait]
pub trait KeySource: Send + Sync + 'static {
    /// Returns the key with this id, also if it has expired or is revoked.
    async fn find(&self, id: &str) -> Result<Option<AccessKey>, StoreError>;
}

/// The caller of a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Arc<AccessKey>);

/// How long a host trusts a key that it has read.
const TRUST: Duration = Duration::from_secs(1);

/// Maximum number of keys, known or unknown, in the cache.
const CACHED_KEYS: usize = 10_000;

/// The characters of an id and of a secret.
const ID_CHARACTERS: usize = 16;
const SECRET_CHARACTERS: usize = 52;

/// The keys that this host has read, each with the time before the read.
pub(crate) struct Keyring {
    source: Arc<dyn KeySource>,
    cache: Cache<String, (Instant, Option<Arc<AccessKey>>)>,
}

impl Keyring {
    pub(crate) fn new(source: Arc<dyn KeySource>) -> Self {
        Self { source, cache: Cache::new(CACHED_KEYS) }
    }

    /// Returns the caller of a request with these headers.
    pub(crate) async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let text = bearer(headers).ok_or_else(unauthenticated)?;
        let id = id_of(text).ok_or_else(unauthenticated)?;
        let key = self.find(id).await?;
        let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        // An unknown key is compared as well, so that both take the same time.
        let stored = key.as_ref().map_or([0; 32], |key| key.hash);
        let matches = bool::from(hash.ct_eq(&stored));
        match key {
            Some(key) if matches && key.is_valid_at(Utc::now()) => Ok(Caller(key)),
            _ => Err(unauthenticated()),
        }
    }

    async fn find(&self, id: &str) -> Result<Option<Arc<AccessKey>>, StoreError> {
        if let Some((read_at, key)) = self.cache.get(id)
            && read_at.elapsed() < TRUST
        {
            return Ok(key);
        }
        let before = Instant::now();
        let key = self.source.find(id).await?.map(Arc::new);
        self.cache.insert(id.to_owned(), (before, key.clone()));
        Ok(key)
    }
}

impl AccessKey {
    fn is_valid_at(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires| now < expires)
    }
}

impl Caller {
    /// Returns the id of the key.
    pub(crate) fn key_id(&self) -> &str {
        &self.0.id
    }

    /// Returns whether the key is an operator's.
    pub(crate) fn is_operator(&self) -> bool {
        self.0.role == Role::Operator
    }

    /// Returns the tenant for which the request acts. `named`: the tenant that the request names.
    ///
    /// # Errors
    /// `forbidden`: a tenant's key names another tenant. `tenant-required`: an operator names none.
    pub(crate) fn tenant(&self, named: Option<&str>) -> Result<String, Problem> {
        match self.optional_tenant(named)? {
            Some(tenant) => Ok(tenant),
            None => Err(Problem::new(ErrorCode::TenantRequired, "the request names no tenant; add one")),
        }
    }

    /// Returns the tenant for which the request acts, if an operator may omit it.
    ///
    /// # Errors
    /// `forbidden`: a tenant's key names another tenant.
    pub(crate) fn optional_tenant(&self, named: Option<&str>) -> Result<Option<String>, Problem> {
        match (&self.0.tenant, named) {
            (Some(own), Some(named)) if own != named => {
                Err(Problem::new(ErrorCode::Forbidden, "the key acts for another tenant than the one in the request"))
            }
            (Some(own), _) => Ok(Some(own.clone())),
            (None, named) => Ok(named.map(str::to_owned)),
        }
    }
}

/// Returns the token of the only header `Authorization`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

/// Returns the id of a key: `fh_ID_SECRET`.
fn id_of(text: &str) -> Option<&str> {
    let (id, secret) = text.strip_prefix("fh_")?.split_once('_')?;
    let is_base32 = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'2'..=b'7'));
    let has_form = id.len() == ID_CHARACTERS && secret.len() == SECRET_CHARACTERS && is_base32(id) && is_base32(secret);
    has_form.then_some(id)
}

fn unauthenticated() -> Problem {
    Problem::new(ErrorCode::Unauthenticated, "give a key: Authorization: Bearer fh_…")
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"flowhost\""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (header::AUTHORIZATION, value.parse().unwrap())).collect()
    }

    #[test]
    fn one_header_with_the_scheme_bearer_has_a_token() {
        assert_eq!(bearer(&headers(&["Bearer x"])), Some("x"));
        assert_eq!(bearer(&headers(&["bearer  x"])), Some("x"));
        for other in [&["Basic x"][..], &["Bearer"], &[], &["Bearer x", "Bearer x"]] {
            assert_eq!(bearer(&headers(other)), None, "{other:?}");
        }
    }

    #[test]
    fn a_key_has_one_form() {
        let (id, secret) = ("7k2m4q2w5x7c5v3b", "a".repeat(52));
        assert_eq!(id_of(&format!("fh_{id}_{secret}")), Some(id));
        for other in [
            format!("fh_{id}_{secret}a"),
            format!("fh_{id}{secret}"),
            format!("{id}_{secret}"),
            format!("fh_{}_{secret}", id.to_uppercase()),
        ] {
            assert_eq!(id_of(&other), None, "{other}");
        }
    }
}
