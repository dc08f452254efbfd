//! What a batch knows of each thing: as the file has it, and then as the commits judged so far leave it.

use flowhost_domain::{RecordState, Scope};
use flowhost_store::timestamp::to_micros;
use flowhost_store::{IdempotencyRecord, NewIdempotencyRecord, quota};
use std::collections::HashMap;
use uuid::Uuid;

/// A tenant.
pub(super) struct TenantEntry<'a> {
    pub(super) id: &'a str,
    /// Of its configuration; 0: there is none.
    pub(super) version: u64,
    /// The bytes that it has stored, as the file says and as the batch leaves them.
    pub(super) bytes_before: i64,
    pub(super) bytes: i64,
}

/// A contact.
#[derive(Clone)]
pub(super) struct ContactEntry {
    /// The tenant's place.
    pub(super) tenant: usize,
    pub(super) id: Uuid,
    /// Its details are needed, not only its version.
    pub(super) needs_details: bool,
    /// `None`: it isn't there.
    pub(super) seq: Option<i64>,
    /// 0: it isn't there.
    pub(super) version: u64,
    pub(super) details: Option<ContactDetails>,
    /// The details as the file has them, once they were changed.
    pub(super) details_before: Option<ContactDetails>,
    pub(super) write: ContactWrite,
    /// The last commit that changed it.
    pub(super) last_commit: usize,
    /// Its do-not-disturb entries, with the bytes that each counts, are needed.
    pub(super) needs_dnd: bool,
    pub(super) dnd_bytes: HashMap<Scope, i64>,
}

/// What of a contact is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContactWrite {
    Nothing,
    Version,
    Details,
    All,
}

/// What a contact says of itself.
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

    /// Gives it its next version. The caller has checked that there is one.
    pub(super) fn bump_version(&mut self, version: u64, commit_number: usize) {
        self.version = version;
        self.last_commit = commit_number;
        if self.write == ContactWrite::Nothing {
            self.write = ContactWrite::Version;
        }
    }

    /// Its details, to be changed.
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
    /// The bytes that they count against the quota.
    pub(super) fn bytes(&self) -> i64 {
        quota::contact_bytes(&self.name, &self.correlators, &self.addresses)
    }

    /// Rows of table links: slot, value and channel, which is empty in one row of each correlator.
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
    /// The number of the contact that has it.
    pub(super) owner: Option<i64>,
    /// The owner is to be written.
    pub(super) is_new: bool,
}

/// A record.
#[derive(Clone)]
pub(super) struct RecordEntry<'a> {
    pub(super) tenant: usize,
    pub(super) id: Uuid,
    /// `None`: it isn't there.
    pub(super) seq: Option<i64>,
    pub(super) contact: Uuid,
    pub(super) campaign: Uuid,
    pub(super) state: RecordState,
    pub(super) run: u32,
    /// Entries of its log.
    pub(super) entries: i64,
    pub(super) updated_at: i64,
    /// The bytes that it counts against the quota, without its log.
    pub(super) bytes: i64,
    /// The record that was created, and its contact's number.
    pub(super) created: Option<(&'a flowhost_domain::Record, i64)>,
    /// What it says from now on.
    pub(super) content: Option<&'a flowhost_domain::Record>,
    /// Its state changed.
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

/// A key.
pub(super) struct KeyEntry<'a> {
    pub(super) tenant: usize,
    pub(super) key: &'a str,
    pub(super) current: Option<KeyOutcome<'a>>,
    /// And the microsecond in which it expires.
    pub(super) pending: Option<(&'a NewIdempotencyRecord, i64)>,
}

/// What is stored under a key.
pub(super) enum KeyOutcome<'a> {
    /// And the microsecond in which it expires.
    FromFile(IdempotencyRecord, i64),
    FromBatch(&'a NewIdempotencyRecord, i64),
}

impl KeyOutcome<'_> {
    pub(super) fn expires_at(&self) -> i64 {
        match self {
            Self::FromFile(_, expires) | Self::FromBatch(_, expires) => *expires,
        }
    }

    /// The bytes that it counts against the quota.
    pub(super) fn bytes(&self, key: &str) -> i64 {
        match self {
            Self::FromFile(IdempotencyRecord { outcome, .. }, _)
            | Self::FromBatch(NewIdempotencyRecord { outcome, .. }, _) => quota::key_bytes(key, outcome),
        }
    }

    pub(super) fn record(&self) -> IdempotencyRecord {
        match self {
            Self::FromFile(outcome, _) => outcome.clone(),
            Self::FromBatch(keyed, _) => {
                IdempotencyRecord { fingerprint: keyed.fingerprint, outcome: keyed.outcome.clone() }
            }
        }
    }
}

/// What becomes of a contact's place on a list: taken off if it is on it, then put on it unless it is on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DndChange<'a> {
    pub(super) remove: bool,
    pub(super) add: Option<&'a flowhost_domain::DndEntry>,
}

/// A row of table record_log.
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

/// A scope as table dnd has it: its kind, and a campaign's id or a category.
pub(super) fn scope_kind(scope: &Scope) -> i64 {
    match scope {
        Scope::Campaign(_) => 0,
        Scope::Category(_) => 1,
    }
}
