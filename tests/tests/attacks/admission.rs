//! Tenants with waiting invocations do not deprive other tenants of instance permits.

use crate::plugins;
use crate::target::Target;
use serde_json::json;

/// Two tenants with 300 sleeping invocations each: more than the instance slots of a host with two workers.
#[test]
fn a_third_tenant_is_served_beside_two_that_wait() {
    let mut target = Target::with(Some(&plugins::FOLDER), None);
    let sleeping = |tenant: &str| {
        let mut request = plugins::request("hostile-wasi", "sleeps");
        request["session"]["tenant"] = json!(tenant);
        request
    };
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
