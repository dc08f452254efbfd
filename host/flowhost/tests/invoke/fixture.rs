//! A host with two tenants, and functions that invoke its actions and read its store.

use chrono::{DateTime, Utc};
use flowhost::domain::RecordState;
use flowhost::store::{Filter, MemoryStore, Page, SqliteOptions, SqliteStore, Store};
use flowhost::{Host, Limits, Outcome, Request, Session, store};
use serde_json::{Value as Json, json};
use std::path::Path;

pub(crate) const ALWAYS_ON: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dc";
pub(crate) const OTHER_TENANT_CAMPAIGN: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dd";
pub(crate) const MANUAL: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1de";
pub(crate) const SCHEDULED: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1df";
pub(crate) const EXPIRED: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1e0";
pub(crate) const MULTIPLE: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1e1";

/// The time of every session.
pub(crate) const NOW: &str = "2027-03-01T12:00:00Z";

pub(crate) struct Fixture {
    pub(crate) host: Host,
    _folder: tempfile::TempDir,
}

/// Runs a test on every store.
#[macro_export]
macro_rules! on_every_store {
    ($($name:ident($fixture:ident) $body:block)*) => {
        mod memory { use super::*; $(
            #[tokio::test]
            async fn $name() { let $fixture = $crate::fixture::Fixture::in_memory().await; $body }
        )* }
        mod sqlite { use super::*; $(
            #[tokio::test]
            async fn $name() { let $fixture = $crate::fixture::Fixture::on_sqlite().await; $body }
        )* }
    };
}

impl Fixture {
    pub(crate) async fn in_memory() -> Self {
        Self::with_store(MemoryStore::new(), tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("store.db"), SqliteOptions::default()).await.unwrap();
        Self::with_store(store, folder).await
    }

    /// A fixture with a store in memory and changed limits.
    pub(crate) async fn with_limits(change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = Limits::default();
        change(&mut limits);
        Self::open(MemoryStore::new(), tempfile::tempdir().unwrap(), limits).await
    }

    pub(crate) async fn with_store(store: impl Store, folder: tempfile::TempDir) -> Self {
        Self::open(store, folder, Limits::default()).await
    }

    async fn open(store: impl Store, folder: tempfile::TempDir, limits: Limits) -> Self {
        store::apply(&store, &configuration()).await.unwrap();
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        let host = Host::builder().workers(2).limits(limits).cache(cache).open(store).await.unwrap();
        Self { host, _folder: folder }
    }

    pub(crate) async fn invoke(&self, action: &str, session: &Session, parameters: Json) -> Outcome {
        self.request(action, session, parameters, None).await.unwrap()
    }

    pub(crate) async fn request(
        &self,
        action: &str,
        session: &Session,
        parameters: Json,
        key: Option<&str>,
    ) -> Result<Outcome, flowhost::Failure> {
        let node = self.host.prepare(action, parameters.as_object().unwrap())?;
        let request = Request::new(node, session.clone());
        self.host.invoke(if let Some(key) = key { request.with_key(key) } else { request }).await
    }

    /// The id of the contact of a user. Creates the contact if it does not exist.
    pub(crate) async fn ensure_contact(&self, session: &Session) -> String {
        let parameters = json!({ "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "id" });
        let outcome = self.invoke("campaign-contact-manager", session, parameters).await;
        assert_eq!(outcome.error, None);
        outcome.entities["id"].as_str().unwrap().to_owned()
    }

    /// A session of a user that has a contact, whose id the entity `contact_id` holds.
    pub(crate) async fn session_with_contact(&self, channel: &str, user: &str) -> Session {
        let mut session = session(channel, user);
        let id = self.ensure_contact(&session).await;
        session.entities.insert("contact_id".to_owned(), Json::from(id));
        session
    }

    pub(crate) async fn contacts(&self) -> Vec<store::ContactRow> {
        self.host.store().contacts(&Filter::default(), &unlimited_page()).await.unwrap()
    }

    pub(crate) async fn records(&self, state: Option<RecordState>) -> Vec<flowhost::domain::Record> {
        let filter = Filter { state, ..Filter::default() };
        let rows = self.host.store().records(&filter, &unlimited_page()).await.unwrap();
        rows.into_iter().map(|(_, record)| record).collect()
    }

    pub(crate) async fn dnd(&self) -> Vec<store::DndRow> {
        self.host.store().dnd(&Filter::default(), &unlimited_page()).await.unwrap()
    }
}

fn unlimited_page() -> Page {
    Page { after: None, limit: 100_000 }
}

pub(crate) fn session(channel: &str, user: &str) -> Session {
    let mut session = Session::new("acme", channel, user);
    session.at = Some(NOW.parse::<DateTime<Utc>>().unwrap());
    session
}

/// The code of an outcome that exited through the port `error`.
pub(crate) fn code(outcome: &Outcome) -> &str {
    assert_eq!(outcome.port, "error", "{outcome:?}");
    &outcome.error.as_ref().unwrap().code
}

fn configuration() -> String {
    let campaign = |tenant: &str, id: &str, name: &str, mode: &str, kind: &str, valid: &str| {
        json!({ "tenant": tenant, "id": id, "name": name, "type": kind, "mode": mode, "category": "Collections",
                "valid_until": valid, "validity_hours": 24, "intention": "pay" })
    };
    let mut scheduled = campaign("acme", SCHEDULED, "Scheduled", "scheduled", "simple", "2030-01-31");
    scheduled["starts_at"] = json!("2027-06-01T00:00:00Z");
    scheduled["ends_at"] = json!("2027-07-01T00:00:00Z");
    let tenant = |id: &str, zone: &str| {
        json!({ "id": id, "name": id, "time_zone": zone, "phone_region": "CL", "default_intention": "menu",
                "channels": ["whatsapp", "voice", "messenger", "widget", "sms"] })
    };
    json!({
        "tenants": [tenant("acme", "America/Santiago"), tenant("other", "UTC")],
        "campaigns": [
            campaign("acme", ALWAYS_ON, "Always", "always-on", "simple", "2030-01-31"),
            campaign("acme", MANUAL, "Manual", "manual", "simple", "2030-01-31"),
            scheduled,
            campaign("acme", EXPIRED, "Expired", "always-on", "simple", "2027-02-28"),
            campaign("acme", MULTIPLE, "Multiple", "always-on", "multiple", "2030-01-31"),
            campaign("other", OTHER_TENANT_CAMPAIGN, "Others", "always-on", "simple", "2030-01-31"),
        ],
    })
    .to_string()
}
