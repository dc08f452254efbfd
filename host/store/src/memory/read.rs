//! Lookups in memory.

use super::state::{MemoryState, StoredContact, TenantData};
use crate::clock::IdempotencyClock;
use crate::{Lookup, LookupResult, ReadRequest, ReadyRecord, Snapshot, VersionedContact};
use flowhost_domain::Record;
use std::sync::Arc;

impl MemoryState {
    pub(super) fn read(&self, request: &ReadRequest, clock: &IdempotencyClock) -> Snapshot {
        let nothing = TenantData::default();
        let tenant_data = self.tenants.get(&request.tenant).unwrap_or(&nothing);
        Snapshot {
            version: tenant_data.version,
            tenant: tenant_data.tenant.clone().filter(|_| request.known_version != Some(tenant_data.version)),
            results: request.lookups.iter().map(|lookup| tenant_data.look_up(lookup, clock)).collect(),
        }
    }
}

impl TenantData {
    fn look_up(&self, lookup: &Lookup, clock: &IdempotencyClock) -> LookupResult {
        match lookup {
            Lookup::IdempotencyKey(key) => {
                let stored = self.keys.get(key).filter(|stored| stored.expires_at > clock.now_micros());
                LookupResult::IdempotencyKey(stored.map(|stored| stored.record.clone()))
            }
            Lookup::Campaign(id) => LookupResult::Campaign(self.campaigns.get(id).cloned()),
            Lookup::Category(name) => {
                LookupResult::Category(self.campaigns.values().any(|campaign| campaign.category == *name))
            }
            Lookup::Contact(id) => LookupResult::Contact(self.contacts.get(id).map(versioned_contact)),
            Lookup::Address(channel, identifier) => {
                let id = self.address_owner(channel, identifier);
                LookupResult::Contact(id.and_then(|id| self.contacts.get(&id)).map(versioned_contact))
            }
            Lookup::NewestReadyRecord { contact, campaign } => {
                let mut newest = self.ready_records(*contact, *campaign, 0).rev();
                let first = newest.next().map(|stored| stored.record.clone());
                LookupResult::NewestReadyRecord(first.map(|record| (record, newest.next().is_some())))
            }
            Lookup::ReadyPage { contact, campaign, after: None, limit } => {
                LookupResult::ReadyRecords(Some(ready_rows(self.ready_records(*contact, *campaign, 0), *limit)))
            }
            Lookup::ReadyPage { contact, campaign, after: Some(after), limit } => {
                let after = self.records.get(after);
                let after = after.filter(|at| at.record.contact == *contact && at.record.campaign == *campaign);
                LookupResult::ReadyRecords(
                    after.map(|after| ready_rows(self.ready_records(*contact, *campaign, after.order + 1), *limit)),
                )
            }
            Lookup::LatestReadyRecords { contact, campaign, limit } => {
                LookupResult::ReadyRecords(Some(ready_rows(self.ready_records(*contact, *campaign, 0).rev(), *limit)))
            }
            Lookup::Record(id) => LookupResult::Record(self.records.get(id).map(|stored| {
                let contact = self.contacts.get(&stored.record.contact);
                (stored.record.clone(), contact.map_or(0, |contact| contact.version))
            })),
            Lookup::CampaignPage { category, after, limit } => {
                LookupResult::CampaignIds(self.campaign_page(category.as_deref(), *after, *limit))
            }
            Lookup::LinkedContact { contact, channel } => {
                let contact = self.contacts.get(contact);
                let mut linked = contact.into_iter().flat_map(|stored| self.linked_contacts(&stored.contact));
                LookupResult::Contact(linked.find(|other| has_channel(other, channel)).map(versioned_contact))
            }
        }
    }
}

pub(super) fn has_channel(stored: &StoredContact, channel: &str) -> bool {
    stored.contact.addresses.iter().any(|address| address.channel == channel)
}

fn versioned_contact(stored: &StoredContact) -> VersionedContact {
    VersionedContact { contact: stored.contact.clone(), version: stored.version }
}

fn ready_rows<'a>(ready: impl Iterator<Item = &'a super::state::StoredRecord>, limit: u32) -> Vec<ReadyRecord> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let row = |record: &Arc<Record>| ReadyRecord { id: record.id, schedule: record.schedule.clone() };
    ready.take(limit).map(|stored| row(&stored.record)).collect()
}
