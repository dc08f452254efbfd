//! Failures of the committer: a committer that panics, and a file whose row ids are exhausted.

use crate::fixture::{ALWAYS_ON, Fixture, session};
use async_trait::async_trait;
use flowhost::domain::{Campaign, Record, Tenant};
use flowhost::store::{
    CommitOutcome, CommitRequest, Committer, Configuration, ConfigurationChange, ContactRow, DndRow, Filter, LogEntry,
    MemoryStore, Page, Reader, SqliteOptions, SqliteStore, Store, StoreError,
};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use uuid::Uuid;

/// A store whose committers panic `panics` times.
#[derive(Clone, Default)]
struct PanickingStore {
    store: MemoryStore,
    panics: Arc<AtomicUsize>,
    committers: Arc<AtomicUsize>,
}

struct PanickingCommitter(PanickingStore);

#[async_trait]
impl Committer for PanickingCommitter {
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError> {
        let left = self.0.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |panics| panics.checked_sub(1));
        assert!(left.is_err(), "a writer with a defect");
        self.0.store.commit(batch).await
    }
}

#[async_trait]
impl Store for PanickingStore {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        self.store.reader().await
    }

    async fn committer(&self) -> Result<Box<dyn Committer>, StoreError> {
        self.committers.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(PanickingCommitter(self.clone())))
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

/// Creates a contact for this user.
async fn create_contact(fixture: &Fixture, user: &str) -> Result<flowhost::Outcome, flowhost::Failure> {
    let parameters = json!({ "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "id" });
    let mut session = session("messenger", user);
    session.id = format!("session of {user}");
    fixture.request("campaign-contact-manager", &session, parameters, Some(user)).await
}

#[tokio::test]
async fn a_committer_that_panics_is_replaced() {
    let store = PanickingStore::default();
    let fixture = Fixture::with_store(store.clone(), tempfile::tempdir().unwrap()).await;
    assert_eq!(store.committers.load(Ordering::SeqCst), 1);
    for round in 0..3 {
        store.panics.store(1, Ordering::SeqCst);
        let users: Vec<_> = (0..8).map(|user| format!("{round}/{user}")).collect();
        let answers = join_all(users.iter().map(|user| create_contact(&fixture, user))).await;
        let failed = || answers.iter().filter_map(|answer| answer.as_ref().err());
        assert!(failed().count() > 0);
        for failure in failed() {
            assert_eq!((failure.code.as_str(), failure.retryable), ("store-unavailable", true));
        }
        let again = join_all(users.iter().map(|user| create_contact(&fixture, user))).await;
        assert!(again.iter().all(Result::is_ok), "{again:?}");
        assert_eq!(fixture.contacts().await.len(), 8 * (round + 1));
        assert_eq!(store.committers.load(Ordering::SeqCst), round + 2);
    }
}

#[tokio::test]
async fn exhausted_row_ids_fail_only_inserts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path, SqliteOptions::default()).await.unwrap();
    let fixture = Fixture::with_store(store, folder).await;
    let ana = fixture.session_with_contact("messenger", "m-1").await;
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let last = "INSERT INTO contacts SELECT 9223372036854775807, tenant, zeroblob(16), 1, name, NULL, NULL, NULL, '[]', 0, 0 \
        FROM contacts";
    connection.execute(last).await.unwrap();

    let failure = create_contact(&fixture, "m-2").await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retryable), ("store-unavailable", false));
    let parameters = json!({
        "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_CONTACT_EXPRESSION": true,
    });
    let outcome = fixture.request("campaign-dnd-manager", &ana, parameters, Some("k")).await.unwrap();
    assert_eq!(outcome.error, None);
    assert_eq!(fixture.dnd().await.len(), 1);
}
