//! What a child of a measurement does, so that a tool from outside sees nothing else.

use crate::baseline::Baseline;
use crate::compare::runtime;
use crate::cpu;
use crate::invocation::{self, component};
use crate::load;
use crate::noisy_neighbour;
use flowhost::store::{MemoryStore, SqliteOptions, SqliteStore};
use flowhost::{Host, Limits};
use std::sync::Arc;
use std::time::Duration;

/// Invocations in flight.
const CONCURRENCY: usize = 64;

/// So many invocations on one worker: `all_actions` of the ten actions in turn, `memory` and `sqlite` of the validator on that
/// store, `patient` on the store in memory by a worker that doesn't sleep at once, `many` the same with S1's many tenants
/// and actions, `bare` calls of the validator alone.
/// `workers-1` and `workers-2` are S3's, `beside-spins` and the like S8's, for so many milliseconds; so is `scheduler_stalls`, which
/// looks at the machine alone.
pub(crate) fn drive(what: &str, count: u64) {
    match (what, what.split_once('-')) {
        ("bare", _) => {
            let baseline = Baseline::new(component("campaign-dnd-validator"));
            (0..count).for_each(|_| baseline.call());
        }
        ("many", _) => invocation::drive_many(count),
        ("gaps", _) => cpu::scheduler_stalls(Duration::from_millis(count)),
        (_, Some(("workers", workers))) => invocation::drive_workers(workers.parse().unwrap(), count),
        (_, Some(("beside", noise))) => noisy_neighbour::drive(noise, count),
        _ => drive_host(what, count),
    }
}

fn drive_host(what: &str, count: u64) {
    let runtime = runtime();
    // A tool that counts instructions makes everything fifty times slower.
    let mut limits = Limits::default();
    limits.cpu_time = Duration::from_secs(60);
    limits.invocation_timeout = Duration::from_secs(600);
    limits.queue_timeout = Duration::from_secs(600);
    // Looking for work takes as many instructions as there is time.
    let builder = Host::builder().workers(1).limits(limits);
    let builder = if what == "patient" { builder } else { builder.idle_spin(Duration::ZERO) };
    runtime.block_on(async {
        let host = match what {
            "sqlite" => {
                let path = load::folder("child").join("store.db");
                load::host_with(builder, SqliteStore::open(path, SqliteOptions::default()).await.unwrap()).await
            }
            _ => load::host_with(builder, MemoryStore::new()).await,
        };
        let host = Arc::new(host);
        let requests =
            if what == "mix" { load::all_actions(&host).await } else { vec![load::validation_request(&host)] };
        load::drive(&host, count, CONCURRENCY, |number| requests[number as usize % requests.len()].clone()).await;
    });
}
