//! A store whose reads of one contact and one address never complete, whose reads of another contact fail, and that
//! injects conflicting writes.

use crate::conflicts::ConflictingWrites;
use async_trait::async_trait;
use flowhost::domain::{Campaign, Record, Tenant};
use flowhost::store::{
    CommitOutcome, Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry, Lookup,
    MemoryStore, Page, ReadRequest, Reader, Snapshot, Store, StoreError,
};
use std::sync::Arc;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// A read of this contact never completes.
pub(crate) const HANGING_CONTACT: Uuid = Uuid::from_u128(0xa47be8af_d40d_452c_9a3e_bcf668fcd001);

/// A lookup of the contact with this address never completes.
pub(crate) const HANGING_NUMBER: &str = "+56900000001";

/// A read of this contact fails.
pub(crate) const FAILING_CONTACT: Uuid = Uuid::from_u128(0xa47be8af_d40d_452c_9a3e_bcf668fcd002);

#[derive(Clone)]
pub(crate) struct FaultyStore {
    store: MemoryStore,
    /// One permit for each read that never completes.
    pub(crate) hanging_reads: Arc<Semaphore>,
    pub(crate) conflicts: ConflictingWrites,
}

impl FaultyStore {
    pub(crate) fn new() -> Self {
        Self {
            store: MemoryStore::new(),
            hanging_reads: Arc::new(Semaphore::new(0)),
            conflicts: ConflictingWrites::default(),
        }
    }
}

struct FaultyReader {
    reader: Box<dyn Reader>,
    owner: FaultyStore,
}

#[async_trait]
impl Reader for FaultyReader {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        let hangs = |lookup: &Lookup| match lookup {
            Lookup::Contact(id) => *id == HANGING_CONTACT,
            Lookup::Address(_, identifier) => identifier == HANGING_NUMBER,
            _ => false,
        };
        if request.lookups.iter().any(hangs) {
            self.owner.hanging_reads.add_permits(1);
            return std::future::pending().await;
        }
        if request.lookups.contains(&Lookup::Contact(FAILING_CONTACT)) {
            return Err(StoreError::Unavailable("the disk has gone away".to_owned()));
        }
        if let Some(conflict) = self.owner.conflicts.take_before_read(request) {
            let verdicts = self.owner.store.committer().await?.commit(&[conflict]).await?;
            assert_eq!(verdicts, [CommitOutcome::Committed]);
        }
        self.reader.read(request).await
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(FaultyReader { reader: self.store.reader().await?, owner: self.clone() }))
    }

    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        Ok(self.conflicts.wrap(self.store.committer().await?))
    }

    async fn configuration(&self, tenant: &str) -> Result<Option<Configuration>, StoreError> {
        self.store.configuration(tenant).await
    }

    async fn configure(&self, changes: &[ConfigurationChange]) -> Result<bool, StoreError> {
        self.store.configure(changes).await
    }

    async fn tenants(&self, filter: &Filter, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        self.store.tenants(filter, page).await
    }

    async fn campaigns(&self, filter: &Filter, page: &Page) -> Result<Vec<Campaign>, StoreError> {
        self.store.campaigns(filter, page).await
    }

    async fn contacts(&self, filter: &Filter, page: &Page) -> Result<Vec<ContactRow>, StoreError> {
        self.store.contacts(filter, page).await
    }

    async fn records(&self, filter: &Filter, page: &Page) -> Result<Vec<(String, Record)>, StoreError> {
        self.store.records(filter, page).await
    }

    async fn dnd(&self, filter: &Filter, page: &Page) -> Result<Vec<DndRow>, StoreError> {
        self.store.dnd(filter, page).await
    }

    async fn record_log(&self, tenant: &str, record: Uuid) -> Result<Vec<LogEntry>, StoreError> {
        self.store.record_log(tenant, record).await
    }
}
