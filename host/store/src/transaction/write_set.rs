//! The pending writes of an invocation, which its later reads see.

use crate::Change;
use chrono::{DateTime, Utc};
use flowhost_domain::{Contact, Record, RecordState};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Pending contacts and records, each kind in the order of the first write.
#[derive(Default)]
pub(super) struct WriteSet {
    pub(super) contacts: Vec<Arc<Contact>>,
    contact_index: HashMap<Uuid, usize>,
    addresses: HashMap<String, HashMap<String, usize>>,
    pub(super) records: Vec<PendingRecord>,
    record_index: HashMap<Uuid, usize>,
}

/// A record that the transaction created or changed.
pub(super) struct PendingRecord {
    /// The record with all its changes.
    pub(super) record: Arc<Record>,
    /// The committed state. `None`: the store does not have the record yet.
    pub(super) committed_state: Option<RecordState>,
    pub(super) changes: Vec<Change>,
}

impl WriteSet {
    pub(super) fn is_empty(&self) -> bool {
        self.contacts.is_empty() && self.records.is_empty()
    }

    pub(super) fn contact(&self, id: Uuid) -> Option<Arc<Contact>> {
        self.contacts.get(*self.contact_index.get(&id)?).cloned()
    }

    pub(super) fn contact_at(&self, channel: &str, identifier: &str) -> Option<Arc<Contact>> {
        self.contacts.get(*self.addresses.get(channel)?.get(identifier)?).cloned()
    }

    pub(super) fn record(&self, id: Uuid) -> Option<Arc<Record>> {
        Some(self.records.get(*self.record_index.get(&id)?)?.record.clone())
    }

    pub(super) fn put_contact(&mut self, after: Contact) {
        let at = *self.contact_index.entry(after.id).or_insert(self.contacts.len());
        for address in &after.addresses {
            let channel = self.addresses.entry(address.channel.clone()).or_default();
            channel.insert(address.identifier.clone(), at);
        }
        match self.contacts.get_mut(at) {
            Some(contact) => *contact = Arc::new(after),
            None => self.contacts.push(Arc::new(after)),
        }
    }

    /// Adds a record. `is_stored`: the store already has it.
    pub(super) fn put_record(&mut self, record: Record, is_stored: bool) {
        let shared = Arc::new(record.clone());
        let staged = self.record_index.get(&record.id).and_then(|at| self.records.get_mut(*at));
        match staged {
            Some(staged) => {
                staged.record = shared;
                match staged.changes.last_mut() {
                    Some(Change::CreateRecord(last) | Change::ReplaceRecord(last)) => *last = record,
                    _ => staged.changes.push(Change::ReplaceRecord(record)),
                }
            }
            None => {
                let committed = is_stored.then_some(RecordState::Ready);
                let change = if is_stored { Change::ReplaceRecord(record) } else { Change::CreateRecord(record) };
                self.add_record(PendingRecord { record: shared, committed_state: committed, changes: vec![change] });
            }
        }
    }

    /// Changes the state of a record. `committed` is its state in the store, if the transaction has read it.
    pub(super) fn transition(
        &mut self,
        record: &Arc<Record>,
        committed: Option<RecordState>,
        to: RecordState,
        at: DateTime<Utc>,
        note: Option<String>,
    ) {
        let change =
            Change::Transition { record: record.id, contact: record.contact, from: record.state, to, at, note };
        let mut after = Record::clone(record);
        after.state = to;
        after.updated_at = at;
        if to == RecordState::Ready {
            after.run = after.run.saturating_add(1);
        }
        let after = Arc::new(after);
        match self.record_index.get(&record.id).and_then(|at| self.records.get_mut(*at)) {
            Some(staged) => {
                staged.record = after;
                staged.changes.push(change);
            }
            None => {
                let committed = Some(committed.unwrap_or(record.state));
                self.add_record(PendingRecord { record: after, committed_state: committed, changes: vec![change] });
            }
        }
    }

    fn add_record(&mut self, staged: PendingRecord) {
        self.record_index.insert(staged.record.id, self.records.len());
        self.records.push(staged);
    }
}
