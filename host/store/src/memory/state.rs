//! The content of the store, with indexes for all reads.

use crate::{AccessKey, IdempotencyRecord, LogEntry};
use flowhost_domain::{Campaign, Contact, Record, RecordState, Tenant};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// The store generates or checks all ids, so a fast hash with its own seed is sufficient.
type IdMap<T> = HashMap<Uuid, T, foldhash::fast::RandomState>;

/// The data of all tenants.
#[derive(Default)]
pub(super) struct MemoryState {
    pub(super) tenants: BTreeMap<String, TenantData>,
    /// Idempotency keys by expiry time in microseconds, with their tenants.
    pub(super) key_expiry: BTreeSet<(i64, String, String)>,
    /// Access keys by id.
    pub(super) access_keys: BTreeMap<String, AccessKey>,
}

/// The data of one tenant. Keys may exist before the tenant does.
#[derive(Default)]
pub(super) struct TenantData {
    pub(super) tenant: Option<Arc<Tenant>>,
    /// The version of the configuration. 0: the tenant does not exist.
    pub(super) version: u64,
    pub(super) campaigns: IdMap<Arc<Campaign>>,
    pub(super) contacts: IdMap<StoredContact>,
    /// The ids of contacts in order of creation. The index is the `order` of a contact.
    pub(super) contact_order: Vec<Uuid>,
    /// Contacts by channel and identifier.
    pub(super) addresses: HashMap<String, HashMap<String, Uuid>>,
    /// The `order` of contacts by slot and correlator.
    pub(super) contacts_by_correlator: HashMap<(usize, String), BTreeSet<usize>>,
    pub(super) records: IdMap<StoredRecord>,
    /// The ids of records in order of creation. The index is the `order` of a record.
    pub(super) record_order: Vec<Uuid>,
    /// The `order` of Ready records by contact and campaign.
    pub(super) ready_by_campaign: HashMap<(Uuid, Uuid), BTreeSet<usize>>,
    pub(super) keys: HashMap<String, StoredKey>,
    /// The stored bytes of the tenant that count against its quota.
    pub(super) bytes: i64,
}

#[derive(Clone)]
pub(super) struct StoredContact {
    pub(super) contact: Arc<Contact>,
    pub(super) version: u64,
    pub(super) order: usize,
}

#[derive(Clone)]
pub(super) struct StoredRecord {
    pub(super) record: Arc<Record>,
    pub(super) order: usize,
    pub(super) log: Vec<LogEntry>,
}

pub(super) struct StoredKey {
    pub(super) record: IdempotencyRecord,
    pub(super) expires_at: i64,
}

impl TenantData {
    pub(super) fn address_owner(&self, channel: &str, identifier: &str) -> Option<Uuid> {
        self.addresses.get(channel)?.get(identifier).copied()
    }

    /// Replaces the contact with the same id, or adds the contact as the newest.
    pub(super) fn upsert_contact(&mut self, stored: StoredContact) {
        let contact = &stored.contact;
        if let Some(before) = self.contacts.get(&contact.id) {
            for (slot, value) in correlator_slots(&before.contact) {
                if let Some(orders) = self.contacts_by_correlator.get_mut(&(slot, value.to_owned())) {
                    orders.remove(&stored.order);
                }
            }
        } else {
            self.contact_order.push(contact.id);
        }
        for (slot, value) in correlator_slots(contact) {
            self.contacts_by_correlator.entry((slot, value.to_owned())).or_default().insert(stored.order);
        }
        for address in &contact.addresses {
            let channel = self.addresses.entry(address.channel.clone()).or_default();
            channel.insert(address.identifier.clone(), contact.id);
        }
        self.contacts.insert(contact.id, stored);
    }

    /// Replaces the record with the same id, or adds the record as the newest.
    pub(super) fn upsert_record(&mut self, stored: StoredRecord) {
        let record = &stored.record;
        if !self.records.contains_key(&record.id) {
            self.record_order.push(record.id);
        }
        let ready = self.ready_by_campaign.entry((record.contact, record.campaign)).or_default();
        if record.state == RecordState::Ready {
            ready.insert(stored.order);
        } else {
            ready.remove(&stored.order);
        }
        self.records.insert(record.id, stored);
    }

    /// Returns the contacts that share a correlator's value in the same slot with this one, oldest first.
    pub(super) fn linked_contacts(&self, contact: &Contact) -> impl Iterator<Item = &StoredContact> {
        let sharing = correlator_slots(contact)
            .filter_map(|(slot, value)| self.contacts_by_correlator.get(&(slot, value.to_owned())));
        let orders: BTreeSet<usize> = sharing.flatten().copied().collect();
        let id = contact.id;
        let contacts = orders.into_iter().filter_map(|order| self.contacts.get(self.contact_order.get(order)?));
        contacts.filter(move |other| other.contact.id != id)
    }

    /// Returns the Ready records of a contact in a campaign whose `order` is at least `from`, oldest first.
    pub(super) fn ready_records(
        &self,
        contact: Uuid,
        campaign: Uuid,
        from: usize,
    ) -> impl DoubleEndedIterator<Item = &StoredRecord> {
        let orders =
            self.ready_by_campaign.get(&(contact, campaign)).into_iter().flat_map(move |orders| orders.range(from..));
        orders.filter_map(|order| self.records.get(self.record_order.get(*order)?))
    }
}

/// Returns the correlators of a contact with their slots.
fn correlator_slots(contact: &Contact) -> impl Iterator<Item = (usize, &str)> {
    contact.correlators.iter().enumerate().filter_map(|(slot, value)| Some((slot, value.as_deref()?)))
}
