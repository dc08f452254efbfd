//! The store in memory, for tests, trials and measurements. Its content ends with the process.
//!
//! The store is also the reference model of a store: plain maps and one lock.

mod access;
mod commit;
mod configuration;
mod listing;
mod read;
mod state;

use super::clock::IdempotencyClock;
use super::{
    AccessKeys, Clock, CommitOutcome, CommitRequest, Committer, Configuration, ConfigurationChange, ContactRow, DndRow,
    Filter, LogEntry, Page, ReadRequest, Reader, Snapshot, Store, StoreError,
};
use async_trait::async_trait;
use flowhost_domain::{Campaign, Record, Tenant};
use state::MemoryState;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use uuid::Uuid;

/// A store in memory. All clones share the same content, which ends with the last of them.
///
/// It is for tests and trials. It returns no [`StoreError`], and its commits are not durable.
///
/// ```
/// use flowhost_store::{MemoryStore, Store, apply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tenants = r#"{"tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
///     "channels": ["whatsapp"]}]}"#;
/// let store = MemoryStore::new();
/// let clone = store.clone();
/// apply(&store, tenants).await?;
///
/// let configuration = clone.configuration("acme").await?.ok_or("the tenant exists")?;
/// assert_eq!((configuration.tenant.name.as_str(), configuration.version), ("Acme", 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<RwLock<MemoryState>>,
    clock: Arc<IdempotencyClock>,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an empty store with a clock for the expiry of idempotency keys.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock: Arc::new(IdempotencyClock::new(clock)), ..Self::default() }
    }

    // No code can panic in the middle of a change, so the content behind a poisoned lock is valid.
    fn read_lock(&self) -> RwLockReadGuard<'_, MemoryState> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_lock(&self) -> RwLockWriteGuard<'_, MemoryState> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(self.clone()))
    }

    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        Ok(Box::new(self.clone()))
    }

    fn needs_io_driver(&self) -> bool {
        false
    }

    async fn configuration(&self, tenant: &str) -> Result<Option<Configuration>, StoreError> {
        Ok(self.read_lock().configuration(tenant))
    }

    async fn configure(&self, changes: &[ConfigurationChange]) -> Result<bool, StoreError> {
        Ok(self.write_lock().configure(changes))
    }

    async fn tenants(&self, filter: &Filter, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        Ok(self.read_lock().list_tenants(filter, page))
    }

    async fn campaigns(&self, filter: &Filter, page: &Page) -> Result<Vec<Campaign>, StoreError> {
        Ok(self.read_lock().list_campaigns(filter, page))
    }

    async fn contacts(&self, filter: &Filter, page: &Page) -> Result<Vec<ContactRow>, StoreError> {
        Ok(self.read_lock().list_contacts(filter, page))
    }

    async fn records(&self, filter: &Filter, page: &Page) -> Result<Vec<(String, Record)>, StoreError> {
        Ok(self.read_lock().list_records(filter, page))
    }

    async fn dnd(&self, filter: &Filter, page: &Page) -> Result<Vec<DndRow>, StoreError> {
        Ok(self.read_lock().list_dnd(filter, page))
    }

    fn access_keys(&self) -> Option<&dyn AccessKeys> {
        Some(self)
    }

    async fn record_log(&self, tenant: &str, record: Uuid) -> Result<Vec<LogEntry>, StoreError> {
        Ok(self.read_lock().record_log(tenant, record))
    }
}

#[async_trait]
impl Reader for MemoryStore {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        Ok(self.read_lock().read(request, &self.clock))
    }
}

#[async_trait]
impl Committer for MemoryStore {
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError> {
        Ok(self.write_lock().commit_batch(batch, self.clock.now_micros()))
    }
}
