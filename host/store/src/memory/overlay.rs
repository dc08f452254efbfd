//! The changes of one commit on top of an unchanged state. The store merges them only if the commit succeeds.

use super::state::{StoredContact, StoredRecord, TenantData};
use crate::timestamp::truncate_to_micros;
use crate::{Change, LogEntry};
use flowhost_domain::{Address, Contact, DndEntry, Record, RecordState, Scope};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// The error of a change that cannot be applied to this state.
pub(super) struct Conflict;

/// Contacts and records after the commit.
pub(super) struct CommitOverlay<'a> {
    base: &'a TenantData,
    contacts: HashMap<Uuid, StoredContact>,
    records: HashMap<Uuid, StoredRecord>,
    addresses: HashSet<(String, String)>,
    next_contact: usize,
    next_record: usize,
}

impl<'a> CommitOverlay<'a> {
    pub(super) fn new(base: &'a TenantData) -> Self {
        Self {
            base,
            contacts: HashMap::new(),
            records: HashMap::new(),
            addresses: HashSet::new(),
            next_contact: base.contact_order.len(),
            next_record: base.record_order.len(),
        }
    }

    /// Returns the bytes that the commit adds to the tenant, without its key.
    pub(super) fn added_bytes(&self) -> i64 {
        let contacts = self
            .contacts
            .iter()
            .map(|(id, after)| after.bytes() - self.base.contacts.get(id).map_or(0, StoredContact::bytes));
        let records = self
            .records
            .iter()
            .map(|(id, after)| after.bytes() - self.base.records.get(id).map_or(0, StoredRecord::bytes));
        contacts.chain(records).sum()
    }

    /// Returns the contacts and records to store, in order of creation.
    pub(super) fn into_parts(self) -> (Vec<StoredContact>, Vec<StoredRecord>) {
        let mut contacts: Vec<_> = self.contacts.into_values().collect();
        contacts.sort_by_key(|stored| stored.order);
        let mut records: Vec<_> = self.records.into_values().collect();
        records.sort_by_key(|stored| stored.order);
        (contacts, records)
    }

    pub(super) fn apply(&mut self, change: &Change) -> Result<(), Conflict> {
        match change {
            Change::CreateContact(contact) => self.create_contact(contact),
            Change::UpdateContact { id, name, correlators, new_addresses, updated_at } => {
                self.claim_addresses(new_addresses)?;
                self.change_contact(*id, |contact| {
                    for address in new_addresses {
                        if contact.addresses.iter().any(|existing| existing.channel == address.channel) {
                            return Err(Conflict);
                        }
                        contact.addresses.push(address.clone());
                    }
                    contact.name.clone_from(name);
                    contact.correlators.clone_from(correlators);
                    contact.updated_at = *updated_at;
                    Ok(())
                })
            }
            Change::AddDnd { contact, entry } => self.change_contact(*contact, |contact| {
                if !contact.dnd.iter().any(|existing| existing.scope == entry.scope) {
                    contact.dnd.push(entry.clone());
                }
                Ok(())
            }),
            Change::RemoveDnd { contact, scope } => self.change_contact(*contact, |contact| {
                contact.dnd.retain(|entry| entry.scope != *scope);
                Ok(())
            }),
            Change::CreateRecord(record) => self.create_record(record),
            Change::ReplaceRecord(record) => self.replace_record(record),
            Change::Transition { record, contact, from, to, at, note } => self.transition(
                *record,
                *contact,
                (*from, *to),
                LogEntry { run: 0, at: truncate_to_micros(*at), from: Some(*from), to: *to, note: note.clone() },
            ),
        }
    }

    fn create_contact(&mut self, contact: &Contact) -> Result<(), Conflict> {
        if self.contact(contact.id).is_ok() {
            return Err(Conflict);
        }
        self.claim_addresses(&contact.addresses)?;
        for (at, address) in contact.addresses.iter().enumerate() {
            if contact.addresses.iter().take(at).any(|earlier| earlier.channel == address.channel) {
                return Err(Conflict);
            }
        }
        let mut unique = contact.clone();
        unique.dnd.clear();
        for entry in &contact.dnd {
            if !unique.dnd.iter().any(|existing| existing.scope == entry.scope) {
                unique.dnd.push(entry.clone());
            }
        }
        let stored = StoredContact { contact: Arc::new(self.normalise(unique)), version: 1, order: self.next_contact };
        self.next_contact += 1;
        self.contacts.insert(contact.id, stored);
        Ok(())
    }

    fn create_record(&mut self, record: &Record) -> Result<(), Conflict> {
        if self.record(record.id).is_ok() {
            return Err(Conflict);
        }
        self.bump_version(record.contact)?;
        let record = Arc::new(truncate_record_times(record.clone()));
        let entry = LogEntry { run: record.run, at: record.created_at, from: None, to: record.state, note: None };
        self.records.insert(record.id, StoredRecord { record, order: self.next_record, log: vec![entry] });
        self.next_record += 1;
        Ok(())
    }

    fn replace_record(&mut self, after: &Record) -> Result<(), Conflict> {
        let mut stored = self.record(after.id)?.clone();
        let before = &stored.record;
        if before.state != RecordState::Ready || before.contact != after.contact || before.campaign != after.campaign {
            return Err(Conflict);
        }
        self.bump_version(after.contact)?;
        let (state, run, created_at) = (before.state, before.run, before.created_at);
        stored.record = Arc::new(truncate_record_times(Record { state, run, created_at, ..after.clone() }));
        self.records.insert(stored.record.id, stored);
        Ok(())
    }

    fn transition(
        &mut self,
        id: Uuid,
        contact: Uuid,
        (from, to): (RecordState, RecordState),
        entry: LogEntry,
    ) -> Result<(), Conflict> {
        let mut stored = self.record(id)?.clone();
        if stored.record.state != from || stored.record.contact != contact {
            return Err(Conflict);
        }
        self.bump_version(contact)?;
        let record = Arc::make_mut(&mut stored.record);
        record.state = to;
        record.updated_at = entry.at;
        if to == RecordState::Ready {
            record.run = record.run.saturating_add(1);
        }
        stored.log.push(LogEntry { run: record.run, ..entry });
        self.records.insert(stored.record.id, stored);
        Ok(())
    }

    /// Claims addresses that do not belong to any contact.
    fn claim_addresses(&mut self, addresses: &[Address]) -> Result<(), Conflict> {
        for Address { channel, identifier, .. } in addresses {
            let taken = self.base.address_owner(channel, identifier).is_some();
            if taken || !self.addresses.insert((channel.clone(), identifier.clone())) {
                return Err(Conflict);
            }
        }
        Ok(())
    }

    fn contact(&self, id: Uuid) -> Result<&StoredContact, Conflict> {
        self.contacts.get(&id).or_else(|| self.base.contacts.get(&id)).ok_or(Conflict)
    }

    fn record(&self, id: Uuid) -> Result<&StoredRecord, Conflict> {
        self.records.get(&id).or_else(|| self.base.records.get(&id)).ok_or(Conflict)
    }

    /// Increases the version of a contact, once per commit.
    fn bump_version(&mut self, id: Uuid) -> Result<(), Conflict> {
        self.change_contact(id, |_| Ok(()))
    }

    fn change_contact(
        &mut self,
        id: Uuid,
        change: impl FnOnce(&mut Contact) -> Result<(), Conflict>,
    ) -> Result<(), Conflict> {
        let mut stored = self.contact(id)?.clone();
        stored.version = match self.base.contacts.get(&id) {
            Some(before) => before.version + 1,
            None => 1,
        };
        let mut contact = Arc::unwrap_or_clone(stored.contact);
        change(&mut contact)?;
        stored.contact = Arc::new(self.normalise(contact));
        self.contacts.insert(id, stored);
        Ok(())
    }

    /// Sorts the lists, truncates timestamps, and updates the category of entries to that of their campaigns.
    fn normalise(&self, mut contact: Contact) -> Contact {
        contact.addresses.sort_by(|a, b| a.channel.cmp(&b.channel));
        contact.dnd.sort_by(|a, b| a.scope.cmp(&b.scope));
        for entry in &mut contact.dnd {
            entry.at = truncate_to_micros(entry.at);
            entry.category = self.base.current_category(entry);
        }
        contact.created_at = truncate_to_micros(contact.created_at);
        contact.updated_at = truncate_to_micros(contact.updated_at);
        contact
    }
}

impl TenantData {
    /// Returns the current category of an entry.
    pub(super) fn current_category(&self, entry: &DndEntry) -> String {
        match &entry.scope {
            Scope::Category(category) => category.clone(),
            Scope::Campaign(id) => {
                self.campaigns.get(id).map_or(&entry.category, |campaign| &campaign.category).clone()
            }
        }
    }
}

fn truncate_record_times(mut record: Record) -> Record {
    if let Some(schedule) = &mut record.schedule {
        schedule.at = truncate_to_micros(schedule.at);
    }
    record.created_at = truncate_to_micros(record.created_at);
    record.updated_at = truncate_to_micros(record.updated_at);
    record
}
