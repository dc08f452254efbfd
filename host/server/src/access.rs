//! Access keys: the cache of keys in use, and the caller of a request.

use crate::key_text;
use crate::problem::Problem;
use axum::http::header::{self, HeaderMap, HeaderValue};
use chrono::{DateTime, DurationRound as _, Utc};
use flowhost::ErrorCode;
use flowhost::store::{AccessKey, Role, Store, StoreError};
use quick_cache::sync::Cache;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq as _;

/// The caller of a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Arc<AccessKey>);

/// How long a host trusts a key that it has read.
const TRUST: Duration = Duration::from_secs(1);

/// Maximum number of keys, known or unknown, in the cache.
const CACHED_KEYS: usize = 10_000;

/// Time between two reads of all keys in use.
const REFRESH: Duration = Duration::from_millis(500);

/// How long an unused key is read again with the keys in use.
const IN_USE: Duration = Duration::from_secs(60);

/// The keys that this host has read.
pub(crate) struct Keyring {
    store: Arc<dyn Store>,
    cache: Cache<String, CachedKey>,
    in_use: Mutex<HashMap<String, Instant>>,
}

/// A key, or the fact that it does not exist.
#[derive(Clone)]
struct CachedKey {
    /// The time before the read.
    read_at: Instant,
    key: Option<Arc<AccessKey>>,
}

impl Keyring {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, cache: Cache::new(CACHED_KEYS), in_use: Mutex::default() }
    }

    /// Returns the caller of a request with these headers.
    pub(crate) async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let text = bearer(headers).ok_or_else(unauthenticated)?;
        let id = key_text::id_of(text).ok_or_else(unauthenticated)?;
        let key = self.find(id).await?;
        // An unknown key is compared as well, so that both take the same time.
        let stored = key.as_ref().map_or([0; 32], |key| key.hash);
        let matches = bool::from(key_text::hash(text).ct_eq(&stored));
        match key {
            Some(key) if matches && is_valid(&key, Utc::now()) => {
                self.in_use().insert(key.id.clone(), Instant::now());
                Ok(Caller(key))
            }
            _ => Err(unauthenticated()),
        }
    }

    /// Checks that the key of a caller is still valid.
    ///
    /// # Errors
    /// `unauthenticated`: it has been revoked, or it has expired.
    pub(crate) async fn check(&self, caller: &Caller) -> Result<(), Problem> {
        let key = self.find(caller.key_id()).await?;
        if key.is_some_and(|key| is_valid(&key, Utc::now())) { Ok(()) } else { Err(unauthenticated()) }
    }

    async fn find(&self, id: &str) -> Result<Option<Arc<AccessKey>>, StoreError> {
        if let Some(cached) = self.cache.get(id)
            && cached.read_at.elapsed() < TRUST
        {
            return Ok(cached.key);
        }
        Ok(self.read(&[id.to_owned()]).await?.pop())
    }

    /// Reads keys, and caches them. An id without a key is cached, too.
    async fn read(&self, ids: &[String]) -> Result<Vec<Arc<AccessKey>>, StoreError> {
        let read_at = Instant::now();
        let Some(keys) = self.store.access_keys() else { return Ok(Vec::new()) };
        let found: Vec<_> = keys.find_keys(ids).await?.into_iter().map(Arc::new).collect();
        for id in ids {
            let key = found.iter().find(|key| key.id == *id).cloned();
            self.cache.insert(id.clone(), CachedKey { read_at, key });
        }
        Ok(found)
    }

    /// Reads all keys in use again and again, and stores the times of their last use.
    pub(crate) async fn refresh(&self) {
        let mut stored = HashMap::new();
        loop {
            tokio::time::sleep(REFRESH).await;
            let ids: Vec<_> = {
                let mut in_use = self.in_use();
                in_use.retain(|_, used| used.elapsed() < IN_USE);
                in_use.keys().cloned().collect()
            };
            if ids.is_empty() {
                continue;
            }
            // A request that finds an old entry reads the key itself, and reports the error.
            self.read(&ids).await.ok();
            let minute = this_minute();
            let used: Vec<_> =
                ids.into_iter().filter(|id| stored.get(id) != Some(&minute)).map(|id| (id, minute)).collect();
            if let Some(keys) = self.store.access_keys()
                && !used.is_empty()
                && keys.touch_keys(&used).await.is_ok()
            {
                stored.retain(|_, at| *at == minute);
                stored.extend(used);
            }
        }
    }

    fn in_use(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn this_minute() -> DateTime<Utc> {
    let now = Utc::now();
    now.duration_trunc(chrono::TimeDelta::minutes(1)).unwrap_or(now)
}

fn is_valid(key: &AccessKey, now: DateTime<Utc>) -> bool {
    key.revoked_at.is_none() && key.expires_at.is_none_or(|expires| now < expires)
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
}
