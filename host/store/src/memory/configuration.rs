//! Configuration in memory: tenants and campaigns.

use super::state::{MemoryState, TenantData};
use crate::timestamp::truncate_to_micros;
use crate::{Configuration, ConfigurationChange};
use flowhost_domain::{Campaign, Validity};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

impl MemoryState {
    pub(super) fn configuration(&self, id: &str) -> Option<Configuration> {
        let tenant_data = self.tenants.get(id)?;
        let tenant = Arc::unwrap_or_clone(tenant_data.tenant.clone()?);
        Some(Configuration { tenant, campaigns: tenant_data.campaigns_by_name(), version: tenant_data.version })
    }

    pub(super) fn configure(&mut self, changes: &[ConfigurationChange]) -> bool {
        // If several changes affect one tenant, each of them expects the version after the preceding one.
        let mut versions: HashMap<&str, u64> = HashMap::new();
        for ConfigurationChange { tenant, version, .. } in changes {
            let stored = self.tenants.get(&tenant.id).map_or(0, |tenant_data| tenant_data.version);
            let expected = versions.entry(&tenant.id).or_insert(stored);
            if version != expected {
                return false;
            }
            *expected += 1;
        }
        for ConfigurationChange { tenant, campaigns, .. } in changes {
            let tenant_data = self.tenants.entry(tenant.id.clone()).or_default();
            tenant_data.tenant = Some(Arc::new(tenant.clone()));
            tenant_data.version += 1;
            for campaign in campaigns {
                tenant_data.upsert_campaign(Campaign { tenant: tenant.id.clone(), ..campaign.clone() });
            }
        }
        true
    }
}

impl TenantData {
    pub(super) fn campaigns_by_name(&self) -> Vec<Campaign> {
        let mut campaigns: Vec<_> = self.campaigns.values().map(|campaign| Campaign::clone(campaign)).collect();
        campaigns.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        campaigns
    }

    /// Returns the ids of a page of campaigns; `None` if `after` is not a campaign.
    pub(super) fn campaign_page(&self, category: Option<&str>, after: Option<Uuid>, limit: u32) -> Option<Vec<Uuid>> {
        let after = match after {
            Some(id) => Some(self.campaigns.get(&id)?),
            None => None,
        };
        let mut found: Vec<_> = self
            .campaigns
            .values()
            .filter(|campaign| category.is_none_or(|category| campaign.category == category))
            .map(|campaign| (&campaign.name, campaign.id))
            .filter(|found| after.is_none_or(|after| *found > (&after.name, after.id)))
            .collect();
        found.sort_unstable();
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Some(found.into_iter().map(|(_, id)| id).collect())
    }

    fn upsert_campaign(&mut self, mut campaign: Campaign) {
        campaign.starts_at = campaign.starts_at.map(truncate_to_micros);
        campaign.ends_at = campaign.ends_at.map(truncate_to_micros);
        if let Some(Validity::Instant(at)) = campaign.valid_until {
            campaign.valid_until = Some(Validity::Instant(truncate_to_micros(at)));
        }
        let id = campaign.id;
        let before = self.campaigns.insert(id, Arc::new(campaign.clone()));
        if before.is_some_and(|before| before.category == campaign.category) {
            return;
        }
        for stored in self.contacts.values_mut() {
            let listed = |entry: &&flowhost_domain::DndEntry| entry.scope == flowhost_domain::Scope::Campaign(id);
            if stored.contact.dnd.iter().any(|entry| listed(&entry)) {
                let contact = Arc::make_mut(&mut stored.contact);
                for entry in contact.dnd.iter_mut().filter(|entry| listed(&&**entry)) {
                    entry.category.clone_from(&campaign.category);
                }
            }
        }
    }
}
