//! A worker's cache of tenants, which avoids reading an unchanged configuration again.

use flowhost_domain::Tenant;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Maximum number of cached tenants. Beyond it the whole cache is cleared.
const MAX_TENANTS: usize = 10_000;

/// Tenants with the versions of their configurations. Every worker has its own cache, so that workers don't contend for
/// it.
#[derive(Default)]
pub(super) struct TenantCache(RefCell<HashMap<String, (Arc<Tenant>, u64), foldhash::fast::RandomState>>);

impl TenantCache {
    pub(super) fn get(&self, tenant: &str) -> Option<(Arc<Tenant>, u64)> {
        self.0.borrow().get(tenant).cloned()
    }

    pub(super) fn put(&self, tenant: &Arc<Tenant>, version: u64) {
        let mut tenants = self.0.borrow_mut();
        if tenants.get(&tenant.id).is_some_and(|(_, cached)| *cached >= version) {
            return;
        }
        if tenants.len() >= MAX_TENANTS {
            tenants.clear();
        }
        tenants.insert(tenant.id.clone(), (Arc::clone(tenant), version));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str) -> Arc<Tenant> {
        Arc::new(Tenant {
            id: id.to_owned(),
            name: "Acme".to_owned(),
            time_zone: chrono_tz::America::Santiago,
            phone_region: "CL".to_owned(),
            default_intention: "menu".to_owned(),
            channels: Vec::new(),
            quota_campaigns: None,
        })
    }

    #[test]
    fn the_newest_version_is_cached() {
        let cache = TenantCache::default();
        cache.put(&tenant("acme"), 2);
        cache.put(&tenant("acme"), 1);
        assert_eq!(cache.get("acme").map(|(_, version)| version), Some(2));
        assert!(cache.get("other").is_none());
    }

    #[test]
    fn the_cache_has_a_limit() {
        let cache = TenantCache::default();
        for number in 0..=MAX_TENANTS {
            cache.put(&tenant(&number.to_string()), 1);
        }
        assert!(cache.0.borrow().len() <= MAX_TENANTS);
    }
}
