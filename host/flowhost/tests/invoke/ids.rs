//! The ids of contacts that actions create.

use crate::fixture::{Fixture, session};
use crate::on_every_store;
use flowhost::Session;

fn seeded(tenant: &str, seed: u64) -> Session {
    let mut session = session("messenger", "m-1");
    (session.tenant, session.seed) = (tenant.to_owned(), Some(seed));
    session
}

on_every_store! {
    ids_differ_between_tenants(fixture) {
        let (one, other) = (fixture.ensure_contact(&seeded("acme", 7)).await, fixture.ensure_contact(&seeded("other", 7)).await);
        assert_ne!(one, other);
    }
}

#[tokio::test]
async fn ids_are_a_function_of_tenant_seed_and_time() {
    let mut made = Vec::new();
    for seed in [7, 7, 8] {
        made.push(Fixture::in_memory().await.ensure_contact(&seeded("acme", seed)).await);
    }
    assert_eq!(made[0], made[1]);
    assert_ne!(made[0], made[2]);
}
