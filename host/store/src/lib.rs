//! The store: one interface, *read* a consistent snapshot and *commit* a batch; no transaction is ever held open
//! while a plugin runs. SQL stands only in the folders beside this file, and every rule in [`flowhost_domain`].
//!
//! Instants are kept to the microsecond. Order of creation is a tenant's own.

mod apply;
pub mod clock;
mod error;
pub mod listing;
pub mod quota;
pub mod timestamp;
mod transaction;

pub mod memory;

pub use apply::{ApplyError, apply};
pub use clock::{Clock, SystemClock};
pub use error::StoreError;
pub use listing::{ContactRow, DndRow, Filter, Page};
pub use memory::MemoryStore;
pub use transaction::{Transaction, TransactionError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use flowhost_domain::record::Schedule;
use flowhost_domain::{Address, Campaign, Contact, DndEntry, Record, RecordState, Scope, Tenant};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Where tenants, campaigns, contacts, records, do-not-disturb entries and idempotency keys live.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// A connection for reading, opened on the runtime of the worker that will use it.
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError>;

    /// The connection that writes; a host opens one.
    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError>;

    /// Whether its readers use sockets of tokio's runtime. A worker without them has fewer system calls to make.
    fn needs_io_driver(&self) -> bool {
        true
    }

    /// Tidies up before the host stops: what was committed stands in one place, without files beside it. The store can
    /// be used on.
    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// A tenant with all its campaigns (in order of their names), and its configuration's version.
    async fn configuration(&self, tenant: &str) -> Result<Option<Configuration>, StoreError>;

    /// Writes all of these or none, each provided that its tenant's configuration still has the version given (0: there is
    /// no such tenant yet). False: one had another, so read again and retry.
    async fn configure(&self, changes: &[ConfigurationChange]) -> Result<bool, StoreError>;

    /// Tenants in order of their ids.
    ///
    /// The lists are tenant by tenant, in order of the tenants' ids, unless the filter names one.
    async fn tenants(&self, filter: &Filter, page: &Page) -> Result<Vec<Tenant>, StoreError>;
    /// Campaigns in order of (tenant, name).
    async fn campaigns(&self, filter: &Filter, page: &Page) -> Result<Vec<Campaign>, StoreError>;
    /// Contacts in order of (tenant, creation).
    async fn contacts(&self, filter: &Filter, page: &Page) -> Result<Vec<ContactRow>, StoreError>;
    /// Records in order of (tenant, creation), with their tenants.
    async fn records(&self, filter: &Filter, page: &Page) -> Result<Vec<(String, Record)>, StoreError>;
    /// Do-not-disturb entries in order of (tenant, contact's creation, scope).
    async fn dnd(&self, filter: &Filter, page: &Page) -> Result<Vec<DndRow>, StoreError>;
    /// What happened to a record, oldest first.
    async fn record_log(&self, tenant: &str, record: Uuid) -> Result<Vec<LogEntry>, StoreError>;
}

/// Reads committed state.
#[async_trait]
pub trait Reader: Send + Sync {
    /// Answers every lookup, in their order, from one consistent snapshot and in one round trip.
    ///
    /// Cancel-safe: when the returned future is dropped, the reader stays usable.
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError>;
}

/// Applies staged changes.
#[async_trait]
pub trait Committer: Send {
    /// Applies the batch durably, in order, in one transaction, and answers for each in its place. One that is not
    /// done leaves no trace and harms no other. An error means that none of them was applied.
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError>;
}

/// What one trip asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRequest {
    /// Whose things; the host takes it from the session.
    pub tenant: String,
    /// The version of the tenant's configuration that the caller knows: then [`Snapshot::tenant`] is sent only if another.
    pub known_version: Option<u64>,
    /// What to look up.
    pub lookups: Vec<Lookup>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// The outcome stored under an idempotency key. One that has expired by the store's clock is absent.
    IdempotencyKey(String),
    /// A campaign by id.
    Campaign(Uuid),
    /// Whether any campaign has this category.
    Category(String),
    /// A contact by id.
    Contact(Uuid),
    /// The contact that has this address (channel, normalised identifier).
    Address(String, String),
    /// The newest Ready record of a contact in a campaign, and whether there are more.
    NewestReadyRecord {
        /// Whose.
        contact: Uuid,
        /// In which campaign.
        campaign: Uuid,
    },
    /// Ready records of a contact in a campaign, oldest first, at most `limit` of those created after record `after`.
    ReadyPage {
        /// Whose.
        contact: Uuid,
        /// In which campaign.
        campaign: Uuid,
        /// Begin after this one, whatever its state; `None`: at the oldest.
        after: Option<Uuid>,
        /// At most so many.
        limit: u32,
    },
    /// The newest `limit` Ready records of a contact in a campaign, newest first.
    LatestReadyRecords {
        /// Whose.
        contact: Uuid,
        /// In which campaign.
        campaign: Uuid,
        /// At most so many.
        limit: u32,
    },
    /// A record by id.
    Record(Uuid),
    /// The oldest other contact with an address in `channel` that shares a correlator's value in the same slot.
    LinkedContact {
        /// Whose correlators.
        contact: Uuid,
        /// The other contact's channel.
        channel: String,
    },
}

/// What one trip answers.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The version of the tenant's configuration (tenant and campaigns); 0: there is no such tenant.
    pub version: u64,
    /// The tenant, unless the caller knew this version or there is none.
    pub tenant: Option<Arc<Tenant>>,
    /// An answer a lookup, in order. All are `None` or empty where there is no such tenant, except keys.
    pub results: Vec<LookupResult>,
}

/// One answer; the variants correspond to those of [`Lookup`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupResult {
    /// To [`Lookup::IdempotencyKey`].
    IdempotencyKey(Option<IdempotencyRecord>),
    /// To [`Lookup::Campaign`].
    Campaign(Option<Arc<Campaign>>),
    /// To [`Lookup::Category`].
    Category(bool),
    /// To [`Lookup::Contact`], [`Lookup::Address`] and [`Lookup::LinkedContact`].
    Contact(Option<VersionedContact>),
    /// To [`Lookup::NewestReadyRecord`].
    NewestReadyRecord(Option<(Arc<Record>, bool)>),
    /// To [`Lookup::ReadyPage`] and [`Lookup::LatestReadyRecords`]; `None`: `after` is no record of this contact and campaign.
    ReadyRecords(Option<Vec<ReadyRecord>>),
    /// To [`Lookup::Record`]: the record and the version of the contact that it is for.
    Record(Option<(Arc<Record>, u64)>),
}

/// What a page of Ready records says of each; messages and data could be too much to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyRecord {
    /// The record.
    pub id: Uuid,
    /// When it is due; `None`: as soon as the campaign runs.
    pub schedule: Option<Schedule>,
}

/// A contact and the version that a commit checks. Any change to the contact, its addresses, DND entries or records
/// gives it a new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionedContact {
    /// The contact.
    pub contact: Arc<Contact>,
    /// From 1.
    pub version: u64,
}

/// An outcome as it was stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// SHA-256 of what the key was used for.
    pub fingerprint: [u8; 32],
    /// The outcome, JSON.
    pub outcome: String,
}

/// What an invocation wants to write, with what it read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitRequest {
    /// Whose.
    pub tenant: String,
    /// What must still hold.
    pub reads: ReadSet,
    /// What changes, net. Applied in this order: a later one sees what an earlier one did.
    pub changes: Vec<Change>,
    /// The outcome to store under the invocation's key.
    pub idempotency_record: Option<NewIdempotencyRecord>,
    /// The invocation's instant. Idempotency keys do not live by it but by the store's clock.
    pub now: DateTime<Utc>,
    /// Bytes that the tenant may have stored after this commit, if the commit adds some; `None`: no limit.
    pub quota: Option<u64>,
}

/// What an invocation read, as far as a commit has to check it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// Version of the tenant's configuration; `None`: not read, not checked.
    pub version: Option<u64>,
    /// Contacts by id with the version that was read; 0: it wasn't there.
    pub contacts: Vec<(Uuid, u64)>,
    /// Addresses that belonged to no contact.
    pub unclaimed_addresses: Vec<(String, String)>,
}

/// One net change. A commit is stale when it creates an id which exists already, gives an address that belongs to another
/// contact or to a channel in which the contact has one, or changes a thing that isn't there (or, for a record, isn't
/// that contact's).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new contact with its addresses and DND entries.
    CreateContact(Contact),
    /// Name, correlators and `updated_at` of a contact, and addresses that it gained.
    UpdateContact {
        /// The contact.
        id: Uuid,
        /// Its name from now on.
        name: String,
        /// Its correlators from now on.
        correlators: [Option<String>; 3],
        /// Addresses in channels where it has none.
        new_addresses: Vec<Address>,
        /// When.
        updated_at: DateTime<Utc>,
    },
    /// The contact joins a list; if it is on it, the older entry stays.
    AddDnd {
        /// Who.
        contact: Uuid,
        /// The entry.
        entry: DndEntry,
    },
    /// The contact leaves a list, if it is on it.
    RemoveDnd {
        /// Who.
        contact: Uuid,
        /// Which list.
        scope: Scope,
    },
    /// A new record, with the first entry of its log; those of one batch are created in its order.
    CreateRecord(Record),
    /// Replaces what a Ready record says; id, contact, campaign, creation, order and run stay. Stale if it isn't Ready.
    ReplaceRecord(Record),
    /// Changes a record's state if it is `from`, and leaves a log entry; else the commit is stale. A transition to
    /// Ready starts a new run.
    Transition {
        /// The record.
        record: Uuid,
        /// The contact that it is for.
        contact: Uuid,
        /// The state that it must have.
        from: RecordState,
        /// The state that it enters.
        to: RecordState,
        /// When.
        at: DateTime<Utc>,
        /// For the log: the channel's message id, the error, or who did it.
        note: Option<String>,
    },
}

/// The outcome to store under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdempotencyRecord {
    /// At most 256 bytes; unique in the tenant until it expires.
    pub key: String,
    /// SHA-256 of what the key is used for.
    pub fingerprint: [u8; 32],
    /// JSON.
    pub outcome: String,
    /// How long it is kept, by the store's clock from the commit on.
    pub ttl: Duration,
}

/// The result of a [`CommitRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// Applied and durable.
    Committed,
    /// Something that it read has changed, or an id it creates exists.
    Conflict,
    /// Its key has an outcome already (the digest tells whether for the same thing). Comes before [`CommitOutcome::Conflict`].
    DuplicateKey(IdempotencyRecord),
    /// It adds bytes, and the tenant would have more than its quota. Comes after [`CommitOutcome::Conflict`].
    QuotaExceeded,
    /// The store can't apply this one; others are not affected.
    Failed(StoreError),
}

/// An entry of a record's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Which run of the record.
    pub run: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// The state it left; `None`: it was created.
    pub from: Option<RecordState>,
    /// The state it entered.
    pub to: RecordState,
    /// The channel's message id, the error, or who cancelled it.
    pub note: Option<String>,
}

/// A tenant with its campaigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// The tenant.
    pub tenant: Tenant,
    /// In order of their names.
    pub campaigns: Vec<Campaign>,
    /// From 1.
    pub version: u64,
}

/// New state for a tenant and some of its campaigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationChange {
    /// The tenant as it shall be.
    pub tenant: Tenant,
    /// The campaigns that are new or differ.
    pub campaigns: Vec<Campaign>,
    /// The version that was read; 0: new.
    pub version: u64,
}

/// The number of expired keys that a batch deletes if it stores `stored` keys. Expired keys can't accumulate, because a
/// batch may delete more than it stores. The number is small, because other batches wait meanwhile.
pub fn expired_keys_per_commit(keys_stored: usize) -> i64 {
    const MIN_EXPIRED_KEYS: usize = 16;
    i64::try_from(keys_stored.saturating_mul(2).max(MIN_EXPIRED_KEYS)).unwrap_or(i64::MAX)
}

/// Whether so many stored bytes are within the quota.
pub fn is_within_quota(bytes: i64, quota: Option<u64>) -> bool {
    quota.is_none_or(|quota| u64::try_from(bytes).unwrap_or_default() <= quota)
}
