//! A host of one worker with two tenants, a hostile plugin, and neighbours that must not be affected.

use crate::conflicts::ConflictingWrites;
use crate::faulty_store::{FaultyStore, HANGING_CONTACT};
use crate::{log, plugins};
use flowhost::domain::Record;
use flowhost::store::{self, ContactRow, DndRow, Filter, Page};
use flowhost::{Failure, Host, Limits, LoadError, Outcome, Request, Session};
use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

pub(crate) const CAMPAIGN: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dc";
pub(crate) const OTHER_TENANT_CAMPAIGN: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dd";

/// Invocations that run beside an attack.
const NEIGHBOURS: usize = 8;

pub(crate) struct Fixture {
    pub(crate) host: Arc<Host>,
    /// One permit for each read that never completes.
    pub(crate) hanging_reads: Arc<Semaphore>,
    /// Injected writes of other sessions.
    pub(crate) conflicts: ConflictingWrites,
    /// A contact of the tenant `acme`.
    pub(crate) contact: String,
    /// A contact of the tenant `other`, and its record.
    pub(crate) other_tenant_contact: String,
    pub(crate) other_tenant_record: String,
}

/// The stored data that plugins could change.
#[derive(Debug, PartialEq)]
pub(crate) struct StoreDump(Vec<ContactRow>, Vec<(String, Record)>, Vec<DndRow>);

impl StoreDump {
    /// The records of this contact.
    pub(crate) fn records_of(&self, contact: &str) -> Vec<Record> {
        let of = self.1.iter().filter(|(_, record)| record.contact.to_string() == contact);
        of.map(|(_, record)| record.clone()).collect()
    }

    pub(crate) fn name_of(&self, contact: &str) -> &str {
        &self.0.iter().find(|row| row.contact.id.to_string() == contact).unwrap().contact.name
    }
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with_limits(|_| {}).await
    }

    /// A fixture with changed limits.
    pub(crate) async fn with_limits(change: impl FnOnce(&mut Limits)) -> Self {
        log::install_capture();
        let store = FaultyStore::new();
        let (hanging_reads, conflicts) = (Arc::clone(&store.hanging_reads), store.conflicts.clone());
        store::apply(&store, &configuration()).await.unwrap();
        let mut limits = Limits::default();
        limits.instances_per_worker = 32;
        // Longer than the default: on a busy machine the limit must stop only infinite loops.
        limits.cpu_time = Duration::from_secs(1);
        change(&mut limits);
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-hostile");
        // A test replaces it with a component for an earlier release of the contract.
        let builder = Host::builder().replace_built_in("campaign-dnd-validator");
        let host = builder.workers(1).limits(limits).cache(cache).open(store).await.unwrap();
        host.load(&plugins::component("hostile")).unwrap();
        let mut fixture = Self {
            host: Arc::new(host),
            hanging_reads,
            conflicts,
            contact: String::new(),
            other_tenant_contact: String::new(),
            other_tenant_record: String::new(),
        };
        fixture.contact = fixture.create_contact("acme", "56987654321").await;
        fixture.other_tenant_contact = fixture.create_contact("other", "56987654321").await;
        fixture.other_tenant_record = fixture.create_record().await;
        fixture
    }

    /// A request that carries out this attack of the plugin `hostile`. `first` and `second` are the ids it works on.
    pub(crate) fn attack(&self, attack: &str, first: &str, second: &str) -> Request {
        let parameters = json!({
            "ATTACK": attack, "FIRST": first, "SECOND": second, "RESULT_ENTITY": "result", "STATUS_ENTITY": "status",
        });
        self.request("hostile", &parameters, session("acme", "56911111111"))
    }

    pub(crate) fn request(&self, action: &str, parameters: &Json, session: Session) -> Request {
        Request::new(self.host.prepare(action, parameters.as_object().unwrap()).unwrap(), session)
    }

    /// Invokes a request beside neighbours on the same worker. Asserts that the neighbours succeed, that the store is
    /// unchanged, and that the worker serves a request afterwards.
    pub(crate) async fn run_beside_neighbours(&self, request: Request) -> Result<Outcome, Failure> {
        let before = self.dump().await;
        let neighbours = join_all((0..NEIGHBOURS).map(|_| self.invoke_neighbour("acme")));
        let (result, ()) = tokio::join!(self.host.invoke(request), async { drop(neighbours.await) });
        assert_eq!(self.dump().await, before);
        self.invoke_neighbour("other").await;
        result
    }

    /// Loads a component beside neighbours. Asserts that the catalog is unchanged if the host rejects the component.
    pub(crate) async fn load_beside_neighbours(&self, component: Vec<u8>) -> Result<(), LoadError> {
        let before: Vec<_> = self.host.catalog().all().map(|action| action.digest.clone()).collect();
        let host = Arc::clone(&self.host);
        let loading = tokio::task::spawn_blocking(move || host.load(&component).map(drop));
        let neighbours = join_all((0..NEIGHBOURS).map(|_| self.invoke_neighbour("acme")));
        let (result, _) = tokio::join!(loading, neighbours);
        let result = result.unwrap();
        if result.is_err() {
            let after: Vec<_> = self.host.catalog().all().map(|action| action.digest.clone()).collect();
            assert_eq!(after, before);
        }
        result
    }

    /// Loads a component and invokes its action, which has no parameters, as [`Fixture::run_beside_neighbours`] does.
    pub(crate) async fn load_and_run_beside_neighbours(&self, name: &str) -> Result<Outcome, Failure> {
        self.host.load(&plugins::component(name)).unwrap();
        self.run_beside_neighbours(self.request(name, &json!({}), session("acme", "56911111111"))).await
    }

    /// Makes an invocation of the tenant `acme` or `other` and asserts that it succeeds.
    pub(crate) async fn invoke_neighbour(&self, tenant: &str) -> Outcome {
        let (contact, campaign) = match tenant {
            "acme" => (&self.contact, CAMPAIGN),
            _ => (&self.other_tenant_contact, OTHER_TENANT_CAMPAIGN),
        };
        let mut session = session(tenant, "56987654321");
        session.entities.insert("contact".to_owned(), contact.as_str().into());
        let parameters = json!({
            "CONTACT_IDENTIFIER_ENTITY": "contact", "CAMPAIGN_ID": campaign, "DND_VALIDATION_RESULT": "blocked",
        });
        let outcome = self.host.invoke(self.request("campaign-dnd-validator", &parameters, session)).await.unwrap();
        assert_eq!((outcome.port.as_str(), &outcome.error), ("next", &None));
        assert_eq!(outcome.entities["blocked"], json!(false));
        outcome
    }

    /// Waits until `count` reads that never complete have begun.
    pub(crate) async fn wait_for_hanging_reads(&self, count: u32) {
        self.hanging_reads.acquire_many(count).await.unwrap().forget();
    }

    /// A request whose host call never completes.
    pub(crate) fn hanging_request(&self) -> Request {
        self.attack("waits", &HANGING_CONTACT.to_string(), "")
    }

    pub(crate) async fn dump(&self) -> StoreDump {
        let (store, filter, page) = (self.host.store(), Filter::default(), Page { after: None, limit: 100_000 });
        StoreDump(
            store.contacts(&filter, &page).await.unwrap(),
            store.records(&filter, &page).await.unwrap(),
            store.dnd(&filter, &page).await.unwrap(),
        )
    }

    pub(crate) async fn create_contact(&self, tenant: &str, user: &str) -> String {
        let parameters = json!({ "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "id" });
        let request = self.request("campaign-contact-manager", &parameters, session(tenant, user));
        let outcome = self.host.invoke(request).await.unwrap();
        outcome.entities["id"].as_str().unwrap().to_owned()
    }

    async fn create_record(&self) -> String {
        let mut session = session("other", "56987654321");
        session.entities.insert("contact".to_owned(), self.other_tenant_contact.as_str().into());
        let parameters = json!({
            "CAMPAIGN_ID": OTHER_TENANT_CAMPAIGN, "CONTACT_IDENTIFIER_ENTITY": "contact", "RECORD_ID_ENTITY": "record",
            "OPERATION_ENTITY": "operation", "IS_INTERNAL": true,
        });
        let request = self.request("campaign-record-administration", &parameters, session);
        let outcome = self.host.invoke(request).await.unwrap();
        outcome.entities["record"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn session(tenant: &str, user: &str) -> Session {
    Session::new(tenant, "messenger", user)
}

/// Sets an invocation timeout of 1 s: short enough to wait for, long enough for neighbours on a busy machine.
pub(crate) fn short_limits(limits: &mut Limits) {
    limits.invocation_timeout = Duration::from_secs(1);
}

fn configuration() -> String {
    let tenant = |id: &str| {
        json!({ "id": id, "name": id, "time_zone": "UTC", "phone_region": "CL", "default_intention": "menu",
                "channels": ["whatsapp", "messenger"] })
    };
    let campaign = |tenant: &str, id: &str| {
        json!({ "tenant": tenant, "id": id, "name": "Recovery", "type": "simple", "mode": "always-on",
                "category": "Collections", "valid_until": "2099-01-31", "validity_hours": 24, "intention": "pay" })
    };
    json!({
        "tenants": [tenant("acme"), tenant("other")],
        "campaigns": [campaign("acme", CAMPAIGN), campaign("other", OTHER_TENANT_CAMPAIGN)],
    })
    .to_string()
}
