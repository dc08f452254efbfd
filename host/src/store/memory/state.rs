//! What the store holds, with the indexes that keep every read quick.

use crate::domain::{Campaign, Contact, Record, RecordState, Tenant};
use crate::store::{LogEntry, StoredOutcome, charge};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// Ids are the store's own or checked by it, so that a quick hash with a seed of its own is good enough.
type ById<T> = HashMap<Uuid, T, foldhash::fast::RandomState>;

/// Everything, tenant by tenant.
#[derive(Default)]
pub(super) struct State {
    pub(super) tenants: BTreeMap<String, Owned>,
    /// Keys by the microsecond in which they expire, with their tenants.
    pub(super) expiry: BTreeSet<(i64, String, String)>,
}

/// What one tenant owns. Keys may be there before the tenant is.
#[derive(Default)]
pub(super) struct Owned {
    pub(super) tenant: Option<Arc<Tenant>>,
    /// 0: there is no tenant.
    pub(super) version: u64,
    pub(super) campaigns: ById<Arc<Campaign>>,
    pub(super) contacts: ById<StoredContact>,
    /// Contacts in order of creation: the n-th has order n.
    pub(super) contact_order: Vec<Uuid>,
    /// Channel, then identifier.
    pub(super) addresses: HashMap<String, HashMap<String, Uuid>>,
    /// Orders of contacts by slot and correlator.
    pub(super) correlated: HashMap<(usize, String), BTreeSet<usize>>,
    pub(super) records: ById<StoredRecord>,
    /// Records in order of creation: the n-th has order n.
    pub(super) record_order: Vec<Uuid>,
    /// Orders of Ready records by contact and campaign.
    pub(super) ready: HashMap<(Uuid, Uuid), BTreeSet<usize>>,
    pub(super) keys: HashMap<String, StoredKey>,
    /// The bytes that it has stored, as they count against its quota.
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
    pub(super) outcome: StoredOutcome,
    pub(super) expires: i64,
}

impl StoredContact {
    /// The bytes that it counts against the quota.
    pub(super) fn bytes(&self) -> i64 {
        charge::of_whole_contact(&self.contact)
    }
}

impl StoredRecord {
    /// The bytes that it counts against the quota, with its log.
    pub(super) fn bytes(&self) -> i64 {
        let log: i64 = self.log.iter().map(|entry| charge::of_log(entry.note.as_deref())).sum();
        charge::of_record(&self.record) + log
    }
}

impl Owned {
    pub(super) fn address(&self, channel: &str, identifier: &str) -> Option<Uuid> {
        self.addresses.get(channel)?.get(identifier).copied()
    }

    /// Puts a contact in the place of the one with its id, or adds it as the newest.
    pub(super) fn place_contact(&mut self, placed: StoredContact) {
        let contact = &placed.contact;
        if let Some(before) = self.contacts.get(&contact.id) {
            for (slot, value) in slots(&before.contact) {
                if let Some(orders) = self.correlated.get_mut(&(slot, value.to_owned())) {
                    orders.remove(&placed.order);
                }
            }
        } else {
            self.contact_order.push(contact.id);
        }
        for (slot, value) in slots(contact) {
            self.correlated.entry((slot, value.to_owned())).or_default().insert(placed.order);
        }
        for address in &contact.addresses {
            let channel = self.addresses.entry(address.channel.clone()).or_default();
            channel.insert(address.identifier.clone(), contact.id);
        }
        self.contacts.insert(contact.id, placed);
    }

    /// Puts a record in the place of the one with its id, or adds it as the newest.
    pub(super) fn place_record(&mut self, placed: StoredRecord) {
        let record = &placed.record;
        if !self.records.contains_key(&record.id) {
            self.record_order.push(record.id);
        }
        let ready = self.ready.entry((record.contact, record.campaign)).or_default();
        if record.state == RecordState::Ready {
            ready.insert(placed.order);
        } else {
            ready.remove(&placed.order);
        }
        self.records.insert(record.id, placed);
    }

    /// Contacts that share a correlator's value in the same slot with this one, oldest first.
    pub(super) fn linked(&self, contact: &Contact) -> impl Iterator<Item = &StoredContact> {
        let sharing = slots(contact).filter_map(|(slot, value)| self.correlated.get(&(slot, value.to_owned())));
        let orders: BTreeSet<usize> = sharing.flatten().copied().collect();
        let id = contact.id;
        let contacts = orders.into_iter().filter_map(|order| self.contacts.get(self.contact_order.get(order)?));
        contacts.filter(move |other| other.contact.id != id)
    }

    /// The Ready records of a contact in a campaign, oldest first.
    pub(super) fn ready(
        &self,
        contact: Uuid,
        campaign: Uuid,
        from: usize,
    ) -> impl DoubleEndedIterator<Item = &StoredRecord> {
        let orders = self.ready.get(&(contact, campaign)).into_iter().flat_map(move |orders| orders.range(from..));
        orders.filter_map(|order| self.records.get(self.record_order.get(*order)?))
    }
}

/// The correlators that a contact has, with their slots.
fn slots(contact: &Contact) -> impl Iterator<Item = (usize, &str)> {
    contact.correlators.iter().enumerate().filter_map(|(slot, value)| Some((slot, value.as_deref()?)))
}
