//! Hosts for hostile input, with a tenant that has campaigns and channels of every kind.

use flowhost::domain::Record;
use flowhost::store::{self, ContactRow, DndRow, Filter, MemoryStore, Page, Store};
use flowhost::{Host, HostBuilder, Limits, Session};
use serde_json::json;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub(crate) const TENANT: &str = "acme";

/// Limit for the inputs of one host: its store and its caches grow with each.
const INPUTS_PER_HOST: u32 = 200;

/// Runs a future on this thread's runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// A host on a store in memory. The pool opens it at first use, and replaces it after `INPUTS_PER_HOST` inputs.
pub(crate) struct HostPool {
    change: fn(HostBuilder, Limits) -> HostBuilder,
    host: Mutex<Option<(Host, u32)>>,
}

impl HostPool {
    /// A pool without a host. `change` gets a builder and long limits, and returns the builder of the hosts.
    pub(crate) const fn new(change: fn(HostBuilder, Limits) -> HostBuilder) -> Self {
        Self { change, host: Mutex::new(None) }
    }

    pub(crate) fn with_host<T>(&self, work: impl FnOnce(&Host) -> T) -> T {
        let mut slot = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        let used = slot.take_if(|(_, uses)| *uses >= INPUTS_PER_HOST);
        drop(used);
        let (host, uses) = slot.get_or_insert_with(|| (self.open(), 0));
        *uses += 1;
        work(host)
    }

    fn open(&self) -> Host {
        let store = MemoryStore::new();
        block_on(store::apply(&store, &configuration())).unwrap();
        let builder = Host::builder().workers(1);
        block_on((self.change)(builder, long_limits()).open(store)).unwrap()
    }
}

/// The builder of a host with the built-in actions and a cache.
pub(crate) fn with_actions(builder: HostBuilder, limits: Limits) -> HostBuilder {
    builder.limits(limits).cache(cache_folder())
}

/// Limits that only an infinite loop exceeds, even on a busy machine.
fn long_limits() -> Limits {
    let mut limits = Limits::default();
    limits.cpu_time = Duration::from_secs(10);
    limits.invocation_timeout = Duration::from_secs(300);
    limits.queue_timeout = limits.invocation_timeout;
    limits.instances_per_worker = 4;
    limits
}

/// A folder beside the running program, so that `cargo clean` deletes it.
fn cache_folder() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("compiled-for-fuzz-targets")
}

/// A session with a fixed time and seed, so that invocations are reproducible.
pub(crate) fn session() -> Session {
    let mut session = Session::new(TENANT, "whatsapp", "56987654321");
    session.seed = Some(7);
    session.at = Some("2027-03-01T12:00:00Z".parse().unwrap());
    let entities = json!({
        "name": "Ana", "number": "+56 9 8765 4321", "debt": 1500.5, "answer": true, "count": 3, "things": [1, "x"],
        "when": "01/04/2027 10:00:00", "nothing": null,
    });
    session.entities = serde_json::from_value(entities).unwrap();
    session
}

/// The stored data that an invocation may change.
pub(crate) fn dump(store: &dyn Store) -> (Vec<ContactRow>, Vec<(String, Record)>, Vec<DndRow>) {
    let (filter, all) = (Filter::default(), Page { after: None, limit: 1_000_000 });
    let contents = async {
        (
            store.contacts(&filter, &all).await.unwrap(),
            store.records(&filter, &all).await.unwrap(),
            store.dnd(&filter, &all).await.unwrap(),
        )
    };
    block_on(contents)
}

fn configuration() -> String {
    let campaign = |last: char, kind: &str, mode: &str| {
        json!({ "tenant": TENANT, "id": format!("a47be8af-d40d-452c-9a3e-bcf668fcd1d{last}"),
                "name": format!("Campaign {last}"), "type": kind, "mode": mode, "category": "Collections",
                "valid_until": "2099-01-31" })
    };
    json!({
        "tenants": [{ "id": TENANT, "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
            "channels": ["whatsapp", "voice", "messenger", "widget", "email", { "name": "kiosk", "can_send": false }] }],
        "campaigns": [campaign('c', "simple", "always-on"), campaign('d', "multiple", "always-on"),
            campaign('e', "simple", "manual")],
    })
    .to_string()
}
