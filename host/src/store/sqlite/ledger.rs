//! A batch of commits, judged one after the other against what the file holds and what the ones before have changed.
//!
//! Nothing is written here: the slots that changed say what to write.

use super::slot::{Address, Contact, DndChange, Key, LogLine, Record, Stored, Tenant};
use crate::domain::{self, DndEntry, RecordState, Scope};
use crate::store::instant::{span, to_micros};
use crate::store::{Change, Commit, StoreError, Verdict, charge, is_within};
use std::collections::HashMap;
use uuid::Uuid;

/// The commit can't be applied to this state.
enum Unfit {
    /// A thing that the commit changes is not in the expected state.
    Stale,
    /// A number in the file has no next one.
    Exhausted,
}

/// Everything that a batch reads or changes, each thing once. `'a` is the batch's.
#[derive(Default)]
pub(super) struct Ledger<'a> {
    pub(super) tenants: Vec<Tenant<'a>>,
    pub(super) contacts: Vec<Contact>,
    pub(super) addresses: Vec<Address<'a>>,
    pub(super) records: Vec<Record<'a>>,
    pub(super) keys: Vec<Key<'a>>,
    pub(super) dnd: HashMap<Place<'a>, DndChange<'a>>,
    pub(super) log: Vec<LogLine<'a>>,
    /// The numbers of the newest contact and record.
    pub(super) last_contact: i64,
    pub(super) last_record: i64,
    /// The batch's time by the store's clock, microseconds.
    pub(super) now: i64,
    /// The number of commits that have stored an outcome under a key.
    pub(super) keys_stored: usize,
    pub(super) tenant_at: HashMap<&'a str, usize>,
    pub(super) contact_at: HashMap<(usize, Uuid), usize>,
    pub(super) address_at: HashMap<(usize, &'a str, &'a str), usize>,
    pub(super) record_at: HashMap<(usize, Uuid), usize>,
    pub(super) key_at: HashMap<(usize, &'a str), usize>,
    /// The commit being judged, from 1.
    turn: usize,
    /// The bytes that its tenant has gained by that commit so far.
    added: i64,
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
    pub(super) fn of(batch: &'a [Commit], now: i64) -> Self {
        let mut ledger = Self { now, ..Self::default() };
        for commit in batch {
            ledger.enter(commit);
        }
        ledger
    }

    /// The id of the tenant in this place.
    pub(super) fn name(&self, tenant: usize) -> &'a str {
        self.tenants.get(tenant).map_or("", |tenant| tenant.id)
    }

    /// Judges the next commit of the batch; only one that is done leaves a trace.
    pub(super) fn judge(&mut self, commit: &'a Commit) -> Verdict {
        let Some(tenant) = self.tenant_at.get(commit.tenant.as_str()).copied() else { return Verdict::Stale };
        let key = commit.key.as_ref().and_then(|keyed| self.key_at.get(&(tenant, keyed.key.as_str()))).copied();
        let stored = key.and_then(|at| self.keys.get(at)).and_then(|key| key.stored.as_ref());
        if let Some(stored) = stored.filter(|stored| stored.expires() > self.now) {
            return Verdict::KeyTaken(stored.outcome());
        }
        let replaced = stored.map_or(0, |stored| commit.key.as_ref().map_or(0, |keyed| stored.bytes(&keyed.key)));
        if !self.holds(tenant, commit) {
            return Verdict::Stale;
        }
        self.turn += 1;
        self.added = commit.key.as_ref().map_or(0, |keyed| charge::of_key(&keyed.key, &keyed.outcome) - replaced);
        let applied = commit.changes.iter().try_for_each(|change| self.apply(tenant, change));
        if let Err(unfit) = applied {
            self.take_back();
            return match unfit {
                Unfit::Stale => Verdict::Stale,
                Unfit::Exhausted => {
                    Verdict::Failed(StoreError::Unusable("its file has used up its numbers".to_owned()))
                }
            };
        }
        if !self.charge(tenant, commit.quota) {
            self.take_back();
            return Verdict::OverQuota;
        }
        self.undo.clear();
        if let (Some(key), Some(keyed)) = (key.and_then(|at| self.keys.get_mut(at)), &commit.key) {
            let expires = self.now.saturating_add(span(keyed.lifetime));
            key.stored = Some(Stored::Now(keyed, expires));
            key.written = Some((keyed, expires));
            self.keys_stored += 1;
        }
        Verdict::Done
    }

    /// Charges the bytes of the commit being judged to its tenant. False: the tenant would exceed its quota.
    fn charge(&mut self, tenant: usize, quota: Option<u64>) -> bool {
        let Some(tenant) = self.tenants.get_mut(tenant) else { return false };
        let bytes = tenant.bytes.saturating_add(self.added);
        let within = self.added <= 0 || is_within(bytes, quota);
        if within {
            tenant.bytes = bytes;
        }
        within
    }

    /// Whether what the commit read is still so.
    fn holds(&self, tenant: usize, commit: &Commit) -> bool {
        let reads = &commit.reads;
        let configured = self.tenants.get(tenant).map_or(0, |tenant| tenant.version);
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
                let contact = self.contacts.get_mut(at).ok_or(Unfit::Stale)?;
                let seq = contact.seq.ok_or(Unfit::Stale)?;
                let details = contact.change().ok_or(Unfit::Stale)?;
                let before = details.bytes();
                for address in new_addresses {
                    if details.addresses.iter().any(|had| had.channel == address.channel) {
                        return Err(Unfit::Stale);
                    }
                    details.addresses.push(address.clone());
                }
                details.name.clone_from(name);
                details.correlators.clone_from(correlators);
                details.updated_at = to_micros(*updated_at);
                self.added += details.bytes() - before;
                self.occupy(tenant, new_addresses, seq)
            }
            Change::AddDnd { contact, entry } => {
                let at = self.touch(tenant, *contact)?;
                self.add_dnd(tenant, at, entry)
            }
            Change::RemoveDnd { contact, scope } => {
                let at = self.touch(tenant, *contact)?;
                let slot = self.contacts.get_mut(at).ok_or(Unfit::Stale)?;
                let seq = slot.seq.ok_or(Unfit::Stale)?;
                self.added -= slot.lists.remove(scope).unwrap_or_default();
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
        let at = *self.contact_at.get(&(tenant, contact.id)).ok_or(Unfit::Stale)?;
        let slot = self.contacts.get_mut(at).filter(|slot| slot.seq.is_none()).ok_or(Unfit::Stale)?;
        for (at, address) in contact.addresses.iter().enumerate() {
            if contact.addresses.iter().take(at).any(|earlier| earlier.channel == address.channel) {
                return Err(Unfit::Stale);
            }
        }
        self.undo.push(Undo::Contact(at, Box::new(slot.clone())));
        let seq = self.last_contact.checked_add(1).ok_or(Unfit::Exhausted)?;
        self.last_contact = seq;
        slot.create(contact, seq, self.turn);
        self.added += charge::of_contact(&contact.name, &contact.correlators, &contact.addresses);
        for entry in &contact.dnd {
            self.add_dnd(tenant, at, entry)?;
        }
        self.occupy(tenant, &contact.addresses, seq)
    }

    fn create_record(&mut self, tenant: usize, record: &'a domain::Record) -> Result<(), Unfit> {
        let contact = self.touched(tenant, record.contact)?;
        let at = *self.record_at.get(&(tenant, record.id)).ok_or(Unfit::Stale)?;
        let slot = self.records.get_mut(at).filter(|slot| slot.seq.is_none()).ok_or(Unfit::Stale)?;
        self.undo.push(Undo::Record(at, Box::new(slot.clone())));
        self.last_record = self.last_record.checked_add(1).ok_or(Unfit::Exhausted)?;
        slot.create(record, self.last_record, contact);
        self.added += slot.bytes;
        let (seq, run, at) = (self.last_record, record.run, to_micros(record.created_at));
        self.write_log(LogLine { tenant, record: seq, entry: 1, run, at, from: None, to: record.state, note: None });
        Ok(())
    }

    fn replace_record(&mut self, tenant: usize, record: &'a domain::Record) -> Result<(), Unfit> {
        self.touch(tenant, record.contact)?;
        let at = *self.record_at.get(&(tenant, record.id)).ok_or(Unfit::Stale)?;
        let slot = self.records.get_mut(at).filter(|slot| slot.seq.is_some()).ok_or(Unfit::Stale)?;
        let same = slot.contact == record.contact && slot.campaign == record.campaign;
        if slot.state != RecordState::Ready || !same {
            return Err(Unfit::Stale);
        }
        self.undo.push(Undo::Record(at, Box::new(slot.clone())));
        let bytes = charge::of_record(record);
        self.added += bytes - slot.bytes;
        slot.bytes = bytes;
        slot.said = Some(record);
        slot.updated_at = to_micros(record.updated_at);
        Ok(())
    }

    fn transition(&mut self, tenant: usize, id: Uuid, contact: Uuid, line: LogLine<'a>) -> Result<(), Unfit> {
        self.touch(tenant, contact)?;
        let at = *self.record_at.get(&(tenant, id)).ok_or(Unfit::Stale)?;
        let slot = self.records.get_mut(at).ok_or(Unfit::Stale)?;
        let seq = slot.seq.ok_or(Unfit::Stale)?;
        if slot.contact != contact || Some(slot.state) != line.from {
            return Err(Unfit::Stale);
        }
        self.undo.push(Undo::Record(at, Box::new(slot.clone())));
        slot.state = line.to;
        slot.moved = true;
        slot.updated_at = line.at;
        slot.entries = slot.entries.checked_add(1).ok_or(Unfit::Exhausted)?;
        if line.to == RecordState::Ready {
            slot.run = slot.run.saturating_add(1);
        }
        let line = LogLine { tenant, record: seq, entry: slot.entries, run: slot.run, ..line };
        self.write_log(line);
        Ok(())
    }

    /// Gives a contact a new version, the same for all changes of a commit.
    fn touch(&mut self, tenant: usize, id: Uuid) -> Result<usize, Unfit> {
        let at = *self.contact_at.get(&(tenant, id)).ok_or(Unfit::Stale)?;
        let slot = self.contacts.get_mut(at).filter(|slot| slot.seq.is_some()).ok_or(Unfit::Stale)?;
        if slot.touched != self.turn {
            let next = slot.version.checked_add(1).filter(|next| i64::try_from(*next).is_ok());
            let next = next.ok_or(Unfit::Exhausted)?;
            self.undo.push(Undo::Contact(at, Box::new(slot.clone())));
            slot.touch(next, self.turn);
        }
        Ok(at)
    }

    fn touched(&mut self, tenant: usize, id: Uuid) -> Result<i64, Unfit> {
        let at = self.touch(tenant, id)?;
        self.contacts.get(at).and_then(|slot| slot.seq).ok_or(Unfit::Stale)
    }

    fn free(&self, tenant: usize, channel: &str, identifier: &str) -> Result<usize, Unfit> {
        let at = *self.address_at.get(&(tenant, channel, identifier)).ok_or(Unfit::Stale)?;
        if self.addresses.get(at).is_some_and(|slot| slot.owner.is_none()) { Ok(at) } else { Err(Unfit::Stale) }
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

    /// Adds an entry to the contact in this place, unless it is on that list.
    fn add_dnd(&mut self, tenant: usize, at: usize, entry: &'a DndEntry) -> Result<(), Unfit> {
        let slot = self.contacts.get_mut(at).ok_or(Unfit::Stale)?;
        let seq = slot.seq.ok_or(Unfit::Stale)?;
        if !slot.lists.contains_key(&entry.scope) {
            let bytes = charge::of_dnd(entry);
            self.added += bytes;
            slot.lists.insert(entry.scope.clone(), bytes);
        }
        self.change_dnd((tenant, seq, &entry.scope), |change| {
            change.add.get_or_insert(entry);
        });
        Ok(())
    }

    fn change_dnd(&mut self, key: Place<'a>, change: impl FnOnce(&mut DndChange<'a>)) {
        self.undo.push(Undo::Dnd(key, self.dnd.get(&key).copied()));
        change(self.dnd.entry(key).or_default());
    }

    fn write_log(&mut self, line: LogLine<'a>) {
        self.added += charge::of_log(line.note);
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
