//! The effects of repeated attacks on other invocations, on memory, on idempotency keys and on the log.

use crate::fixture::{CAMPAIGN, Fixture, session};
use crate::log;
use futures_util::future::join_all;
use serde_json::json;
use std::cell::Cell;

/// Invocations of another tenant complete while plugins repeatedly loop, allocate without limit and trap.
#[tokio::test]
async fn neighbours_work_beside_repeated_attacks() {
    let fixture = Fixture::new().await;
    let done = Cell::new(false);
    let repeat_attack = |attack: &'static str, code: &'static str| {
        let (fixture, done) = (&fixture, &done);
        async move {
            while !done.get() {
                let outcome = fixture.host.invoke(fixture.attack(attack, CAMPAIGN, "")).await.unwrap();
                assert_eq!(outcome.error.unwrap().code, code);
            }
        }
    };
    let attacks = [
        ("infinite-loop", "limit-cpu"),
        ("grow-memory-in-steps", "limit-memory"),
        ("traps-while-writing", "plugin-trap"),
    ];
    let attacks = join_all(attacks.map(|(attack, code)| repeat_attack(attack, code)));
    let work = async {
        for _ in 0..500 {
            fixture.invoke_neighbour("other").await;
        }
        done.set(true);
    };
    tokio::join!(attacks, work);
}

/// 64 runs that allocate without limit use four instance slots of 64 MiB. Each run has its full limit, and afterwards
/// another action starts with the same memory as before.
#[tokio::test]
async fn memory_of_stopped_plugins_is_released() {
    let fixture = Fixture::with_limits(|limits| limits.instances_per_worker = 4).await;
    let before = fixture.invoke_neighbour("acme").await.usage.memory_bytes;
    for _ in 0..16 {
        let results =
            join_all((0..4).map(|_| fixture.host.invoke(fixture.attack("grow-memory-in-steps", "", "")))).await;
        for result in results {
            let outcome = result.unwrap();
            assert_eq!(outcome.error.unwrap().code, "limit-memory");
            assert!(outcome.usage.memory_bytes <= 64 << 20);
        }
    }
    assert_eq!(fixture.invoke_neighbour("acme").await.usage.memory_bytes, before);
}

/// A fault may be transient, so a request with the same key runs again. A refusal is stored and replayed.
#[tokio::test]
async fn keys_store_refusals_but_not_faults() {
    let fixture = Fixture::new().await;
    for (attack, kept) in [("panics", false), ("exit-through-unknown-port", false), ("refuses-while-writing", true)] {
        let request = fixture.attack(attack, CAMPAIGN, "").with_key(attack);
        let first = fixture.host.invoke(request.clone()).await.unwrap();
        let second = fixture.host.invoke(request).await.unwrap();
        assert_eq!((first.replayed, second.replayed), (false, kept), "{attack}");
        assert_eq!(second.error, first.error);
    }
}

/// The log of a tenant is limited to its rate and burst; the log of another tenant is complete.
#[tokio::test]
async fn log_quota_is_per_tenant() {
    let fixture = Fixture::with_limits(|limits| limits.log_lines_per_second = 1).await;
    let log = async |tenant: &str, name: &str| {
        let parameters = json!({ "ATTACK": name, "RESULT_ENTITY": "result", "STATUS_ENTITY": "status" });
        let request = fixture.request("hostile", &parameters, session(tenant, "56911111111"));
        let id = request.session.id.clone();
        assert_eq!(fixture.host.invoke(request).await.unwrap().port, "next");
        log::lines_of_session(&id)
    };
    // The burst is four lines, and the rate adds one line a second. A slow machine has at most a minute for this test.
    let shown = log("acme", "logs-often").await.len() + log("acme", "logs-often").await.len();
    assert!((4..64).contains(&shown), "{shown} lines");
    assert_eq!(log("other", "forge-log-line").await.len(), 1);
}
