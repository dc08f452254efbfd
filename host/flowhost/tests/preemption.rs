//! A new invocation preempts a CPU-bound plugin at once; it does not wait for the next epoch tick. The test measures
//! time, so it is the only test in its binary.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, reason = "the other tests use more of it")]
#[path = "hostile/plugins.rs"]
mod plugins;

use flowhost::store::{self, MemoryStore};
use flowhost::{Host, Limits, Request, Session};
use serde_json::{Value as Json, json};
use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

const CAMPAIGN: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dc";

/// The epoch period: a CPU-bound plugin yields at every tick, microseconds.
const TICK_MICROS: u64 = 1_000;

/// Lower limit for the invocations that complete in one tick. An idle machine completes about 20. At most one would
/// complete if each had to wait for the tick.
const MIN_NEIGHBOURS_PER_TICK: u64 = 2;

async fn host() -> Host {
    let store = MemoryStore::new();
    let configuration = json!({
        "tenants": [{
            "id": "acme", "name": "Acme", "time_zone": "UTC", "phone_region": "CL", "default_intention": "menu",
            "channels": ["messenger"],
        }],
        "campaigns": [{
            "tenant": "acme", "id": CAMPAIGN, "name": "Recovery", "type": "simple", "mode": "always-on",
            "category": "Collections", "intention": "pay",
        }],
    });
    store::apply(&store, &configuration.to_string()).await.unwrap();
    let mut limits = Limits::default();
    limits.cpu_time = Duration::from_millis(500);
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-preemption");
    let host = Host::builder().workers(1).limits(limits).cache(cache).open(store).await.unwrap();
    host.load(&plugins::component("hostile")).unwrap();
    host
}

fn request(host: &Host, action: &str, parameters: &Json) -> Request {
    let node = host.prepare(action, parameters.as_object().unwrap()).unwrap();
    let mut session = Session::new("acme", "messenger", "u");
    session.entities.insert("contact".to_owned(), CAMPAIGN.into());
    Request::new(node, session)
}

#[tokio::test]
async fn neighbours_do_not_wait_for_the_next_tick() {
    let host = host().await;
    let infinite_loop = request(
        &host,
        "hostile",
        &json!({ "ATTACK": "infinite-loop", "FIRST": "", "SECOND": "", "RESULT_ENTITY": "result", "STATUS_ENTITY": "status" }),
    );
    let neighbour = request(
        &host,
        "campaign-dnd-validator",
        &json!({ "CONTACT_IDENTIFIER_ENTITY": "contact", "CAMPAIGN_ID": CAMPAIGN, "DND_VALIDATION_RESULT": "blocked" }),
    );
    let done = Cell::new(false);
    let computing = async {
        let outcome = host.invoke(infinite_loop).await.unwrap();
        done.set(true);
        outcome
    };
    let neighbours = async {
        let mut count = 0;
        while !done.get() {
            let outcome = host.invoke(neighbour.clone()).await.unwrap();
            assert_eq!(outcome.error.unwrap().code, "contact-not-found");
            count += 1;
        }
        count
    };
    let (outcome, count) = tokio::join!(computing, neighbours);
    assert_eq!(outcome.error.unwrap().code, "limit-cpu");
    let ticks = outcome.usage.cpu_us / TICK_MICROS;
    assert!(count > MIN_NEIGHBOURS_PER_TICK * ticks, "{count} neighbours in {ticks} ticks");
}
