//! The store: *read* a consistent snapshot, and *commit* a batch. No transaction stays open while a plugin runs. Only
//! the backends contain SQL, and only [`flowhost_domain`] contains rules.
//!
//! Timestamps have a precision of one microsecond. Each tenant has its own order of creation.

mod apply;
pub mod batch;
pub mod clock;
mod error;
pub mod listing;
pub mod quota;
mod row_json;
pub mod timestamp;
mod transaction;

pub mod memory;

pub use apply::{ApplyError, apply};
pub use clock::{Clock, SystemClock};
pub use error::StoreError;
pub use listing::{ContactRow, DndRow, Filter, Page};
pub use memory::MemoryStore;
pub use row_json::record_to_json;
pub use transaction::{Transaction, TransactionError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use flowhost_domain::record::Schedule;
use flowhost_domain::{Address, Campaign, Contact, DndEntry, Record, RecordState, Scope, Tenant};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A store of tenants, campaigns, contacts, records, do-not-disturb entries and idempotency keys.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Opens a connection for reading. The caller runs on the runtime of the worker that will use it.
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError>;

    /// Opens the connection for writing. A host opens one.
    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError>;

    /// Returns whether the readers use sockets of the tokio runtime. A worker without sockets makes fewer system calls.
    fn needs_io_driver(&self) -> bool {
        true
    }

    /// Flushes the store before the host stops: all committed data is in one place, without files beside it. The store
    /// remains usable.
    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Returns a tenant with all its campaigns, ordered by name, and the version of its configuration.
    async fn configuration(&self, tenant: &str) -> Result<Option<Configuration>, StoreError>;

    /// Writes all changes or none. A change requires that its tenant's configuration still has the given version (0:
    /// the tenant does not exist yet). Returns false if a version differs; the caller then reads again and retries.
    async fn configure(&self, changes: &[ConfigurationChange]) -> Result<bool, StoreError>;

    /// Returns tenants, ordered by id.
    ///
    /// Every list is ordered by tenant id first, unless the filter names a tenant.
    async fn tenants(&self, filter: &Filter, page: &Page) -> Result<Vec<Tenant>, StoreError>;
    /// Returns campaigns, ordered by (tenant, name).
    async fn campaigns(&self, filter: &Filter, page: &Page) -> Result<Vec<Campaign>, StoreError>;
    /// Returns contacts, ordered by (tenant, creation).
    async fn contacts(&self, filter: &Filter, page: &Page) -> Result<Vec<ContactRow>, StoreError>;
    /// Returns records with their tenants, ordered by (tenant, creation).
    async fn records(&self, filter: &Filter, page: &Page) -> Result<Vec<(String, Record)>, StoreError>;
    /// Returns do-not-disturb entries, ordered by (tenant, contact's creation, scope).
    async fn dnd(&self, filter: &Filter, page: &Page) -> Result<Vec<DndRow>, StoreError>;
    /// Returns the log of a record, oldest entry first.
    async fn record_log(&self, tenant: &str, record: Uuid) -> Result<Vec<LogEntry>, StoreError>;
}

/// A connection that reads committed state.
#[async_trait]
pub trait Reader: Send + Sync {
    /// Returns the results of all lookups, in their order, from one consistent snapshot and in one round trip.
    ///
    /// The method is cancel-safe: the reader stays usable when the returned future is dropped.
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError>;
}

/// The connection that commits changes.
#[async_trait]
pub trait Committer: Send {
    /// Applies the batch durably, in order and in one transaction. Returns one outcome per commit. A commit without the
    /// outcome `Committed` changes nothing and does not affect the others. An error means that the store applied no
    /// commit of the batch.
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError>;
}

/// The lookups of one round trip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRequest {
    /// The id of the tenant, which the host takes from the session.
    pub tenant: String,
    /// The version of the tenant's configuration that the caller has cached. [`Snapshot::tenant`] is then absent if the
    /// version is unchanged.
    pub known_version: Option<u64>,
    /// The lookups.
    pub lookups: Vec<Lookup>,
}

/// A lookup of one object or of one page of objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// The outcome stored under an idempotency key. A key that has expired by the store's clock is absent.
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
        /// The contact.
        contact: Uuid,
        /// The campaign.
        campaign: Uuid,
    },
    /// Ready records of a contact in a campaign, oldest first, at most `limit` of those created after record `after`.
    ReadyPage {
        /// The contact.
        contact: Uuid,
        /// The campaign.
        campaign: Uuid,
        /// The record before the page, in any state. `None`: the page begins with the oldest record.
        after: Option<Uuid>,
        /// Maximum number of records.
        limit: u32,
    },
    /// The newest `limit` Ready records of a contact in a campaign, newest first.
    LatestReadyRecords {
        /// The contact.
        contact: Uuid,
        /// The campaign.
        campaign: Uuid,
        /// Maximum number of records.
        limit: u32,
    },
    /// A record by id.
    Record(Uuid),
    /// The oldest other contact with an address in `channel` that shares a correlator's value in the same slot.
    LinkedContact {
        /// The contact with the correlators.
        contact: Uuid,
        /// The other contact's channel.
        channel: String,
    },
}

/// The results of one round trip.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The version of the configuration (tenant and campaigns). 0: the tenant does not exist.
    pub version: u64,
    /// The tenant, unless it does not exist or the caller has cached this version.
    pub tenant: Option<Arc<Tenant>>,
    /// One result per lookup, in order. If the tenant does not exist, all results except those of keys are `None` or
    /// empty.
    pub results: Vec<LookupResult>,
}

/// The result of a lookup. The variants correspond to those of [`Lookup`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupResult {
    /// The result of [`Lookup::IdempotencyKey`].
    IdempotencyKey(Option<IdempotencyRecord>),
    /// The result of [`Lookup::Campaign`].
    Campaign(Option<Arc<Campaign>>),
    /// The result of [`Lookup::Category`].
    Category(bool),
    /// The result of [`Lookup::Contact`], [`Lookup::Address`] and [`Lookup::LinkedContact`].
    Contact(Option<VersionedContact>),
    /// The result of [`Lookup::NewestReadyRecord`].
    NewestReadyRecord(Option<(Arc<Record>, bool)>),
    /// The result of [`Lookup::ReadyPage`] and [`Lookup::LatestReadyRecords`]. `None`: `after` is not a record of this
    /// contact and campaign.
    ReadyRecords(Option<Vec<ReadyRecord>>),
    /// The result of [`Lookup::Record`]: the record, and the version of its contact.
    Record(Option<(Arc<Record>, u64)>),
}

/// A record on a page of Ready records. It omits message and data, which may be large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyRecord {
    /// The id of the record.
    pub id: Uuid,
    /// The schedule. `None`: as soon as the campaign runs.
    pub schedule: Option<Schedule>,
}

/// A contact, and the version that a commit checks. Every change to the contact, its addresses, DND entries or records
/// increases the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionedContact {
    /// The contact.
    pub contact: Arc<Contact>,
    /// The version, from 1.
    pub version: u64,
}

/// A stored outcome of an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// SHA-256 of the request that used the key.
    pub fingerprint: [u8; 32],
    /// The outcome as JSON.
    pub outcome: String,
}

/// The changes of an invocation, with its read set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitRequest {
    /// The id of the tenant.
    pub tenant: String,
    /// The read set, which must still be current.
    pub reads: ReadSet,
    /// The net changes, in order. Each change applies to the state after the preceding ones.
    pub changes: Vec<Change>,
    /// The outcome to store under the invocation's idempotency key.
    pub idempotency_record: Option<NewIdempotencyRecord>,
    /// The time of the invocation. Idempotency keys expire by the store's clock instead.
    pub now: DateTime<Utc>,
    /// Maximum stored bytes of the tenant after this commit. A commit that adds no bytes ignores it. `None`: no limit.
    pub quota: Option<u64>,
}

/// The reads of an invocation that a commit must check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// The version of the tenant's configuration. `None`: the invocation did not read it.
    pub version: Option<u64>,
    /// The ids of contacts, with the versions that the invocation read. 0: the contact did not exist.
    pub contacts: Vec<(Uuid, u64)>,
    /// Addresses that did not belong to any contact.
    pub unclaimed_addresses: Vec<(String, String)>,
}

/// One net change.
///
/// Each of these cases is a conflict:
///
/// - The change creates an id that exists already.
/// - It adds an address that belongs to another contact.
/// - It adds an address in a channel in which the contact already has one.
/// - The changed object does not exist.
/// - The changed record belongs to another contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Creates a contact with its addresses and DND entries.
    CreateContact(Contact),
    /// Sets name, correlators and `updated_at` of a contact, and adds addresses.
    UpdateContact {
        /// The contact.
        id: Uuid,
        /// The new name.
        name: String,
        /// The new correlators.
        correlators: [Option<String>; 3],
        /// Addresses in channels in which the contact has none.
        new_addresses: Vec<Address>,
        /// The time of the change.
        updated_at: DateTime<Utc>,
    },
    /// Adds the contact to a list. An existing entry for the same scope stays.
    AddDnd {
        /// The contact.
        contact: Uuid,
        /// The entry.
        entry: DndEntry,
    },
    /// Removes the contact from a list. If the contact is not on the list, nothing changes.
    RemoveDnd {
        /// The contact.
        contact: Uuid,
        /// The scope of the list.
        scope: Scope,
    },
    /// Creates a record, with the first entry of its log. The changes of a batch create records in their order.
    CreateRecord(Record),
    /// Replaces the content of a Ready record. Id, contact, campaign, creation, order and run stay. A record that is
    /// not Ready is a conflict.
    ReplaceRecord(Record),
    /// Changes the state of a record and adds a log entry. A state other than `from` is a conflict. A transition to
    /// Ready starts a new run.
    Transition {
        /// The record.
        record: Uuid,
        /// The contact of the record.
        contact: Uuid,
        /// The required current state.
        from: RecordState,
        /// The new state.
        to: RecordState,
        /// The time of the transition.
        at: DateTime<Utc>,
        /// The note for the log: the channel's message id, the error, or the author of the change.
        note: Option<String>,
    },
}

/// An outcome to store under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdempotencyRecord {
    /// The key: at most 256 bytes, unique in the tenant until it expires.
    pub key: String,
    /// SHA-256 of the request that uses the key.
    pub fingerprint: [u8; 32],
    /// The outcome as JSON.
    pub outcome: String,
    /// The time to live, counted by the store's clock from the commit.
    pub ttl: Duration,
}

/// The result of a [`CommitRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The store has applied the commit durably.
    Committed,
    /// A read is not current any more, or an id to create exists already.
    Conflict,
    /// The key already has an outcome; its fingerprint identifies the request. This outcome takes precedence over
    /// [`CommitOutcome::Conflict`].
    DuplicateKey(IdempotencyRecord),
    /// The commit adds bytes and would exceed the tenant's quota. [`CommitOutcome::Conflict`] takes precedence over
    /// this outcome.
    QuotaExceeded,
    /// The store cannot apply this commit. Other commits are not affected.
    Failed(StoreError),
}

/// An entry of a record's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The number of the record's run.
    pub run: u32,
    /// The time of the change.
    pub at: DateTime<Utc>,
    /// The previous state. `None`: the entry is about the creation of the record.
    pub from: Option<RecordState>,
    /// The new state.
    pub to: RecordState,
    /// The channel's message id, the error, or the author of a cancellation.
    pub note: Option<String>,
}

/// A tenant with its campaigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// The tenant.
    pub tenant: Tenant,
    /// The campaigns, ordered by name.
    pub campaigns: Vec<Campaign>,
    /// The version, from 1.
    pub version: u64,
}

/// The new state of a tenant and of some of its campaigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationChange {
    /// The new state of the tenant.
    pub tenant: Tenant,
    /// The new and changed campaigns.
    pub campaigns: Vec<Campaign>,
    /// The version that the caller read. 0: the tenant is new.
    pub version: u64,
}

/// Returns the number of expired keys that a batch deletes if it stores `keys_stored` keys. The number exceeds the
/// stored keys, so expired keys cannot accumulate. It is small, because other batches wait for the deletion.
pub fn expired_keys_per_commit(keys_stored: usize) -> i64 {
    const MIN_EXPIRED_KEYS: usize = 16;
    i64::try_from(keys_stored.saturating_mul(2).max(MIN_EXPIRED_KEYS)).unwrap_or(i64::MAX)
}

/// Returns whether `bytes` are within the quota.
pub fn is_within_quota(bytes: i64, quota: Option<u64>) -> bool {
    quota.is_none_or(|quota| u64::try_from(bytes).unwrap_or_default() <= quota)
}
