//! A store that never answers for one contact and one address, fails for another, and lets others write in between.

use crate::rivals::Rivals;
use async_trait::async_trait;
use flowhost::domain::{Campaign, Record, Tenant};
use flowhost::store::{
    Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry, Lookup, MemoryStore, Page,
    ReadRequest, Reader, Snapshot, Store, StoreError, Verdict,
};
use std::sync::Arc;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Whoever reads this contact waits for ever.
pub(crate) const SILENT: Uuid = Uuid::from_u128(0xa47be8af_d40d_452c_9a3e_bcf668fcd001);

/// Whoever looks for the contact with this address waits for ever.
pub(crate) const SILENT_NUMBER: &str = "+56900000001";

/// Whoever reads this contact meets a failure.
pub(crate) const BROKEN: Uuid = Uuid::from_u128(0xa47be8af_d40d_452c_9a3e_bcf668fcd002);

#[derive(Clone)]
pub(crate) struct Gated {
    store: MemoryStore,
    /// A permit for each read that waits for ever.
    pub(crate) arrived: Arc<Semaphore>,
    pub(crate) rivals: Rivals,
}

impl Gated {
    pub(crate) fn new() -> Self {
        Self { store: MemoryStore::new(), arrived: Arc::new(Semaphore::new(0)), rivals: Rivals::default() }
    }
}

struct GatedReader {
    reader: Box<dyn Reader>,
    gated: Gated,
}

#[async_trait]
impl Reader for GatedReader {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        let silent = |lookup: &Lookup| match lookup {
            Lookup::Contact(id) => *id == SILENT,
            Lookup::Address(_, identifier) => identifier == SILENT_NUMBER,
            _ => false,
        };
        if request.lookups.iter().any(silent) {
            self.gated.arrived.add_permits(1);
            return std::future::pending().await;
        }
        if request.lookups.contains(&Lookup::Contact(BROKEN)) {
            return Err(StoreError::Unavailable("the disk has gone away".to_owned()));
        }
        if let Some(rival) = self.gated.rivals.before_reading(request) {
            let verdicts = self.gated.store.committer().await?.commit(&[rival]).await?;
            assert_eq!(verdicts, [Verdict::Done]);
        }
        self.reader.read(request).await
    }
}

#[async_trait]
impl Store for Gated {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(GatedReader { reader: self.store.reader().await?, gated: self.clone() }))
    }

    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        Ok(self.rivals.before(self.store.committer().await?))
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
