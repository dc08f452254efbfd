//! A store that records its commits, and that a test can replace while the host runs.

use async_trait::async_trait;
use flowhost::domain::{Campaign, Record, Tenant};
use flowhost::store::{
    CommitOutcome, CommitRequest, Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry,
    Page, ReadRequest, Reader, Snapshot, Store, StoreError,
};
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

/// A handle to the recorded store. Clones share it.
#[derive(Clone)]
pub(crate) struct RecordingStore(Arc<Mutex<RecordingState>>);

struct RecordingState {
    store: Arc<dyn Store>,
    generation: usize,
    changes: Vec<CommitRequest>,
    reads: usize,
}

impl RecordingStore {
    pub(crate) fn new(store: impl Store) -> Self {
        Self(Arc::new(Mutex::new(RecordingState {
            store: Arc::new(store),
            generation: 0,
            changes: Vec::new(),
            reads: 0,
        })))
    }

    /// Replaces the store and resets the counters. No invocation may run meanwhile.
    pub(crate) fn replace(&self, store: Arc<dyn Store>) {
        let mut current = self.lock_state();
        *current = RecordingState { store, generation: current.generation + 1, changes: Vec::new(), reads: 0 };
    }

    /// Takes the commits that changed something since the last call, in order.
    pub(crate) fn take_changes(&self) -> Vec<CommitRequest> {
        std::mem::take(&mut self.lock_state().changes)
    }

    /// The number of reads since the store was set.
    pub(crate) fn read_count(&self) -> usize {
        self.lock_state().reads
    }

    fn lock_state(&self) -> MutexGuard<'_, RecordingState> {
        self.0.lock().unwrap()
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.lock_state().store)
    }
}

/// A connection, and the generation of the store that it was opened for.
struct RecordingConnection<T: ?Sized> {
    generation: usize,
    connection: Arc<T>,
}

struct RecordingReader {
    owner: RecordingStore,
    opened: Mutex<RecordingConnection<dyn Reader>>,
}

impl RecordingStore {
    async fn open(&self) -> Result<RecordingConnection<dyn Reader>, StoreError> {
        let (store, generation) = {
            let current = self.lock_state();
            (Arc::clone(&current.store), current.generation)
        };
        Ok(RecordingConnection { generation, connection: store.reader().await?.into() })
    }
}

#[async_trait]
impl Reader for RecordingReader {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        let generation = {
            let mut current = self.owner.lock_state();
            current.reads += 1;
            current.generation
        };
        let connection = {
            let opened = self.opened.lock().unwrap();
            (opened.generation == generation).then(|| Arc::clone(&opened.connection))
        };
        let connection = match connection {
            Some(connection) => connection,
            None => {
                let opened = self.owner.open().await?;
                let connection = Arc::clone(&opened.connection);
                *self.opened.lock().unwrap() = opened;
                connection
            }
        };
        connection.read(request).await
    }
}

struct RecordingCommitter {
    owner: RecordingStore,
    generation: usize,
    committer: Box<dyn Committer>,
}

#[async_trait]
impl Committer for RecordingCommitter {
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError> {
        let (store, generation) = {
            let current = self.owner.lock_state();
            (Arc::clone(&current.store), current.generation)
        };
        if generation != self.generation {
            self.committer = store.committer().await?;
            self.generation = generation;
        }
        let verdicts = self.committer.commit(batch).await?;
        let done = batch.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == CommitOutcome::Committed);
        let changed = done.map(|(commit, _)| commit).filter(|commit| !commit.changes.is_empty());
        self.owner.lock_state().changes.extend(changed.cloned());
        Ok(verdicts)
    }
}

#[async_trait]
impl Store for RecordingStore {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        let opened = Mutex::new(self.open().await?);
        Ok(Box::new(RecordingReader { owner: self.clone(), opened }))
    }

    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        let (store, generation) = (self.store(), self.lock_state().generation);
        Ok(Box::new(RecordingCommitter { owner: self.clone(), generation, committer: store.committer().await? }))
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
