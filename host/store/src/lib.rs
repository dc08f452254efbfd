//! The store: *read* a consistent snapshot, and *commit* a batch. No transaction stays open while a plugin runs. Only
//! the backends contain SQL, and only [`flowhost_domain`] contains rules.
//!
//! Timestamps have a precision of one microsecond. Each tenant has its own order of creation.

mod access;
mod apply;
pub mod batch;
pub mod clock;
mod commit;
mod error;
pub mod listing;
mod lookup;
pub mod quota;
mod row_json;
pub mod timestamp;
mod transaction;

pub mod memory;

pub use access::{AccessKey, AccessKeys, KeyOwner, Role};
pub use apply::{ApplyError, apply};
pub use clock::{Clock, SystemClock};
pub use commit::{Change, CommitOutcome, CommitRequest, NewIdempotencyRecord, ReadSet};
pub use error::StoreError;
pub use listing::{ContactRow, DndRow, Filter, Page};
pub use lookup::{Lookup, LookupResult, ReadRequest, ReadyRecord, Snapshot};
pub use memory::MemoryStore;
pub use row_json::record_to_json;
pub use transaction::{ChangedEntry, Transaction, TransactionError, UsedEntry};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use flowhost_domain::{Campaign, Contact, Record, RecordState, Tenant};
use std::sync::Arc;
use uuid::Uuid;

/// A store of tenants, campaigns, contacts, records, do-not-disturb entries and idempotency keys.
///
/// A host opens one [`Reader`] for each worker and one [`Committer`]. The lists and the configuration are for
/// administration: no invocation calls them. Several processes may use one store.
///
/// # Errors
/// Every method returns a [`StoreError`] if the store is unreachable, unusable, read-only, full or newer. The store has
/// then changed nothing.
///
/// ```
/// use flowhost_store::{Filter, Lookup, LookupResult, MemoryStore, Page, ReadRequest, Store, apply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tenants = r#"{"tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
///     "channels": ["whatsapp"]}]}"#;
/// let store = MemoryStore::new();
/// apply(&store, tenants).await?;
///
/// // A list for administration.
/// let page = Page { after: None, limit: 50 };
/// assert_eq!(store.tenants(&Filter::default(), &page).await?.len(), 1);
///
/// // A round trip of an invocation: all lookups read one snapshot.
/// let reader = store.reader().await?;
/// let address = Lookup::Address("whatsapp".to_owned(), "+56987654321".to_owned());
/// let request = ReadRequest { tenant: "acme".to_owned(), known_version: None, lookups: vec![address] };
/// let snapshot = reader.read(&request).await?;
/// assert_eq!(snapshot.results, [LookupResult::Contact(None)]);
/// # Ok(())
/// # }
/// ```
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

    /// Returns the access keys of the HTTP service. `None`: the store has none, and the service can't use it.
    fn access_keys(&self) -> Option<&dyn AccessKeys> {
        None
    }
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
