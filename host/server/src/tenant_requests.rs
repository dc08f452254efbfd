//! The requests in progress of each tenant: one tenant may have at most half of all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedSemaphorePermit;

/// The number of requests in progress of each tenant.
pub(crate) struct TenantRequests {
    most: usize,
    counts: Mutex<HashMap<String, usize>>,
}

/// A request in progress. Its drop ends it.
pub(crate) struct RequestPermit {
    requests: Arc<TenantRequests>,
    /// `None`: an operator's request.
    tenant: Option<String>,
    _permit: OwnedSemaphorePermit,
}

impl TenantRequests {
    /// `requests`: the maximum number of requests of all tenants.
    pub(crate) fn new(requests: usize) -> Arc<Self> {
        Arc::new(Self { most: (requests / 2).max(1), counts: Mutex::default() })
    }

    /// Counts a request. `None`: the tenant has half of all requests.
    pub(crate) fn begin(
        self: &Arc<Self>,
        tenant: Option<&String>,
        permit: OwnedSemaphorePermit,
    ) -> Option<RequestPermit> {
        if let Some(tenant) = tenant {
            let mut counts = self.counts();
            let count = counts.entry(tenant.clone()).or_default();
            if *count >= self.most {
                return None;
            }
            *count += 1;
        }
        Some(RequestPermit { requests: Arc::clone(self), tenant: tenant.cloned(), _permit: permit })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RequestPermit {
    fn drop(&mut self) {
        let Some(tenant) = self.tenant.take() else { return };
        if let Entry::Occupied(mut entry) = self.requests.counts().entry(tenant) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}
