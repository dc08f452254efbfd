//! The objects of a batch: their state in the file, and then their state after the validated commits.

use flowhost_domain::{RecordState, Scope};
use flowhost_store::timestamp::to_micros;
use flowhost_store::{IdempotencyRecord, NewIdempotencyRecord, quota};
use std::collections::HashMap;
use uuid::Uuid;

/// A tenant.
pub(super) struct TenantEntry<'a> {
    pub(super) id: &'a str,
    /// The version of its configuration. 0: the tenant does not exist.
    pub(super) version: u64,
    /// The stored bytes of the tenant according to the file.
    pub(super) bytes_before: i64,
    /// The stored bytes of the tenant after the validated commits.
    pub(super) bytes: i64,
}

/// A contact.
#[derive(Clone)]
pub(super) struct ContactEntry {
    /// The index of the tenant.
    pub(super) tenant: usize,
    pub(super) id: Uuid,
    /// Whether the batch needs the details, not only the version.
    pub(super) needs_details: bool,
    /// The row number. `None`: the contact does not exist.
    pub(super) seq: Option<i64>,
    /// The version. 0: the contact does not exist.
    pub(super) version: u64,
    pub(super) details: Option<ContactDetails>,
    /// The details in the file, after a change.
    pub(super) details_before: Option<ContactDetails>,
    pub(super) write: ContactWrite,
    /// The number of the last commit that changed the contact.
    pub(super) last_commit: usize,
    /// Whether the batch needs the do-not-disturb entries with the bytes of each.
    pub(super) needs_dnd: bool,
    pub(super) dnd_bytes: HashMap<Scope, i64>,
}

/// The part of a contact to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContactWrite {
    Nothing,
    Version,
    Details,
    All,
}

/// The columns of a contact, except ids and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContactDetails {
    pub(super) name: String,
    pub(super) correlators: [Option<String>; 3],
    pub(super) addresses: Vec<flowhost_domain::Address>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
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
        self.details = Some(ContactDetails {
            name: contact.name.clone(),
            correlators: contact.correlators.clone(),
            addresses: contact.addresses.clone(),
            created_at: to_micros(contact.created_at),
            updated_at: to_micros(contact.updated_at),
        });
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

impl ContactDetails {
    /// Returns the bytes of the details that count against the quota.
    pub(super) fn bytes(&self) -> i64 {
        quota::contact_bytes(&self.name, &self.correlators, &self.addresses)
    }

    /// Returns the rows of the table `links`: slot, value and channel. One row of each correlator has an empty channel.
    pub(super) fn links(&self) -> impl Iterator<Item = (i64, &str, &str)> {
        let correlators = (1_i64..).zip(&self.correlators).filter_map(|(slot, value)| Some((slot, value.as_deref()?)));
        correlators.flat_map(|(slot, value)| {
            let channels = std::iter::once("").chain(self.addresses.iter().map(|address| address.channel.as_str()));
            channels.map(move |channel| (slot, value, channel))
        })
    }
}

/// An address.
pub(super) struct AddressEntry<'a> {
    pub(super) tenant: usize,
    pub(super) channel: &'a str,
    pub(super) identifier: &'a str,
    /// The row number of the contact that has the address.
    pub(super) owner: Option<i64>,
    /// Whether the batch must write the address.
    pub(super) is_new: bool,
}

/// A record.
#[derive(Clone)]
pub(super) struct RecordEntry<'a> {
    pub(super) tenant: usize,
    pub(super) id: Uuid,
    /// The row number. `None`: the record does not exist.
    pub(super) seq: Option<i64>,
    pub(super) contact: Uuid,
    pub(super) campaign: Uuid,
    pub(super) state: RecordState,
    pub(super) run: u32,
    /// The number of entries in its log.
    pub(super) entries: i64,
    pub(super) updated_at: i64,
    /// The bytes of the record that count against the quota, without its log.
    pub(super) bytes: i64,
    /// The created record, and the row number of its contact.
    pub(super) created: Option<(&'a flowhost_domain::Record, i64)>,
    /// The new content.
    pub(super) content: Option<&'a flowhost_domain::Record>,
    /// Whether the state changed.
    pub(super) state_changed: bool,
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
pub(super) struct KeyEntry<'a> {
    pub(super) tenant: usize,
    pub(super) key: &'a str,
    pub(super) current: Option<KeyOutcome<'a>>,
    /// The outcome to write, and its expiry time in microseconds.
    pub(super) pending: Option<(&'a NewIdempotencyRecord, i64)>,
}

/// The outcome stored under a key.
pub(super) enum KeyOutcome<'a> {
    /// The outcome, and its expiry time in microseconds.
    FromFile(IdempotencyRecord, i64),
    FromBatch(&'a NewIdempotencyRecord, i64),
}

impl KeyOutcome<'_> {
    pub(super) fn expires_at(&self) -> i64 {
        match self {
            Self::FromFile(_, expires) | Self::FromBatch(_, expires) => *expires,
        }
    }

    /// Returns the bytes of the key and its outcome that count against the quota.
    pub(super) fn bytes(&self, key: &str) -> i64 {
        match self {
            Self::FromFile(IdempotencyRecord { outcome, .. }, _)
            | Self::FromBatch(NewIdempotencyRecord { outcome, .. }, _) => quota::key_bytes(key, outcome),
        }
    }

    pub(super) fn record(&self) -> IdempotencyRecord {
        match self {
            Self::FromFile(outcome, _) => outcome.clone(),
            Self::FromBatch(record, _) => {
                IdempotencyRecord { fingerprint: record.fingerprint, outcome: record.outcome.clone() }
            }
        }
    }
}

/// The change to a contact's entry on a list: the removal, then the addition, each only if it has an effect.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DndChange<'a> {
    pub(super) remove: bool,
    pub(super) add: Option<&'a flowhost_domain::DndEntry>,
}

/// A row of the table `record_log`.
pub(super) struct RecordLogRow<'a> {
    pub(super) tenant: usize,
    pub(super) record: i64,
    pub(super) entry: i64,
    pub(super) run: u32,
    pub(super) at: i64,
    pub(super) from: Option<RecordState>,
    pub(super) to: RecordState,
    pub(super) note: Option<&'a str>,
}

impl Default for RecordLogRow<'_> {
    fn default() -> Self {
        let to = RecordState::Ready;
        Self { tenant: 0, record: 0, entry: 0, run: 0, at: 0, from: None, to, note: None }
    }
}

/// Returns the kind of a scope in the table `dnd`.
pub(super) fn scope_kind(scope: &Scope) -> i64 {
    match scope {
        Scope::Campaign(_) => 0,
        Scope::Category(_) => 1,
    }
}
