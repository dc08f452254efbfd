//! The work of a child process with `--drive`, for tools that measure a whole process.

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

/// Runs `count` invocations of a side, or runs it for `count` milliseconds.
///
/// - `mix`: the ten actions, one after the other, on one worker.
/// - `memory`, `sqlite`: the validator on this store, on one worker that parks at once when it is idle.
/// - `patient`: the validator on the store in memory, on one worker with the default idle spin.
/// - `many`: S1 with many tenants and actions.
/// - `bare`: bare calls of the validator.
/// - `workers-1`, `workers-2`: S3.
/// - `beside-…`: a case of S8, in milliseconds.
/// - `gaps`: threads that only read the clock, in milliseconds.
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
    // A tool that counts instructions slows the process down by a factor of about 50.
    let mut limits = Limits::default();
    limits.cpu_time = Duration::from_secs(60);
    limits.invocation_timeout = Duration::from_secs(600);
    limits.queue_timeout = Duration::from_secs(600);
    // The address space under valgrind is too small for the memories of the default, which no shipped action uses.
    limits.memories = 2;
    // Without idle spin, the number of instructions does not depend on waiting times.
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
