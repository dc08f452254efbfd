//! Row S9: the resident memory of a live instance.

use crate::compare::{Mode, runtime};
use crate::faulty_store::{FaultyStore, HANGING_NUMBER};
use crate::load;
use crate::table::{Row, row};
use flowhost::{Host, Limits, Request};
use futures_util::future::join_all;
use serde_json::json;
use std::sync::Arc;

/// Live instances.
const INSTANCES: u32 = 200;

fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * rustix::param::page_size() as u64
}

/// S9: the resident memory of instances that wait in a host call, including sessions, futures and stacks.
pub(crate) fn s9(_: Mode) -> Vec<Row> {
    let runtime = runtime();
    let store = FaultyStore::new();
    let hanging_reads = Arc::clone(&store.hanging_reads);
    let mut limits = Limits::default();
    // A tenant has at most half of the slots, also if it is the only one.
    limits.instances_per_worker = 2 * INSTANCES;
    let host = runtime.block_on(load::host_with(Host::builder().workers(1).limits(limits), store));
    let request = |number: &str| {
        let parameters = json!({
            "CONTACT_NAME_EXPRESSION": "contact_name", "CONTACT_NUMBER_EXPRESSION": format!("'{number}'"),
            "CONTACT_IDENTIFIER_ENTITY": "other_id",
        });
        let node = load::node(&host, "campaign-whatsapp-voice-contact-manager", &parameters);
        Request::new(node, load::session(load::TENANT, 0))
    };
    let (works, waits) = (request("+56987654321"), request(HANGING_NUMBER));
    let (before, after) = runtime.block_on(async {
        for _ in 0..100 {
            host.invoke(works.clone()).await.unwrap();
        }
        let before = resident_bytes();
        let live = join_all((0..INSTANCES).map(|_| host.invoke(waits.clone())));
        let after = async {
            hanging_reads.acquire_many(INSTANCES).await.unwrap().forget();
            resident_bytes()
        };
        tokio::select! {
            _ = live => unreachable!("they wait for ever"),
            after = after => (before, after),
        }
    });
    let each = (after - before) as f64 / f64::from(INSTANCES) / 1024.0;
    vec![row(
        "S9",
        format!(
            "resident memory of a live instance of `campaign-whatsapp-voice-contact-manager`, of {INSTANCES} at once"
        ),
        format!("{each:.0} KiB"),
        "≤ 96 KiB",
        each <= 96.0,
    )]
}
