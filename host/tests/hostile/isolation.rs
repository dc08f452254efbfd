//! What plugins that do harm again and again leave to their neighbours, and what they leave behind.

use crate::log;
use crate::world::{CAMPAIGN, World, session};
use futures_util::future::join_all;
use serde_json::json;
use std::cell::Cell;

/// While plugins spin, hoard and trap all the time, everyone else on the worker gets an answer.
#[tokio::test]
async fn neighbours_work_beside_plugins_that_never_stop_doing_harm() {
    let world = World::new().await;
    let done = Cell::new(false);
    let again_and_again = |deed: &'static str, code: &'static str| {
        let (world, done) = (&world, &done);
        async move {
            while !done.get() {
                let outcome = world.host.invoke(world.deed(deed, CAMPAIGN, "")).await.unwrap();
                assert_eq!(outcome.error.unwrap().code, code);
            }
        }
    };
    let harm =
        [("computes", "limit-cpu"), ("hoards-bit-by-bit", "limit-memory"), ("traps-while-writing", "plugin-trap")];
    let harm = join_all(harm.map(|(deed, code)| again_and_again(deed, code)));
    let work = async {
        for _ in 0..500 {
            world.neighbour("other").await;
        }
        done.set(true);
    };
    tokio::join!(harm, work);
}

/// Sixty-four hoarders in turn want 4 GiB; four places of 64 MiB serve them all, and the last one finds what the first did.
#[tokio::test]
async fn nothing_of_a_hoard_is_kept() {
    let world = World::with(|limits| limits.instances_per_worker = 4).await;
    let before = world.neighbour("acme").await.usage.memory_bytes;
    for _ in 0..16 {
        let hoarders = join_all((0..4).map(|_| world.host.invoke(world.deed("hoards-bit-by-bit", "", "")))).await;
        for hoarder in hoarders {
            let outcome = hoarder.unwrap();
            assert_eq!(outcome.error.unwrap().code, "limit-memory");
            assert!(outcome.usage.memory_bytes <= 64 << 20);
        }
    }
    assert_eq!(world.neighbour("acme").await.usage.memory_bytes, before);
}

/// A fault may be the machine's mood, so the same key runs again; a refusal is an answer, and stays.
#[tokio::test]
async fn faults_are_not_kept_under_a_key_and_refusals_are() {
    let world = World::new().await;
    for (deed, kept) in [("panics", false), ("leaves-by-no-port", false), ("refuses-while-writing", true)] {
        let request = world.deed(deed, CAMPAIGN, "").with_key(deed);
        let first = world.host.invoke(request.clone()).await.unwrap();
        let second = world.host.invoke(request).await.unwrap();
        assert_eq!((first.replayed, second.replayed), (false, kept), "{deed}");
        assert_eq!(second.error, first.error);
    }
}

/// A tenant whose plugins log much gets its rate and its burst, and another tenant's lines are all there.
#[tokio::test]
async fn a_tenant_that_logs_much_takes_no_room_from_others() {
    let world = World::with(|limits| limits.log_lines_per_second = 1).await;
    let log = async |tenant: &str, name: &str| {
        let parameters = json!({ "DEED": name, "RESULT_ENTITY": "result", "STATUS_ENTITY": "status" });
        let request = world.request("hostile", &parameters, session(tenant, "56911111111"));
        let id = request.session.id.clone();
        assert_eq!(world.host.invoke(request).await.unwrap().port, "next");
        log::of(&id)
    };
    // Four lines make the burst; more may come only on a machine that takes a minute for this.
    let shown = log("acme", "logs-often").await.len() + log("acme", "logs-often").await.len();
    assert!((4..64).contains(&shown), "{shown} lines");
    assert_eq!(log("other", "forges-a-line").await.len(), 1);
}
