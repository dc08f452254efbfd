//! An own store: it counts the round trips to another store and passes each call on.
//!
//! A store of a new database implements the same three traits. `host/store-conformance` has a test suite for it.
//!
//! `cargo run --release --example own_store`
#![allow(clippy::print_stdout, reason = "the example prints its results")]

use async_trait::async_trait;
use flowhost::domain::{Campaign, Record, Tenant};
use flowhost::store::{
    CommitOutcome, CommitRequest, Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry,
    MemoryStore, Page, ReadRequest, Reader, Snapshot, Store, StoreError, apply,
};
use flowhost::{Host, Request, Session};
use serde_json::json;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

const TENANTS: &str = r#"{"tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago",
    "phone_region": "CL", "channels": ["whatsapp"]}]}"#;

/// The numbers of calls since the store was made.
#[derive(Debug, Default)]
struct Counters {
    reads: AtomicU64,
    lookups: AtomicU64,
    batches: AtomicU64,
    commits: AtomicU64,
}

/// A store that counts the calls of its readers and of its committer.
struct CountingStore<S> {
    store: S,
    counters: Arc<Counters>,
}

struct CountingReader {
    reader: Box<dyn Reader>,
    counters: Arc<Counters>,
}

struct CountingCommitter {
    committer: Box<dyn Committer>,
    counters: Arc<Counters>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let counters = Arc::new(Counters::default());
    let store = CountingStore { store: MemoryStore::new(), counters: Arc::clone(&counters) };
    apply(&store, TENANTS).await?;
    let host = Host::builder().open(store).await?;

    let parameters = json!({"CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "contact_id"});
    let node = host.prepare("campaign-contact-manager@1", parameters.as_object().ok_or("not an object")?)?;
    for user in ["56987654321", "56987654322"] {
        let outcome = host.invoke(Request::new(node.clone(), Session::new("acme", "whatsapp", user))).await?;
        assert_eq!(outcome.port, "next");
    }

    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    println!("{} reads with {} lookups", read(&counters.reads), read(&counters.lookups));
    println!("{} batches with {} commits", read(&counters.batches), read(&counters.commits));
    assert!(read(&counters.reads) >= 2);
    assert_eq!((read(&counters.batches), read(&counters.commits)), (2, 2));
    host.close().await?;
    Ok(())
}

#[async_trait]
impl Reader for CountingReader {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        self.counters.reads.fetch_add(1, Ordering::Relaxed);
        self.counters.lookups.fetch_add(request.lookups.len() as u64, Ordering::Relaxed);
        self.reader.read(request).await
    }
}

#[async_trait]
impl Committer for CountingCommitter {
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError> {
        self.counters.batches.fetch_add(1, Ordering::Relaxed);
        self.counters.commits.fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.committer.commit(batch).await
    }
}

#[async_trait]
impl<S: Store> Store for CountingStore<S> {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        let counters = Arc::clone(&self.counters);
        Ok(Box::new(CountingReader { reader: self.store.reader().await?, counters }))
    }

    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        let counters = Arc::clone(&self.counters);
        Ok(Box::new(CountingCommitter { committer: self.store.committer().await?, counters }))
    }

    fn needs_io_driver(&self) -> bool {
        self.store.needs_io_driver()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
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
