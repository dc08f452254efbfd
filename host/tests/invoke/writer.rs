//! A writer that panics, and a file whose numbers are used up.

use crate::world::{ALWAYS, World, session};
use async_trait::async_trait;
use flowhost::domain::{Campaign, Record, Tenant};
use flowhost::store::{
    Commit, Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry, MemoryStore, Page,
    Reader, SqliteOptions, SqliteStore, Store, StoreError, Verdict,
};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use uuid::Uuid;

/// A store whose writers panic so many times.
#[derive(Clone, Default)]
struct Fragile {
    store: MemoryStore,
    panics: Arc<AtomicUsize>,
    writers: Arc<AtomicUsize>,
}

struct FragileWriter(Fragile);

#[async_trait]
impl Committer for FragileWriter {
    async fn commit(&mut self, batch: &[Commit]) -> Result<Vec<Verdict>, StoreError> {
        let left = self.0.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |panics| panics.checked_sub(1));
        assert!(left.is_err(), "a writer with a defect");
        self.0.store.commit(batch).await
    }
}

#[async_trait]
impl Store for Fragile {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        self.store.reader().await
    }

    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        self.writers.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(FragileWriter(self.clone())))
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

/// Makes a contact of this user.
async fn make(world: &World, user: &str) -> Result<flowhost::Outcome, flowhost::Failure> {
    let parameters = json!({ "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "id" });
    let mut session = session("messenger", user);
    session.id = format!("session of {user}");
    world.request("campaign-contact-manager", &session, parameters, Some(user)).await
}

#[tokio::test]
async fn a_writer_that_panics_is_replaced() {
    let store = Fragile::default();
    let world = World::on(store.clone(), tempfile::tempdir().unwrap()).await;
    assert_eq!(store.writers.load(Ordering::SeqCst), 1);
    for round in 0..3 {
        store.panics.store(1, Ordering::SeqCst);
        let users: Vec<_> = (0..8).map(|user| format!("{round}/{user}")).collect();
        let answers = join_all(users.iter().map(|user| make(&world, user))).await;
        let failed = || answers.iter().filter_map(|answer| answer.as_ref().err());
        assert!(failed().count() > 0);
        for failure in failed() {
            assert_eq!((failure.code.as_str(), failure.retryable), ("store-unavailable", true));
        }
        let again = join_all(users.iter().map(|user| make(&world, user))).await;
        assert!(again.iter().all(Result::is_ok), "{again:?}");
        assert_eq!(world.contacts().await.len(), 8 * (round + 1));
        assert_eq!(store.writers.load(Ordering::SeqCst), round + 2);
    }
}

#[tokio::test]
async fn a_file_whose_numbers_are_used_up_stops_nobody_who_needs_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path, SqliteOptions::default()).await.unwrap();
    let world = World::on(store, folder).await;
    let ana = world.known("messenger", "m-1").await;
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let last = "INSERT INTO contacts SELECT 9223372036854775807, tenant, zeroblob(16), 1, name, NULL, NULL, NULL, '[]', 0, 0 \
        FROM contacts";
    connection.execute(last).await.unwrap();

    let failure = make(&world, "m-2").await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retryable), ("store-unavailable", false));
    let parameters = json!({
        "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS, "DND_CONTACT_EXPRESSION": true,
    });
    let outcome = world.request("campaign-dnd-manager", &ana, parameters, Some("k")).await.unwrap();
    assert_eq!(outcome.error, None);
    assert_eq!(world.dnd().await.len(), 1);
}
