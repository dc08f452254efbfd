//! One commit on trial: what it would change, beside a state that stays as it was until the commit proves good.

use super::state::{Owned, StoredContact, StoredRecord};
use crate::domain::{Contact, DndEntry, Record, RecordState, Scope};
use crate::store::instant::kept;
use crate::store::{Change, LogEntry};
use std::sync::Arc;
use uuid::Uuid;

/// The commit can't be applied to this state.
pub(super) struct Unfit;

/// Contacts and records as the commit would leave them, in the order in which it touched them.
pub(super) struct Draft<'a> {
    base: &'a Owned,
    contacts: Vec<StoredContact>,
    records: Vec<StoredRecord>,
    new_contacts: usize,
    new_records: usize,
}

impl<'a> Draft<'a> {
    pub(super) fn new(base: &'a Owned) -> Self {
        Self { base, contacts: Vec::new(), records: Vec::new(), new_contacts: 0, new_records: 0 }
    }

    /// What to put in place once the commit has proved good.
    pub(super) fn into_parts(self) -> (Vec<StoredContact>, Vec<StoredRecord>) {
        (self.contacts, self.records)
    }

    pub(super) fn apply(&mut self, change: &Change) -> Result<(), Unfit> {
        match change {
            Change::CreateContact(contact) => self.create_contact(contact),
            Change::UpdateContact { id, name, correlators, new_addresses, updated_at } => {
                for address in new_addresses {
                    self.free(&address.channel, &address.identifier)?;
                }
                self.change_contact(*id, |contact| {
                    for address in new_addresses {
                        if contact.addresses.iter().any(|had| had.channel == address.channel) {
                            return Err(Unfit);
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
                if !contact.dnd.iter().any(|had| had.scope == entry.scope) {
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
                LogEntry { run: 0, at: kept(*at), from: Some(*from), to: *to, note: note.clone() },
            ),
        }
    }

    fn create_contact(&mut self, contact: &Contact) -> Result<(), Unfit> {
        if self.contact(contact.id).is_ok() {
            return Err(Unfit);
        }
        for (at, address) in contact.addresses.iter().enumerate() {
            self.free(&address.channel, &address.identifier)?;
            if contact.addresses.iter().take(at).any(|earlier| earlier.channel == address.channel) {
                return Err(Unfit);
            }
        }
        let mut unique = contact.clone();
        unique.dnd.clear();
        for entry in &contact.dnd {
            if !unique.dnd.iter().any(|had| had.scope == entry.scope) {
                unique.dnd.push(entry.clone());
            }
        }
        let order = self.base.contact_order.len() + self.new_contacts;
        self.new_contacts += 1;
        self.contacts.push(StoredContact { contact: Arc::new(self.tidy(unique)), version: 1, order });
        Ok(())
    }

    fn create_record(&mut self, record: &Record) -> Result<(), Unfit> {
        if self.record(record.id).is_ok() {
            return Err(Unfit);
        }
        self.touch(record.contact)?;
        let record = Arc::new(kept_record(record.clone()));
        let entry = LogEntry { run: record.run, at: record.created_at, from: None, to: record.state, note: None };
        let order = self.base.record_order.len() + self.new_records;
        self.new_records += 1;
        self.records.push(StoredRecord { record, order, log: vec![entry] });
        Ok(())
    }

    fn replace_record(&mut self, after: &Record) -> Result<(), Unfit> {
        let mut stored = self.record(after.id)?.clone();
        let before = &stored.record;
        if before.state != RecordState::Ready || before.contact != after.contact || before.campaign != after.campaign {
            return Err(Unfit);
        }
        self.touch(after.contact)?;
        let (state, run, created_at) = (before.state, before.run, before.created_at);
        stored.record = Arc::new(kept_record(Record { state, run, created_at, ..after.clone() }));
        self.put_record(stored);
        Ok(())
    }

    fn transition(
        &mut self,
        id: Uuid,
        contact: Uuid,
        (from, to): (RecordState, RecordState),
        entry: LogEntry,
    ) -> Result<(), Unfit> {
        let mut stored = self.record(id)?.clone();
        if stored.record.state != from || stored.record.contact != contact {
            return Err(Unfit);
        }
        self.touch(contact)?;
        let record = Arc::make_mut(&mut stored.record);
        record.state = to;
        record.updated_at = entry.at;
        if to == RecordState::Ready {
            record.run = record.run.saturating_add(1);
        }
        stored.log.push(LogEntry { run: record.run, ..entry });
        self.put_record(stored);
        Ok(())
    }

    fn free(&self, channel: &str, identifier: &str) -> Result<(), Unfit> {
        let drafted = self.contacts.iter().flat_map(|stored| &stored.contact.addresses);
        let mut same = drafted.filter(|address| address.channel == channel && address.identifier == identifier);
        if same.next().is_some() || self.base.address(channel, identifier).is_some() { Err(Unfit) } else { Ok(()) }
    }

    fn contact(&self, id: Uuid) -> Result<&StoredContact, Unfit> {
        let drafted = self.contacts.iter().find(|stored| stored.contact.id == id);
        drafted.or_else(|| self.base.contacts.get(&id)).ok_or(Unfit)
    }

    fn record(&self, id: Uuid) -> Result<&StoredRecord, Unfit> {
        let drafted = self.records.iter().find(|stored| stored.record.id == id);
        drafted.or_else(|| self.base.records.get(&id)).ok_or(Unfit)
    }

    fn put_record(&mut self, stored: StoredRecord) {
        match self.records.iter_mut().find(|drafted| drafted.record.id == stored.record.id) {
            Some(drafted) => *drafted = stored,
            None => self.records.push(stored),
        }
    }

    /// Gives a contact a new version, the same for all changes of a commit.
    fn touch(&mut self, id: Uuid) -> Result<(), Unfit> {
        self.change_contact(id, |_| Ok(()))
    }

    fn change_contact(
        &mut self,
        id: Uuid,
        change: impl FnOnce(&mut Contact) -> Result<(), Unfit>,
    ) -> Result<(), Unfit> {
        let mut stored = self.contact(id)?.clone();
        stored.version = match self.base.contacts.get(&id) {
            Some(before) => before.version + 1,
            None => 1,
        };
        let mut contact = Arc::unwrap_or_clone(stored.contact);
        change(&mut contact)?;
        stored.contact = Arc::new(self.tidy(contact));
        match self.contacts.iter_mut().find(|drafted| drafted.contact.id == id) {
            Some(drafted) => *drafted = stored,
            None => self.contacts.push(stored),
        }
        Ok(())
    }

    /// Lists in their order, instants as kept, and the category that an entry's campaign has now.
    fn tidy(&self, mut contact: Contact) -> Contact {
        contact.addresses.sort_by(|a, b| a.channel.cmp(&b.channel));
        contact.dnd.sort_by(|a, b| a.scope.cmp(&b.scope));
        for entry in &mut contact.dnd {
            entry.at = kept(entry.at);
            entry.category = self.base.category(entry);
        }
        contact.created_at = kept(contact.created_at);
        contact.updated_at = kept(contact.updated_at);
        contact
    }
}

impl Owned {
    /// The category that an entry is about now.
    pub(super) fn category(&self, entry: &DndEntry) -> String {
        match &entry.scope {
            Scope::Category(category) => category.clone(),
            Scope::Campaign(id) => {
                self.campaigns.get(id).map_or(&entry.category, |campaign| &campaign.category).clone()
            }
        }
    }
}

fn kept_record(mut record: Record) -> Record {
    if let Some(schedule) = &mut record.schedule {
        schedule.at = kept(schedule.at);
    }
    record.created_at = kept(record.created_at);
    record.updated_at = kept(record.updated_at);
    record
}
