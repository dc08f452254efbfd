//! Tenants whose invocations wait, hold memory, or come in great number take no places that others need.

use crate::plugins::{self, attack, of_tenant};
use crate::target::{Target, more_tenant};
use serde_json::{Value as Json, json};

/// Callers of one tenant: more than the permits of a tenant in a host of two workers.
const CALLERS: usize = 300;

/// Invocations of a neighbour, one after the other.
const TIMES: usize = 200;

const MIB: usize = 1 << 20;

/// An invocation that waits in WASI until its time ends.
fn sleeping(tenant: &str) -> Json {
    of_tenant(tenant, plugins::request("hostile-wasi", "sleeps"))
}

fn ends(ends: &[Json], end: &str) -> u64 {
    ends.iter().filter_map(|ends| ends[end].as_u64()).sum()
}

/// Two tenants with 300 sleeping invocations each: more than the instance slots of a host with two workers.
#[test]
fn a_third_tenant_is_served_beside_two_that_wait() {
    let mut target = Target::with(Some(&plugins::FOLDER), None);
    let attack: Vec<_> = ["acme", "other"].into_iter().flat_map(|tenant| vec![sleeping(tenant); 300]).collect();
    target.assert_neighbour_unharmed(&attack, 200);
}

/// One tenant with sleeping invocations that have large sessions, in a host with 256 MiB for all invocations.
#[test]
fn a_tenant_is_served_beside_one_that_holds_memory() {
    let mut target = Target::with(Some(&plugins::FOLDER), Some(256 << 20));
    let mut request = plugins::request("hostile-wasi", "sleeps");
    for name in ["a", "b", "c"] {
        request["session"]["entities"][name] = "x".repeat(1_000_000).into();
    }
    target.assert_neighbour_unharmed(&vec![request; 60], 200);
}

/// The permits of one tenant that was alone, and of four that came later, are more than all. Each neighbour has few
/// samples, since only the first ones wait.
#[test]
fn first_invocations_are_served_beside_one_that_was_alone_and_four_more_tenants() {
    let mut target = Target::with(Some(&plugins::FOLDER), None);
    let tenants: Vec<_> = (0..4).map(more_tenant).collect();
    let alone = attack(CALLERS, &sleeping("acme"));
    let beside = tenants.iter().map(|tenant| attack(80, &sleeping(tenant)));
    let attacks: Vec<_> = std::iter::once(alone).chain(beside).collect();
    let neighbours: Vec<_> = (10..14).map(more_tenant).collect();
    let neighbours: Vec<_> = neighbours.iter().map(String::as_str).collect();
    target.assert_neighbours_unharmed(&neighbours, &attacks, 25);
}

/// An invocation that waits for a lock has a permit.
#[test]
fn a_neighbour_is_served_beside_invocations_that_wait_for_one_key() {
    let mut target = Target::with(Some(&plugins::FOLDER), None);
    let keyed = |tenant| {
        let mut request = sleeping(tenant);
        request["key"] = "the same".into();
        attack(CALLERS, &request)
    };
    target.assert_neighbours_unharmed(&["third"], &[keyed("acme"), keyed("other")], TIMES);
}

#[test]
fn a_neighbour_is_served_beside_components_that_wait_in_describe() {
    let mut target = Target::with(Some(&plugins::FOLDER), None);
    let load = json!({ "callers": 2, "load": plugins::component("describes-by-waiting") });
    target.assert_neighbour_unharmed_in_the_end(&load, TIMES);
}

/// Some invocations of two tenants run, and callers of the others leave the queue after 20 ms.
#[test]
fn a_neighbour_is_served_beside_callers_that_leave_the_queue() {
    let mut target = Target::with(Some(&plugins::FOLDER), None);
    let attacks = ["acme", "other"].into_iter().flat_map(|tenant| {
        let mut leaving = attack(100, &sleeping(tenant));
        leaving["leaves_after_us"] = json!(20_000);
        [attack(CALLERS, &sleeping(tenant)), leaving]
    });
    let ended = target.assert_neighbours_unharmed(&["third"], &attacks.collect::<Vec<_>>(), TIMES);
    assert!(ends(&ended, "left") > 0, "{ended:?}");
}

/// Thousands of requests that wait for memory, each of which a release of memory concerns.
#[test]
fn a_neighbour_is_served_beside_requests_that_wait_for_memory() {
    let mut target = Target::with(Some(&plugins::FOLDER), Some(256 * MIB));
    let before = target.peak_memory();
    let mut attacks: Vec<_> = ["acme", "other"].map(|tenant| attack(4_000, &sleeping(tenant))).into();
    let growing = of_tenant(&more_tenant(0), plugins::request("hostile", "reserves-memory"));
    attacks.push(json!({ "callers": 2, "requests": [growing], "interval_us": 2_000 }));
    let ended = target.assert_neighbours_unharmed(&["third"], &attacks, TIMES);
    assert!(ends(&ended, "next") > 0, "{ended:?}");
    let took = target.peak_memory().saturating_sub(before);
    assert!(took <= 2 * 256 * MIB, "{} MiB", took / MIB);
}

/// Sessions of 3 MB, more of them than may wait.
#[test]
fn a_neighbour_is_served_beside_large_sessions_that_wait() {
    let mut target = Target::with(Some(&plugins::FOLDER), Some(256 * MIB));
    let large = |tenant| {
        let mut request = sleeping(tenant);
        for name in ["a", "b", "c"] {
            request["session"]["entities"][name] = "x".repeat(1_000_000).into();
        }
        request
    };
    let attacks =
        ["acme", "other"].map(|tenant| json!({ "callers": 40, "requests": [large(tenant)], "interval_us": 100_000 }));
    let ended = target.assert_neighbours_unharmed(&["third"], &attacks, TIMES);
    assert!(ends(&ended, "overloaded") > 0, "{ended:?}");
}
