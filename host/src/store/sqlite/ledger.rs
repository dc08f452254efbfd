//! A batch of commits, judged one after the other against what the file holds and what the ones before have changed.
//!
//! Nothing is written here: the slots that changed say what to write.

use super::slot::{Address, Contact, DndChange, Key, LogLine, Record, Stored};
use crate::domain::{self, DndEntry, RecordState, Scope};
use crate::store::instant::to_micros;
use crate::store::{Change, Commit, Verdict};
use std::collections::HashMap;
use uuid::Uuid;

/// The commit can't be applied to this state.
struct Unfit;

/// Everything that a batch reads or changes, each thing once. `'a` is the batch's.
#[derive(Default)]
pub(super) struct Ledger<'a> {
    pub(super) tenants: Vec<(&'a str, u64)>,
    pub(super) contacts: Vec<Contact>,
    pub(super) addresses: Vec<Address<'a>>,
    pub(super) records: Vec<Record<'a>>,
    pub(super) keys: Vec<Key<'a>>,
    pub(super) dnd: HashMap<Place<'a>, DndChange<'a>>,
    pub(super) log: Vec<LogLine<'a>>,
    /// The numbers of the newest contact and record.
    pub(super) last_contact: i64,
    pub(super) last_record: i64,
    tenant_at: HashMap<&'a str, usize>,
    contact_at: HashMap<(usize, Uuid), usize>,
    address_at: HashMap<(usize, &'a str, &'a str), usize>,
    record_at: HashMap<(usize, Uuid), usize>,
    key_at: HashMap<(usize, &'a str), usize>,
    /// The commit being judged, from 1.
    turn: usize,
    undo: Vec<Undo<'a>>,
}

/// A contact's place on a list: the tenant's place, the contact's number, and the scope.
pub(super) type Place<'a> = (usize, i64, &'a Scope);

/// A slot as it was before the commit being judged.
enum Undo<'a> {
    Contact(usize, Box<Contact>),
    Address(usize),
    Record(usize, Box<Record<'a>>),
    Dnd(Place<'a>, Option<DndChange<'a>>),
    Log,
}

impl<'a> Ledger<'a> {
    /// With a slot for all that the batch reads or changes, and nothing known of them yet.
    pub(super) fn of(batch: &'a [Commit]) -> Self {
        let mut ledger = Self::default();
        for commit in batch {
            ledger.enter(commit);
        }
        ledger
    }

    fn enter(&mut self, commit: &'a Commit) {
        let tenant = *self.tenant_at.entry(&commit.tenant).or_insert_with(|| {
            self.tenants.push((&commit.tenant, 0));
            self.tenants.len() - 1
        });
        for (id, _) in &commit.reads.contacts {
            self.enter_contact(tenant, *id);
        }
        for (channel, identifier) in &commit.reads.free_addresses {
            self.enter_address(tenant, channel, identifier);
        }
        for change in &commit.changes {
            match change {
                Change::CreateContact(contact) => {
                    self.enter_contact(tenant, contact.id);
                    for address in &contact.addresses {
                        self.enter_address(tenant, &address.channel, &address.identifier);
                    }
                }
                Change::UpdateContact { id, new_addresses, .. } => {
                    let at = self.enter_contact(tenant, *id);
                    if let Some(contact) = self.contacts.get_mut(at) {
                        contact.wanted_in_full = true;
                    }
                    for address in new_addresses {
                        self.enter_address(tenant, &address.channel, &address.identifier);
                    }
                }
                Change::AddDnd { contact, .. } | Change::RemoveDnd { contact, .. } => {
                    self.enter_contact(tenant, *contact);
                }
                Change::CreateRecord(record) | Change::ReplaceRecord(record) => {
                    self.enter_contact(tenant, record.contact);
                    self.enter_record(tenant, record.id);
                }
                Change::Transition { record, contact, .. } => {
                    self.enter_contact(tenant, *contact);
                    self.enter_record(tenant, *record);
                }
            }
        }
        if let Some(keyed) = &commit.key {
            let keys = &mut self.keys;
            self.key_at.entry((tenant, &keyed.key)).or_insert_with(|| {
                keys.push(Key { tenant, key: &keyed.key, stored: None, written: None, now: commit.now });
                keys.len() - 1
            });
        }
    }

    fn enter_contact(&mut self, tenant: usize, id: Uuid) -> usize {
        *self.contact_at.entry((tenant, id)).or_insert_with(|| {
            self.contacts.push(Contact::unknown(tenant, id));
            self.contacts.len() - 1
        })
    }

    fn enter_address(&mut self, tenant: usize, channel: &'a str, identifier: &'a str) {
        self.address_at.entry((tenant, channel, identifier)).or_insert_with(|| {
            self.addresses.push(Address { tenant, channel, identifier, owner: None, new: false });
            self.addresses.len() - 1
        });
    }

    fn enter_record(&mut self, tenant: usize, id: Uuid) {
        self.record_at.entry((tenant, id)).or_insert_with(|| {
            self.records.push(Record::unknown(tenant, id));
            self.records.len() - 1
        });
    }

    /// Judges the next commit of the batch; only one that is done leaves a trace.
    pub(super) fn judge(&mut self, commit: &'a Commit) -> Verdict {
        let Some(tenant) = self.tenant_at.get(commit.tenant.as_str()).copied() else { return Verdict::Stale };
        let key = commit.key.as_ref().and_then(|keyed| self.key_at.get(&(tenant, keyed.key.as_str()))).copied();
        let now = to_micros(commit.now);
        let stored = key.and_then(|at| self.keys.get(at)).and_then(|key| key.stored.as_ref());
        if let Some(stored) = stored.filter(|stored| stored.expires() > now) {
            return Verdict::KeyTaken(stored.outcome());
        }
        if !self.holds(tenant, commit) {
            return Verdict::Stale;
        }
        self.turn += 1;
        for change in &commit.changes {
            if self.apply(tenant, change).is_err() {
                self.take_back();
                return Verdict::Stale;
            }
        }
        self.undo.clear();
        if let (Some(key), Some(keyed)) = (key.and_then(|at| self.keys.get_mut(at)), &commit.key) {
            key.stored = Some(Stored::Now(keyed));
            key.written = Some(keyed);
            key.now = key.now.min(commit.now);
        }
        Verdict::Done
    }

    /// Whether what the commit read is still so.
    fn holds(&self, tenant: usize, commit: &Commit) -> bool {
        let reads = &commit.reads;
        let configured = self.tenants.get(tenant).map_or(0, |(_, version)| *version);
        let contact = |id: &Uuid| self.contact_at.get(&(tenant, *id)).and_then(|at| self.contacts.get(*at));
        reads.version.is_none_or(|version| version == configured)
            && (commit.changes.is_empty() || configured != 0)
            && reads.contacts.iter().all(|(id, read)| contact(id).is_some_and(|contact| contact.version == *read))
            && reads.free_addresses.iter().all(|(channel, identifier)| self.free(tenant, channel, identifier).is_ok())
    }

    fn apply(&mut self, tenant: usize, change: &'a Change) -> Result<(), Unfit> {
        match change {
            Change::CreateContact(contact) => self.create_contact(tenant, contact),
            Change::UpdateContact { id, name, correlators, new_addresses, updated_at } => {
                let at = self.touch(tenant, *id)?;
                let contact = self.contacts.get_mut(at).ok_or(Unfit)?;
                let seq = contact.seq.ok_or(Unfit)?;
                let details = contact.change().ok_or(Unfit)?;
                for address in new_addresses {
                    if details.addresses.iter().any(|had| had.channel == address.channel) {
                        return Err(Unfit);
                    }
                    details.addresses.push(address.clone());
                }
                details.name.clone_from(name);
                details.correlators.clone_from(correlators);
                details.updated_at = to_micros(*updated_at);
                self.occupy(tenant, new_addresses, seq)
            }
            Change::AddDnd { contact, entry } => {
                let seq = self.touched(tenant, *contact)?;
                self.add_dnd(tenant, seq, entry);
                Ok(())
            }
            Change::RemoveDnd { contact, scope } => {
                let seq = self.touched(tenant, *contact)?;
                self.change_dnd((tenant, seq, scope), |change| *change = DndChange { remove: true, add: None });
                Ok(())
            }
            Change::CreateRecord(record) => self.create_record(tenant, record),
            Change::ReplaceRecord(record) => self.replace_record(tenant, record),
            Change::Transition { record, contact, from, to, at, note } => {
                let line = LogLine {
                    at: to_micros(*at),
                    from: Some(*from),
                    to: *to,
                    note: note.as_deref(),
                    ..LogLine::default()
                };
                self.transition(tenant, *record, *contact, line)
            }
        }
    }

    fn create_contact(&mut self, tenant: usize, contact: &'a domain::Contact) -> Result<(), Unfit> {
        let at = *self.contact_at.get(&(tenant, contact.id)).ok_or(Unfit)?;
        let slot = self.contacts.get_mut(at).filter(|slot| slot.seq.is_none()).ok_or(Unfit)?;
        for (at, address) in contact.addresses.iter().enumerate() {
            if contact.addresses.iter().take(at).any(|earlier| earlier.channel == address.channel) {
                return Err(Unfit);
            }
        }
        self.undo.push(Undo::Contact(at, Box::new(slot.clone())));
        self.last_contact += 1;
        let seq = self.last_contact;
        slot.create(contact, seq, self.turn);
        for entry in &contact.dnd {
            self.add_dnd(tenant, seq, entry);
        }
        self.occupy(tenant, &contact.addresses, seq)
    }

    fn create_record(&mut self, tenant: usize, record: &'a domain::Record) -> Result<(), Unfit> {
        let contact = self.touched(tenant, record.contact)?;
        let at = *self.record_at.get(&(tenant, record.id)).ok_or(Unfit)?;
        let slot = self.records.get_mut(at).filter(|slot| slot.seq.is_none()).ok_or(Unfit)?;
        self.undo.push(Undo::Record(at, Box::new(slot.clone())));
        self.last_record += 1;
        slot.create(record, self.last_record, contact);
        let (seq, run, at) = (self.last_record, record.run, to_micros(record.created_at));
        self.write_log(LogLine { tenant, record: seq, entry: 1, run, at, from: None, to: record.state, note: None });
        Ok(())
    }

    fn replace_record(&mut self, tenant: usize, record: &'a domain::Record) -> Result<(), Unfit> {
        self.touch(tenant, record.contact)?;
        let at = *self.record_at.get(&(tenant, record.id)).ok_or(Unfit)?;
        let slot = self.records.get_mut(at).filter(|slot| slot.seq.is_some()).ok_or(Unfit)?;
        let same = slot.contact == record.contact && slot.campaign == record.campaign;
        if slot.state != RecordState::Ready || !same {
            return Err(Unfit);
        }
        self.undo.push(Undo::Record(at, Box::new(slot.clone())));
        slot.said = Some(record);
        slot.updated_at = to_micros(record.updated_at);
        Ok(())
    }

    fn transition(&mut self, tenant: usize, id: Uuid, contact: Uuid, line: LogLine<'a>) -> Result<(), Unfit> {
        self.touch(tenant, contact)?;
        let at = *self.record_at.get(&(tenant, id)).ok_or(Unfit)?;
        let slot = self.records.get_mut(at).ok_or(Unfit)?;
        let seq = slot.seq.ok_or(Unfit)?;
        if slot.contact != contact || Some(slot.state) != line.from {
            return Err(Unfit);
        }
        self.undo.push(Undo::Record(at, Box::new(slot.clone())));
        slot.state = line.to;
        slot.moved = true;
        slot.updated_at = line.at;
        slot.entries += 1;
        if line.to == RecordState::Ready {
            slot.run = slot.run.saturating_add(1);
        }
        let line = LogLine { tenant, record: seq, entry: slot.entries, run: slot.run, ..line };
        self.write_log(line);
        Ok(())
    }

    /// Gives a contact a new version, the same for all changes of a commit.
    fn touch(&mut self, tenant: usize, id: Uuid) -> Result<usize, Unfit> {
        let at = *self.contact_at.get(&(tenant, id)).ok_or(Unfit)?;
        let slot = self.contacts.get_mut(at).filter(|slot| slot.seq.is_some()).ok_or(Unfit)?;
        if slot.touched != self.turn {
            self.undo.push(Undo::Contact(at, Box::new(slot.clone())));
            slot.touch(self.turn);
        }
        Ok(at)
    }

    fn touched(&mut self, tenant: usize, id: Uuid) -> Result<i64, Unfit> {
        let at = self.touch(tenant, id)?;
        self.contacts.get(at).and_then(|slot| slot.seq).ok_or(Unfit)
    }

    fn free(&self, tenant: usize, channel: &str, identifier: &str) -> Result<usize, Unfit> {
        let at = *self.address_at.get(&(tenant, channel, identifier)).ok_or(Unfit)?;
        if self.addresses.get(at).is_some_and(|slot| slot.owner.is_none()) { Ok(at) } else { Err(Unfit) }
    }

    fn occupy(&mut self, tenant: usize, addresses: &'a [domain::Address], contact: i64) -> Result<(), Unfit> {
        for address in addresses {
            let at = self.free(tenant, &address.channel, &address.identifier)?;
            if let Some(slot) = self.addresses.get_mut(at) {
                slot.owner = Some(contact);
                slot.new = true;
                self.undo.push(Undo::Address(at));
            }
        }
        Ok(())
    }

    fn add_dnd(&mut self, tenant: usize, contact: i64, entry: &'a DndEntry) {
        self.change_dnd((tenant, contact, &entry.scope), |change| {
            change.add.get_or_insert(entry);
        });
    }

    fn change_dnd(&mut self, key: Place<'a>, change: impl FnOnce(&mut DndChange<'a>)) {
        self.undo.push(Undo::Dnd(key, self.dnd.get(&key).copied()));
        change(self.dnd.entry(key).or_default());
    }

    fn write_log(&mut self, line: LogLine<'a>) {
        self.undo.push(Undo::Log);
        self.log.push(line);
    }

    /// Takes back what the commit being judged has done, the last thing first.
    fn take_back(&mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Contact(at, before) => {
                    if let Some(slot) = self.contacts.get_mut(at) {
                        *slot = *before;
                    }
                }
                Undo::Record(at, before) => {
                    if let Some(slot) = self.records.get_mut(at) {
                        *slot = *before;
                    }
                }
                Undo::Address(at) => {
                    if let Some(slot) = self.addresses.get_mut(at) {
                        slot.owner = None;
                        slot.new = false;
                    }
                }
                Undo::Dnd(key, before) => {
                    match before {
                        Some(before) => self.dnd.insert(key, before),
                        None => self.dnd.remove(&key),
                    };
                }
                Undo::Log => {
                    self.log.pop();
                }
            }
        }
    }
}
