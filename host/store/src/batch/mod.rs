//! The rules of a commit, for every store: the state of a batch validates each commit against the stored content and
//! the changes of the preceding commits.
//!
//! A committer takes these steps. [`BatchState::new`] registers the objects of the batch. The committer loads their
//! stored state into the entries. [`BatchState::validate`] decides about each commit, in order. The committer then
//! writes the changed entries. This module reads and writes nothing.

mod entry;
mod registration;
mod undo;

pub use entry::{
    AddressEntry, ContactDetails, ContactEntry, ContactWrite, DndChange, KeyEntry, KeyOutcome, RecordEntry,
    RecordLogRow, TenantEntry,
};

use undo::UndoEntry;

use crate::timestamp::{duration_to_micros, to_micros};
use crate::{Change, CommitOutcome, CommitRequest, StoreError, is_within_quota, quota};
use flowhost_domain::{DndEntry, RecordState, Scope};
use std::collections::HashMap;
use uuid::Uuid;

/// The error of a change that cannot be applied to this state.
enum ChangeError {
    /// An object that the commit changes does not have the expected state.
    Conflict,
    /// A row number or version of the store has reached its maximum.
    NumbersExhausted,
}

/// All objects that a batch reads or changes, each once, and the rules that decide about its commits. The lifetime `'a` is that of the batch.
#[derive(Default)]
pub struct BatchState<'a> {
    /// The tenants.
    pub tenants: Vec<TenantEntry<'a>>,
    /// The contacts.
    pub contacts: Vec<ContactEntry>,
    /// The addresses.
    pub addresses: Vec<AddressEntry<'a>>,
    /// The records.
    pub records: Vec<RecordEntry<'a>>,
    /// The idempotency keys.
    pub keys: Vec<KeyEntry<'a>>,
    /// The changes of do-not-disturb entries.
    pub dnd: HashMap<DndKey<'a>, DndChange<'a>>,
    /// The new entries of records' logs, in order.
    pub log: Vec<RecordLogRow<'a>>,
    /// The largest row number of a contact. The committer loads it.
    pub last_contact: i64,
    /// The largest row number of a record. The committer loads it.
    pub last_record: i64,
    /// The time of the batch by the store's clock, in microseconds since 1970.
    pub now: i64,
    /// The number of commits that have stored an outcome under a key.
    pub keys_stored: usize,
    tenant_index: HashMap<&'a str, usize>,
    contact_index: HashMap<(usize, Uuid), usize>,
    address_index: HashMap<(usize, &'a str, &'a str), usize>,
    record_index: HashMap<(usize, Uuid), usize>,
    key_index: HashMap<(usize, &'a str), usize>,
    /// The number of the commit under validation, from 1.
    commit_number: usize,
    /// The bytes that this commit has added to its tenant so far.
    added_bytes: i64,
    undo: Vec<UndoEntry<'a>>,
}

/// The key of a do-not-disturb entry: the index of the tenant, the row number of the contact, and the scope.
pub type DndKey<'a> = (usize, i64, &'a Scope);

impl<'a> BatchState<'a> {
    /// Creates the state with an empty entry for each object that the batch reads or changes.
    pub fn new(batch: &'a [CommitRequest], now: i64) -> Self {
        let mut batch_state = Self { now, ..Self::default() };
        for commit in batch {
            batch_state.register(commit);
        }
        batch_state
    }

    /// Returns the id of the tenant with this index.
    pub fn tenant_id(&self, tenant: usize) -> &'a str {
        self.tenants.get(tenant).map_or("", |tenant| tenant.id)
    }

    /// Validates the next commit of the batch. Only an accepted commit changes the state.
    pub fn validate(&mut self, commit: &'a CommitRequest) -> CommitOutcome {
        let Some(tenant) = self.tenant_index.get(commit.tenant.as_str()).copied() else {
            return CommitOutcome::Conflict;
        };
        let key = commit
            .idempotency_record
            .as_ref()
            .and_then(|record| self.key_index.get(&(tenant, record.key.as_str())))
            .copied();
        let stored = key.and_then(|at| self.keys.get(at)).and_then(|key| key.current.as_ref());
        if let Some(stored) = stored.filter(|stored| stored.expires_at() > self.now) {
            return CommitOutcome::DuplicateKey(stored.record());
        }
        let replaced =
            stored.map_or(0, |stored| commit.idempotency_record.as_ref().map_or(0, |record| stored.bytes(&record.key)));
        if !self.read_set_is_current(tenant, commit) {
            return CommitOutcome::Conflict;
        }
        self.commit_number += 1;
        self.added_bytes = commit
            .idempotency_record
            .as_ref()
            .map_or(0, |record| quota::key_bytes(&record.key, &record.outcome) - replaced);
        let applied = commit.changes.iter().try_for_each(|change| self.apply(tenant, change));
        if let Err(error) = applied {
            self.roll_back();
            return match error {
                ChangeError::Conflict => CommitOutcome::Conflict,
                ChangeError::NumbersExhausted => {
                    CommitOutcome::Failed(StoreError::Unusable("it has no row numbers left".to_owned()))
                }
            };
        }
        if !self.charge_bytes(tenant, commit.quota) {
            self.roll_back();
            return CommitOutcome::QuotaExceeded;
        }
        self.undo.clear();
        if let (Some(key), Some(record)) = (key.and_then(|at| self.keys.get_mut(at)), &commit.idempotency_record) {
            let expires = self.now.saturating_add(duration_to_micros(record.ttl));
            key.current = Some(KeyOutcome::FromBatch(record, expires));
            key.pending = Some((record, expires));
            self.keys_stored += 1;
        }
        CommitOutcome::Committed
    }

    /// Charges the bytes of the commit under validation to its tenant. Returns false if the tenant would exceed its
    /// quota.
    fn charge_bytes(&mut self, tenant: usize, quota: Option<u64>) -> bool {
        let Some(tenant) = self.tenants.get_mut(tenant) else { return false };
        let bytes = tenant.bytes.saturating_add(self.added_bytes);
        let within = self.added_bytes <= 0 || is_within_quota(bytes, quota);
        if within {
            tenant.bytes = bytes;
        }
        within
    }

    /// Returns whether the reads of the commit are still current.
    fn read_set_is_current(&self, tenant: usize, commit: &CommitRequest) -> bool {
        let reads = &commit.reads;
        let configured_version = self.tenants.get(tenant).map_or(0, |tenant| tenant.version);
        let contact = |id: &Uuid| self.contact_index.get(&(tenant, *id)).and_then(|at| self.contacts.get(*at));
        reads.version.is_none_or(|version| version == configured_version)
            && (commit.changes.is_empty() || configured_version != 0)
            && reads.contacts.iter().all(|(id, read)| contact(id).is_some_and(|contact| contact.version == *read))
            && reads
                .unclaimed_addresses
                .iter()
                .all(|(channel, identifier)| self.check_unclaimed(tenant, channel, identifier).is_ok())
    }

    fn apply(&mut self, tenant: usize, change: &'a Change) -> Result<(), ChangeError> {
        match change {
            Change::CreateContact(contact) => self.create_contact(tenant, contact),
            Change::UpdateContact { id, name, correlators, new_addresses, updated_at } => {
                let at = self.bump_version(tenant, *id)?;
                let contact = self.contacts.get_mut(at).ok_or(ChangeError::Conflict)?;
                let seq = contact.seq.ok_or(ChangeError::Conflict)?;
                let details = contact.details_mut().ok_or(ChangeError::Conflict)?;
                let before = details.bytes();
                for address in new_addresses {
                    if details.addresses.iter().any(|existing| existing.channel == address.channel) {
                        return Err(ChangeError::Conflict);
                    }
                    details.addresses.push(address.clone());
                }
                details.name.clone_from(name);
                details.correlators.clone_from(correlators);
                details.updated_at = to_micros(*updated_at);
                self.added_bytes += details.bytes() - before;
                self.claim_addresses(tenant, new_addresses, seq)
            }
            Change::AddDnd { contact, entry } => {
                let at = self.bump_version(tenant, *contact)?;
                self.add_dnd(tenant, at, entry)
            }
            Change::RemoveDnd { contact, scope } => {
                let at = self.bump_version(tenant, *contact)?;
                let slot = self.contacts.get_mut(at).ok_or(ChangeError::Conflict)?;
                let seq = slot.seq.ok_or(ChangeError::Conflict)?;
                self.added_bytes -= slot.dnd_bytes.remove(scope).unwrap_or_default();
                self.change_dnd((tenant, seq, scope), |change| *change = DndChange { remove: true, add: None });
                Ok(())
            }
            Change::CreateRecord(record) => self.create_record(tenant, record),
            Change::ReplaceRecord(record) => self.replace_record(tenant, record),
            Change::Transition { record, contact, from, to, at, note } => {
                let line = RecordLogRow {
                    at: to_micros(*at),
                    from: Some(*from),
                    to: *to,
                    note: note.as_deref(),
                    ..RecordLogRow::default()
                };
                self.transition(tenant, *record, *contact, line)
            }
        }
    }

    fn create_contact(&mut self, tenant: usize, contact: &'a flowhost_domain::Contact) -> Result<(), ChangeError> {
        let at = *self.contact_index.get(&(tenant, contact.id)).ok_or(ChangeError::Conflict)?;
        let slot = self.contacts.get_mut(at).filter(|slot| slot.seq.is_none()).ok_or(ChangeError::Conflict)?;
        for (at, address) in contact.addresses.iter().enumerate() {
            if contact.addresses.iter().take(at).any(|earlier| earlier.channel == address.channel) {
                return Err(ChangeError::Conflict);
            }
        }
        self.undo.push(UndoEntry::Contact(at, Box::new(slot.clone())));
        let seq = self.last_contact.checked_add(1).ok_or(ChangeError::NumbersExhausted)?;
        self.last_contact = seq;
        slot.create(contact, seq, self.commit_number);
        self.added_bytes += quota::contact_bytes(&contact.name, &contact.correlators, &contact.addresses);
        for entry in &contact.dnd {
            self.add_dnd(tenant, at, entry)?;
        }
        self.claim_addresses(tenant, &contact.addresses, seq)
    }

    fn create_record(&mut self, tenant: usize, record: &'a flowhost_domain::Record) -> Result<(), ChangeError> {
        let contact = self.bump_version_of(tenant, record.contact)?;
        let at = *self.record_index.get(&(tenant, record.id)).ok_or(ChangeError::Conflict)?;
        let slot = self.records.get_mut(at).filter(|slot| slot.seq.is_none()).ok_or(ChangeError::Conflict)?;
        self.undo.push(UndoEntry::Record(at, Box::new(slot.clone())));
        self.last_record = self.last_record.checked_add(1).ok_or(ChangeError::NumbersExhausted)?;
        slot.create(record, self.last_record, contact);
        self.added_bytes += slot.bytes;
        let (seq, run, at) = (self.last_record, record.run, to_micros(record.created_at));
        self.write_log(RecordLogRow {
            tenant,
            record: seq,
            entry: 1,
            run,
            at,
            from: None,
            to: record.state,
            note: None,
        });
        Ok(())
    }

    fn replace_record(&mut self, tenant: usize, record: &'a flowhost_domain::Record) -> Result<(), ChangeError> {
        self.bump_version(tenant, record.contact)?;
        let at = *self.record_index.get(&(tenant, record.id)).ok_or(ChangeError::Conflict)?;
        let slot = self.records.get_mut(at).filter(|slot| slot.seq.is_some()).ok_or(ChangeError::Conflict)?;
        let same = slot.contact == record.contact && slot.campaign == record.campaign;
        if slot.state != RecordState::Ready || !same {
            return Err(ChangeError::Conflict);
        }
        self.undo.push(UndoEntry::Record(at, Box::new(slot.clone())));
        let bytes = quota::record_bytes(record);
        self.added_bytes += bytes - slot.bytes;
        slot.bytes = bytes;
        slot.content = Some(record);
        slot.updated_at = to_micros(record.updated_at);
        Ok(())
    }

    fn transition(
        &mut self,
        tenant: usize,
        id: Uuid,
        contact: Uuid,
        line: RecordLogRow<'a>,
    ) -> Result<(), ChangeError> {
        self.bump_version(tenant, contact)?;
        let at = *self.record_index.get(&(tenant, id)).ok_or(ChangeError::Conflict)?;
        let slot = self.records.get_mut(at).ok_or(ChangeError::Conflict)?;
        let seq = slot.seq.ok_or(ChangeError::Conflict)?;
        if slot.contact != contact || Some(slot.state) != line.from {
            return Err(ChangeError::Conflict);
        }
        self.undo.push(UndoEntry::Record(at, Box::new(slot.clone())));
        slot.state = line.to;
        slot.state_changed = true;
        slot.updated_at = line.at;
        slot.entries = slot.entries.checked_add(1).ok_or(ChangeError::NumbersExhausted)?;
        if line.to == RecordState::Ready {
            slot.run = slot.run.saturating_add(1);
        }
        let line = RecordLogRow { tenant, record: seq, entry: slot.entries, run: slot.run, ..line };
        self.write_log(line);
        Ok(())
    }

    /// Increases the version of a contact, once per commit. Returns the index of the contact.
    fn bump_version(&mut self, tenant: usize, id: Uuid) -> Result<usize, ChangeError> {
        let at = *self.contact_index.get(&(tenant, id)).ok_or(ChangeError::Conflict)?;
        let slot = self.contacts.get_mut(at).filter(|slot| slot.seq.is_some()).ok_or(ChangeError::Conflict)?;
        if slot.last_commit != self.commit_number {
            let next = slot.version.checked_add(1).filter(|next| i64::try_from(*next).is_ok());
            let next = next.ok_or(ChangeError::NumbersExhausted)?;
            self.undo.push(UndoEntry::Contact(at, Box::new(slot.clone())));
            slot.bump_version(next, self.commit_number);
        }
        Ok(at)
    }

    fn bump_version_of(&mut self, tenant: usize, id: Uuid) -> Result<i64, ChangeError> {
        let at = self.bump_version(tenant, id)?;
        self.contacts.get(at).and_then(|slot| slot.seq).ok_or(ChangeError::Conflict)
    }

    fn check_unclaimed(&self, tenant: usize, channel: &str, identifier: &str) -> Result<usize, ChangeError> {
        let at = *self.address_index.get(&(tenant, channel, identifier)).ok_or(ChangeError::Conflict)?;
        if self.addresses.get(at).is_some_and(|slot| slot.owner.is_none()) {
            Ok(at)
        } else {
            Err(ChangeError::Conflict)
        }
    }

    fn claim_addresses(
        &mut self,
        tenant: usize,
        addresses: &'a [flowhost_domain::Address],
        contact: i64,
    ) -> Result<(), ChangeError> {
        for address in addresses {
            let at = self.check_unclaimed(tenant, &address.channel, &address.identifier)?;
            if let Some(slot) = self.addresses.get_mut(at) {
                slot.owner = Some(contact);
                slot.is_new = true;
                self.undo.push(UndoEntry::Address(at));
            }
        }
        Ok(())
    }

    /// Adds an entry to the contact with this index, unless the contact is already on that list.
    fn add_dnd(&mut self, tenant: usize, at: usize, entry: &'a DndEntry) -> Result<(), ChangeError> {
        let slot = self.contacts.get_mut(at).ok_or(ChangeError::Conflict)?;
        let seq = slot.seq.ok_or(ChangeError::Conflict)?;
        if !slot.dnd_bytes.contains_key(&entry.scope) {
            let bytes = quota::dnd_bytes(entry);
            self.added_bytes += bytes;
            slot.dnd_bytes.insert(entry.scope.clone(), bytes);
        }
        self.change_dnd((tenant, seq, &entry.scope), |change| {
            change.add.get_or_insert(entry);
        });
        Ok(())
    }

    fn change_dnd(&mut self, key: DndKey<'a>, change: impl FnOnce(&mut DndChange<'a>)) {
        self.undo.push(UndoEntry::Dnd(key, self.dnd.get(&key).copied()));
        change(self.dnd.entry(key).or_default());
    }

    fn write_log(&mut self, line: RecordLogRow<'a>) {
        self.added_bytes += quota::log_entry_bytes(line.note);
        self.undo.push(UndoEntry::Log);
        self.log.push(line);
    }
}
