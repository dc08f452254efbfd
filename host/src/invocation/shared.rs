//! What all invocations of a host share.

use super::committer::CommitQueue;
use super::execute::Topic;
use super::run::Workshop;
use super::turns::Turns;
use crate::domain::Tenant;
use crate::engine::Limits;
use crate::store::View;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Tenants whose configuration is remembered.
const MAX_TENANTS: usize = 10_000;

/// What all invocations share.
pub(super) struct Shared {
    pub(super) limits: Arc<Limits>,
    pub(super) turns: Turns<Topic>,
    pub(super) commits: CommitQueue,
    tenants: Mutex<HashMap<String, (Arc<Tenant>, u64), foldhash::fast::RandomState>>,
}

impl Shared {
    pub(super) fn new(limits: Arc<Limits>, commits: CommitQueue) -> Self {
        Self { limits, turns: Turns::new(), commits, tenants: Mutex::default() }
    }

    /// A view that nothing was read into yet.
    pub(super) fn view(&self, workshop: &Workshop, tenant: &str, now: DateTime<Utc>) -> View {
        View::new(Arc::clone(&workshop.reader), tenant, now, self.known(tenant))
    }

    /// A tenant as it was when it was last read, with its configuration's version.
    pub(super) fn known(&self, tenant: &str) -> Option<(Arc<Tenant>, u64)> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned()
    }

    /// Remembers a tenant's configuration, so that it needn't be sent again while it stays the same.
    pub(super) fn remember(&self, tenant: &Arc<Tenant>, version: u64) {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if tenants.get(&tenant.id).is_some_and(|(_, known)| *known >= version) {
            return;
        }
        if tenants.len() >= MAX_TENANTS {
            tenants.clear();
        }
        tenants.insert(tenant.id.clone(), (Arc::clone(tenant), version));
    }
}
