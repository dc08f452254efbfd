//! A store that can be exchanged under a running host, and remembers what was committed to it.

use async_trait::async_trait;
use flowhost::domain::{Campaign, Record, Tenant};
use flowhost::store::{
    Commit, Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry, Page, ReadRequest,
    Reader, Snapshot, Store, StoreError, Verdict,
};
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

/// Clones are the same store.
#[derive(Clone)]
pub(crate) struct Watched(Arc<Mutex<Current>>);

struct Current {
    store: Arc<dyn Store>,
    exchanges: usize,
    changes: Vec<Commit>,
    reads: usize,
}

impl Watched {
    pub(crate) fn new(store: impl Store) -> Self {
        Self(Arc::new(Mutex::new(Current { store: Arc::new(store), exchanges: 0, changes: Vec::new(), reads: 0 })))
    }

    /// Puts another store in the place of the one that there was. For moments when nobody uses it.
    pub(crate) fn exchange(&self, store: Arc<dyn Store>) {
        let mut current = self.now();
        *current = Current { store, exchanges: current.exchanges + 1, changes: Vec::new(), reads: 0 };
    }

    /// What was committed and changed something, in its order, since this was last asked.
    pub(crate) fn changes(&self) -> Vec<Commit> {
        std::mem::take(&mut self.now().changes)
    }

    /// How often it was read since it was put here.
    pub(crate) fn reads(&self) -> usize {
        self.now().reads
    }

    fn now(&self) -> MutexGuard<'_, Current> {
        self.0.lock().unwrap()
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.now().store)
    }
}

/// A connection to the store that there was when it was opened.
struct Opened<T: ?Sized> {
    exchanges: usize,
    connection: Arc<T>,
}

struct WatchedReader {
    of: Watched,
    opened: Mutex<Opened<dyn Reader>>,
}

impl Watched {
    async fn open(&self) -> Result<Opened<dyn Reader>, StoreError> {
        let (store, exchanges) = {
            let current = self.now();
            (Arc::clone(&current.store), current.exchanges)
        };
        Ok(Opened { exchanges, connection: store.reader().await?.into() })
    }
}

#[async_trait]
impl Reader for WatchedReader {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        let exchanges = {
            let mut current = self.of.now();
            current.reads += 1;
            current.exchanges
        };
        let connection = {
            let opened = self.opened.lock().unwrap();
            (opened.exchanges == exchanges).then(|| Arc::clone(&opened.connection))
        };
        let connection = match connection {
            Some(connection) => connection,
            None => {
                let opened = self.of.open().await?;
                let connection = Arc::clone(&opened.connection);
                *self.opened.lock().unwrap() = opened;
                connection
            }
        };
        connection.read(request).await
    }
}

struct WatchedCommitter {
    of: Watched,
    exchanges: usize,
    committer: Box<dyn Committer>,
}

#[async_trait]
impl Committer for WatchedCommitter {
    async fn commit(&mut self, batch: &[Commit]) -> Result<Vec<Verdict>, StoreError> {
        let (store, exchanges) = {
            let current = self.of.now();
            (Arc::clone(&current.store), current.exchanges)
        };
        if exchanges != self.exchanges {
            self.committer = store.committer().await?;
            self.exchanges = exchanges;
        }
        let verdicts = self.committer.commit(batch).await?;
        let done = batch.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == Verdict::Done);
        let changed = done.map(|(commit, _)| commit).filter(|commit| !commit.changes.is_empty());
        self.of.now().changes.extend(changed.cloned());
        Ok(verdicts)
    }
}

#[async_trait]
impl Store for Watched {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        let opened = Mutex::new(self.open().await?);
        Ok(Box::new(WatchedReader { of: self.clone(), opened }))
    }

    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        let (store, exchanges) = (self.store(), self.now().exchanges);
        Ok(Box::new(WatchedCommitter { of: self.clone(), exchanges, committer: store.committer().await? }))
    }

    async fn configuration(&self, tenant: &str) -> Result<Option<Configuration>, StoreError> {
        self.store().configuration(tenant).await
    }

    async fn configure(&self, changes: &[ConfigurationChange]) -> Result<bool, StoreError> {
        self.store().configure(changes).await
    }

    async fn tenants(&self, filter: &Filter, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        self.store().tenants(filter, page).await
    }

    async fn campaigns(&self, filter: &Filter, page: &Page) -> Result<Vec<Campaign>, StoreError> {
        self.store().campaigns(filter, page).await
    }

    async fn contacts(&self, filter: &Filter, page: &Page) -> Result<Vec<ContactRow>, StoreError> {
        self.store().contacts(filter, page).await
    }

    async fn records(&self, filter: &Filter, page: &Page) -> Result<Vec<(String, Record)>, StoreError> {
        self.store().records(filter, page).await
    }

    async fn dnd(&self, filter: &Filter, page: &Page) -> Result<Vec<DndRow>, StoreError> {
        self.store().dnd(filter, page).await
    }

    async fn record_log(&self, tenant: &str, record: Uuid) -> Result<Vec<LogEntry>, StoreError> {
        self.store().record_log(tenant, record).await
    }
}
