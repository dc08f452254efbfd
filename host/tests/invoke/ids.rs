//! The ids of what actions make.

use crate::on_every_store;
use crate::world::{World, session};
use flowhost::Session;

fn seeded(tenant: &str, seed: u64) -> Session {
    let mut session = session("messenger", "m-1");
    (session.tenant, session.seed) = (tenant.to_owned(), Some(seed));
    session
}

on_every_store! {
    two_tenants_make_two_ids(world) {
        let (one, other) = (world.contact(&seeded("acme", 7)).await, world.contact(&seeded("other", 7)).await);
        assert_ne!(one, other);
    }
}

#[tokio::test]
async fn ids_are_a_function_of_tenant_seed_and_time() {
    let mut made = Vec::new();
    for seed in [7, 7, 8] {
        made.push(World::in_memory().await.contact(&seeded("acme", seed)).await);
    }
    assert_eq!(made[0], made[1]);
    assert_ne!(made[0], made[2]);
}
