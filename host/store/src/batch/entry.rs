//! The objects of a batch: their stored state, and then their state after the validated commits.

use crate::timestamp::to_micros;
use crate::{IdempotencyRecord, NewIdempotencyRecord, quota};
use flowhost_domain::{RecordState, Scope};
use std::collections::HashMap;
use uuid::Uuid;

/// A tenant.
pub struct TenantEntry<'a> {
    /// The id.
    pub id: &'a str,
    /// The version of its configuration. 0: the tenant does not exist.
    pub version: u64,
    /// The stored bytes of the tenant before the batch.
    pub bytes_before: i64,
    /// The stored bytes of the tenant after the validated commits.
    pub bytes: i64,
}

/// A contact.
#[derive(Clone)]
pub struct ContactEntry {
    /// The index of the tenant.
    pub tenant: usize,
    /// The id.
    pub id: Uuid,
    /// Whether the batch needs the details, not only the version.
    pub needs_details: bool,
    /// The row number. `None`: the contact does not exist.
    pub seq: Option<i64>,
    /// The version. 0: the contact does not exist.
    pub version: u64,
    /// The details after the validated commits. `None`: the batch does not need them, or the contact does not exist.
    pub details: Option<ContactDetails>,
    /// The stored details, if a commit has changed them.
    pub details_before: Option<ContactDetails>,
    /// The part that the store must write.
    pub write: ContactWrite,
    /// The number of the last commit that changed the contact.
    pub last_commit: usize,
    /// Whether the batch needs the do-not-disturb entries with the bytes of each.
    pub needs_dnd: bool,
    /// The bytes of each do-not-disturb entry that count against the quota.
    pub dnd_bytes: HashMap<Scope, i64>,
}

/// The part of a contact to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactWrite {
    /// The contact is unchanged.
    Nothing,
    /// Only the version.
    Version,
    /// The version and the details.
    Details,
    /// All columns: the contact is new.
    All,
}

/// The columns of a contact, except ids and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactDetails {
    /// The name.
    pub name: String,
    /// The correlators by slot.
    pub correlators: [Option<String>; 3],
    /// The addresses: the stored ones, then the added ones.
    pub addresses: Vec<flowhost_domain::Address>,
    /// The time of creation, in microseconds since 1970.
    pub created_at: i64,
    /// The time of the last change, in microseconds since 1970.
    pub updated_at: i64,
}

impl ContactEntry {
    pub(super) fn new(tenant: usize, id: Uuid) -> Self {
        Self {
            tenant,
            id,
            needs_details: false,
            seq: None,
            version: 0,
            details: None,
            details_before: None,
            write: ContactWrite::Nothing,
            last_commit: 0,
            needs_dnd: false,
            dnd_bytes: HashMap::new(),
        }
    }

    pub(super) fn create(&mut self, contact: &flowhost_domain::Contact, seq: i64, commit_number: usize) {
        self.seq = Some(seq);
        self.version = 1;
        self.details = Some(contact.into());
        self.write = ContactWrite::All;
        self.last_commit = commit_number;
    }

    /// Sets the next version. The caller has checked that it is valid.
    pub(super) fn bump_version(&mut self, version: u64, commit_number: usize) {
        self.version = version;
        self.last_commit = commit_number;
        if self.write == ContactWrite::Nothing {
            self.write = ContactWrite::Version;
        }
    }

    /// Returns the details for a change.
    pub(super) fn details_mut(&mut self) -> Option<&mut ContactDetails> {
        if self.write != ContactWrite::All {
            if self.details_before.is_none() {
                self.details_before.clone_from(&self.details);
            }
            self.write = ContactWrite::Details;
        }
        self.details.as_mut()
    }
}

impl From<&flowhost_domain::Contact> for ContactDetails {
    fn from(contact: &flowhost_domain::Contact) -> Self {
        Self {
            name: contact.name.clone(),
            correlators: contact.correlators.clone(),
            addresses: contact.addresses.clone(),
            created_at: to_micros(contact.created_at),
            updated_at: to_micros(contact.updated_at),
        }
    }
}

impl ContactDetails {
    /// Returns the bytes of the details that count against the quota.
    pub(super) fn bytes(&self) -> i64 {
        quota::contact_bytes(&self.name, &self.correlators, &self.addresses)
    }
}

/// An address.
pub struct AddressEntry<'a> {
    /// The index of the tenant.
    pub tenant: usize,
    /// The channel.
    pub channel: &'a str,
    /// The normalised identifier.
    pub identifier: &'a str,
    /// The row number of the contact that has the address.
    pub owner: Option<i64>,
    /// Whether the batch must write the address.
    pub is_new: bool,
}

/// A record.
#[derive(Clone)]
pub struct RecordEntry<'a> {
    /// The index of the tenant.
    pub tenant: usize,
    /// The id.
    pub id: Uuid,
    /// The row number. `None`: the record does not exist.
    pub seq: Option<i64>,
    /// The contact.
    pub contact: Uuid,
    /// The campaign.
    pub campaign: Uuid,
    /// The state after the validated commits.
    pub state: RecordState,
    /// The number of the run.
    pub run: u32,
    /// The number of entries in its log.
    pub entries: i64,
    /// The time of the last change, in microseconds since 1970.
    pub updated_at: i64,
    /// The bytes of the record that count against the quota, without its log.
    pub bytes: i64,
    /// The created record, and the row number of its contact.
    pub created: Option<(&'a flowhost_domain::Record, i64)>,
    /// The new content.
    pub content: Option<&'a flowhost_domain::Record>,
    /// Whether the state changed.
    pub state_changed: bool,
}

impl<'a> RecordEntry<'a> {
    pub(super) fn new(tenant: usize, id: Uuid) -> Self {
        Self {
            tenant,
            id,
            seq: None,
            contact: Uuid::nil(),
            campaign: Uuid::nil(),
            state: RecordState::Ready,
            run: 0,
            entries: 0,
            updated_at: 0,
            bytes: 0,
            created: None,
            content: None,
            state_changed: false,
        }
    }

    pub(super) fn create(&mut self, record: &'a flowhost_domain::Record, seq: i64, contact: i64) {
        self.seq = Some(seq);
        self.contact = record.contact;
        self.campaign = record.campaign;
        self.state = record.state;
        self.run = record.run;
        self.entries = 1;
        self.updated_at = to_micros(record.updated_at);
        self.bytes = quota::record_bytes(record);
        self.created = Some((record, contact));
        self.content = Some(record);
    }
}

/// An idempotency key.
pub struct KeyEntry<'a> {
    /// The index of the tenant.
    pub tenant: usize,
    /// The key.
    pub key: &'a str,
    /// The outcome under the key after the validated commits.
    pub current: Option<KeyOutcome<'a>>,
    /// The outcome to write, and its expiry time in microseconds.
    pub pending: Option<(&'a NewIdempotencyRecord, i64)>,
}

/// The outcome stored under a key.
pub enum KeyOutcome<'a> {
    /// A stored outcome, and its expiry time in microseconds since 1970.
    Stored(IdempotencyRecord, i64),
    /// The outcome of a commit of this batch, and its expiry time in microseconds since 1970.
    FromBatch(&'a NewIdempotencyRecord, i64),
}

impl KeyOutcome<'_> {
    pub(super) fn expires_at(&self) -> i64 {
        match self {
            Self::Stored(_, expires) | Self::FromBatch(_, expires) => *expires,
        }
    }

    /// Returns the bytes of the key and its outcome that count against the quota.
    pub(super) fn bytes(&self, key: &str) -> i64 {
        match self {
            Self::Stored(IdempotencyRecord { outcome, .. }, _)
            | Self::FromBatch(NewIdempotencyRecord { outcome, .. }, _) => quota::key_bytes(key, outcome),
        }
    }

    pub(super) fn record(&self) -> IdempotencyRecord {
        match self {
            Self::Stored(outcome, _) => outcome.clone(),
            Self::FromBatch(record, _) => {
                IdempotencyRecord { fingerprint: record.fingerprint, outcome: record.outcome.clone() }
            }
        }
    }
}

/// The change to a contact's entry on a list: the removal, then the addition, each only if it has an effect.
#[derive(Debug, Clone, Copy, Default)]
pub struct DndChange<'a> {
    /// Whether the store removes the entry.
    pub remove: bool,
    /// The entry that the store adds, unless the contact is on the list.
    pub add: Option<&'a flowhost_domain::DndEntry>,
}

/// A new entry of a record's log.
pub struct RecordLogRow<'a> {
    /// The index of the tenant.
    pub tenant: usize,
    /// The row number of the record.
    pub record: i64,
    /// The number of the entry in the record's log, from 1.
    pub entry: i64,
    /// The number of the record's run.
    pub run: u32,
    /// The time of the change, in microseconds since 1970.
    pub at: i64,
    /// The previous state. `None`: the entry is about the creation.
    pub from: Option<RecordState>,
    /// The new state.
    pub to: RecordState,
    /// The note.
    pub note: Option<&'a str>,
}

impl Default for RecordLogRow<'_> {
    fn default() -> Self {
        let to = RecordState::Ready;
        Self { tenant: 0, record: 0, entry: 0, run: 0, at: 0, from: None, to, note: None }
    }
}
