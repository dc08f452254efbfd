//! Memory of stopped plugins and machine code of replaced actions are released. The test measures the resident memory
//! of its process, so it is the only test in its binary.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, reason = "the other tests use more of it")]
#[path = "hostile/plugins.rs"]
mod plugins;

use flowhost::store::{self, MemoryStore};
use flowhost::{Host, Limits, Request, Session};
use futures_util::future::join_all;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// Attacks that end soon, each with its code. Those that allocate much memory come first.
const ATTACKS: [(&str, &str); 15] = [
    ("grow-memory-in-steps", "limit-memory"),
    ("allocate-at-once", "limit-memory"),
    ("sends-much-in-all", "limit-host-bytes"),
    ("returns-much", "limit-host-bytes"),
    ("sets-many-entities", "limit-entities"),
    ("calls-often", "limit-host-calls"),
    ("sends-much-at-once", "limit-host-bytes"),
    ("names-parameters-at-length", "limit-host-bytes"),
    ("sets-a-large-value", "limit-value-size"),
    ("nests-an-expression", "expression-too-large"),
    ("chains-an-expression", "expression-too-large"),
    ("recurses", "plugin-trap"),
    ("panics", "plugin-trap"),
    ("exit-through-unknown-port", "plugin-contract"),
    ("calls-undeclared-function", "plugin-contract"),
];

/// Concurrent invocations of each attack.
const CONCURRENCY: usize = 4;

/// Limit for the growth of the process over all rounds. Each round uses several hundred MiB while it runs.
const MAX_RETAINED_BYTES: u64 = 64 << 20;

/// Rounds after which the growth is measured, and rounds at most.
const MIN_ROUNDS: usize = 3;
const MAX_ROUNDS: usize = 6;

fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * rustix::param::page_size() as u64
}

fn request(host: &Host, attack: &str) -> Request {
    let parameters = json!({
        "ATTACK": attack, "FIRST": "", "SECOND": "", "RESULT_ENTITY": "result", "STATUS_ENTITY": "status",
    });
    let node = host.prepare("hostile", parameters.as_object().unwrap()).unwrap();
    Request::new(node, Session::new("acme", "messenger", "u"))
}

async fn run_attacks(host: &Host) {
    let attacks = ATTACKS.iter().cycle().take(ATTACKS.len() * CONCURRENCY).map(async |(attack, code)| {
        let outcome = host.invoke(request(host, attack)).await.unwrap();
        assert_eq!(outcome.error.unwrap().code, *code, "{attack}");
    });
    join_all(attacks).await;
}

/// Loads the action `times` times and invokes it after each load.
async fn replace_action(host: &Host, times: usize) {
    for _ in 0..times {
        host.load(&plugins::component("hostile")).unwrap();
        let attack = request(host, "calls-often");
        let outcomes = join_all((0..CONCURRENCY).map(|_| host.invoke(attack.clone()))).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }
}

#[tokio::test]
async fn memory_of_finished_invocations_is_released() {
    let store = MemoryStore::new();
    let tenant = json!({
        "id": "acme", "name": "acme", "time_zone": "UTC", "phone_region": "CL", "default_intention": "menu",
        "channels": ["messenger"],
    });
    store::apply(&store, &json!({ "tenants": [tenant] }).to_string()).await.unwrap();
    let mut limits = Limits::default();
    // Long enough that the attacks exceed their own limits first, even on a busy machine.
    limits.cpu_time = Duration::from_secs(10);
    limits.invocation_timeout = Duration::from_secs(60);
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-hostile");
    let open = async || {
        let host = Host::builder().workers(2).limits(limits.clone()).cache(&cache);
        let host = host.without_built_in_actions().open(store.clone()).await.unwrap();
        host.load(&plugins::component("hostile")).unwrap();
        host
    };

    // Dropping a host waits for its reclaimer: memory that is still in use afterwards was leaked.
    let host = open().await;
    run_attacks(&host).await;
    drop(host);
    let before = resident_bytes();
    // A leak grows with each round. The allocator may also keep memory that is free, which a later round uses again.
    let mut after = u64::MAX;
    for round in 1..=MAX_ROUNDS {
        let host = open().await;
        run_attacks(&host).await;
        run_attacks(&host).await;
        drop(host);
        if round >= MIN_ROUNDS {
            after = after.min(resident_bytes());
        }
        if after < before + MAX_RETAINED_BYTES {
            break;
        }
    }
    assert!(after < before + MAX_RETAINED_BYTES, "{} MiB before, {} MiB after", before >> 20, after >> 20);

    let host = open().await;
    replace_action(&host, 20).await;
    let before = resident_bytes();
    replace_action(&host, 200).await;
    let after = resident_bytes();
    assert!(after < before + MAX_RETAINED_BYTES, "{} MiB before, {} MiB after", before >> 20, after >> 20);
}
