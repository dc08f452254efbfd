//! The store of the host that runs the cases. Each case has contents of its own.

use async_trait::async_trait;
use flowhost_domain::{Campaign, Record, Tenant};
use flowhost_store::{
    CommitOutcome, CommitRequest, Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry,
    MemoryStore, Page, ReadRequest, Reader, Snapshot, Store, StoreError,
};
use std::sync::{Arc, PoisonError, RwLock};
use uuid::Uuid;

/// A store whose contents are replaced before each case, so that all cases run on one host.
#[derive(Clone, Default)]
pub(crate) struct CaseStore {
    current: Arc<RwLock<Contents>>,
}

/// The contents of one case.
#[derive(Clone, Default)]
struct Contents {
    store: MemoryStore,
    /// The number of the contents, from 1. It is the upper half of every configuration's version, because the host
    /// caches tenants by version.
    number: u64,
}

/// Bits of a version that belong to the contents' own store.
const VERSION_BITS: u32 = 32;

impl CaseStore {
    /// Replaces the contents. No invocation may be running.
    pub(crate) fn replace(&self, store: MemoryStore) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Contents { store, number: current.number + 1 };
    }

    fn contents(&self) -> Contents {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Contents {
    fn to_outer(&self, version: u64) -> u64 {
        if version == 0 { 0 } else { self.number << VERSION_BITS | version }
    }

    /// Returns the version in the contents' own store. `None`: it belongs to other contents.
    fn to_inner(&self, version: u64) -> Option<u64> {
        (version == 0 || version >> VERSION_BITS == self.number).then_some(version & ((1 << VERSION_BITS) - 1))
    }
}

#[async_trait]
impl Reader for CaseStore {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        let contents = self.contents();
        let known_version = request.known_version.and_then(|version| contents.to_inner(version));
        let request = ReadRequest { known_version, ..request.clone() };
        let snapshot = contents.store.read(&request).await?;
        Ok(Snapshot { version: contents.to_outer(snapshot.version), ..snapshot })
    }
}

#[async_trait]
impl Committer for CaseStore {
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError> {
        let mut contents = self.contents();
        let mut batch = batch.to_vec();
        for request in &mut batch {
            // No configuration has the highest version, so that a read of other contents is a conflict.
            let inner = |version| contents.to_inner(version).unwrap_or(u64::MAX);
            request.reads.version = request.reads.version.map(inner);
        }
        contents.store.commit(&batch).await
    }
}

#[async_trait]
impl Store for CaseStore {
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
        self.contents().store.configuration(tenant).await
    }

    async fn configure(&self, changes: &[ConfigurationChange]) -> Result<bool, StoreError> {
        self.contents().store.configure(changes).await
    }

    async fn tenants(&self, filter: &Filter, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        self.contents().store.tenants(filter, page).await
    }

    async fn campaigns(&self, filter: &Filter, page: &Page) -> Result<Vec<Campaign>, StoreError> {
        self.contents().store.campaigns(filter, page).await
    }

    async fn contacts(&self, filter: &Filter, page: &Page) -> Result<Vec<ContactRow>, StoreError> {
        self.contents().store.contacts(filter, page).await
    }

    async fn records(&self, filter: &Filter, page: &Page) -> Result<Vec<(String, Record)>, StoreError> {
        self.contents().store.records(filter, page).await
    }

    async fn dnd(&self, filter: &Filter, page: &Page) -> Result<Vec<DndRow>, StoreError> {
        self.contents().store.dnd(filter, page).await
    }

    async fn record_log(&self, tenant: &str, record: Uuid) -> Result<Vec<LogEntry>, StoreError> {
        self.contents().store.record_log(tenant, record).await
    }
}
