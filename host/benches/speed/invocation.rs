//! Rows S1 and S3: a whole invocation compared with a bare call, and throughput by workers, on the store in memory.

use crate::baseline::Baseline;
use crate::compare::{Group, Mode, measure_time, runtime};
use crate::cpu::{self, CpuTime};
use crate::load::{self, drive};
use crate::table::{Row, row};
use criterion::measurement::WallTime;
use flowhost::store::MemoryStore;
use flowhost::{Host, Request};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Invocations in flight.
const CONCURRENCY: usize = 64;

/// The component of a shipped action.
pub(crate) fn component(id: &str) -> &'static [u8] {
    flowhost::catalog::built_in().find(|(name, _)| *name == id).unwrap().1
}

/// S1: the CPU time of all threads, including the caller's.
pub(crate) fn s1(mode: Mode) -> Vec<Row> {
    let mut group = Group::new("S1", mode, CpuTime);
    let baseline = Baseline::new(component("campaign-dnd-validator"));
    let runtime = runtime();
    let host = Arc::new(runtime.block_on(load::host(MemoryStore::new(), 1)));
    let request = load::validation_request(&host);
    let rounds = group.alternate([
        ("bare", &mut |count| {
            let began = cpu::process_cpu_time();
            (0..count).for_each(|_| baseline.call());
            cpu::process_cpu_time() - began
        }),
        ("host", &mut |count| measure_time(&runtime, &CpuTime, drive(&host, count, CONCURRENCY, |_| request.clone()))),
    ]);
    let ([baseline, whole], ratio) = (rounds.medians(), rounds.median(|[baseline, whole]| whole / baseline));
    vec![
        row(
            "S1",
            "CPU of one whole invocation of `campaign-dnd-validator`, in-memory store, one worker; over bare wasmtime",
            format!("{whole:.1} µs; {baseline:.1} µs bare, {ratio:.2} ×"),
            "≤ 20 µs, ≤ 2 ×",
            whole <= 20.0 && ratio <= 2.0,
        )
        .with_ci_limit(ratio <= 5.0),
    ]
}

const TENANTS: usize = 1_000;
const ACTIONS: usize = 200;

/// A host with many tenants and actions, and a request for each tenant.
async fn host_with_many_tenants() -> (Arc<Host>, Vec<Request>) {
    let names: Vec<_> = (0..TENANTS).map(|number| format!("tenant-{number}")).collect();
    let store = MemoryStore::new();
    load::configure(&store, &names).await;
    let mut committer = flowhost::store::Store::committer(&store).await.unwrap();
    let contacts: Vec<_> = names.iter().map(|tenant| load::contact_creation(tenant, 0)).collect();
    load::commit(&mut *committer, &contacts).await;
    let host = Host::builder().workers(1).cache(load::cache()).open(store).await.unwrap();
    let original = component("campaign-dnd-validator");
    for number in host.catalog().all().count()..ACTIONS {
        host.load(&with_action_id(original, "campaign-dnd-validator", &format!("campaign-dnd-valid-{number:03}")))
            .unwrap();
    }
    let sessions = names.iter().map(|tenant| load::session(tenant, 0)).enumerate();
    let requests = sessions.map(|(number, session)| Request::new(load::validator_node(&host, number), session));
    let requests = requests.collect();
    (Arc::new(host), requests)
}

/// Makes `count` invocations for many tenants, one after the other, for a profiler.
pub(crate) fn drive_many(count: u64) {
    runtime().block_on(async {
        let (host, requests) = host_with_many_tenants().await;
        drive(&host, count, CONCURRENCY, |number| requests[number as usize % TENANTS].clone()).await;
    });
}

/// S1 with many tenants and many loaded actions.
pub(crate) fn s1_many_tenants(mode: Mode) -> Vec<Row> {
    let mut group = Group::new("S1-many", mode, CpuTime);
    let runtime = runtime();
    let small = Arc::new(runtime.block_on(load::host(MemoryStore::new(), 1)));
    let request = load::validation_request(&small);
    let (host, requests) = runtime.block_on(host_with_many_tenants());
    let rounds = group.alternate([
        ("few", &mut |count| measure_time(&runtime, &CpuTime, drive(&small, count, CONCURRENCY, |_| request.clone()))),
        ("many", &mut |count| {
            let request = |number: u64| requests[number as usize % TENANTS].clone();
            measure_time(&runtime, &CpuTime, drive(&host, count, CONCURRENCY, request))
        }),
    ]);
    let ([_, tenants], ratio) = (rounds.medians(), rounds.median(|[few, many]| many / few));
    vec![row(
        "S1",
        format!("the same with {ACTIONS} actions loaded, for {TENANTS} tenants in turn, over S1"),
        format!("{tenants:.1} µs, {ratio:.2} ×"),
        "≤ 1.1 ×",
        ratio <= 1.1,
    )]
}

/// The component with another action id of the same length.
fn with_action_id(component: &[u8], id: &str, other: &str) -> Vec<u8> {
    assert_eq!(id.len(), other.len());
    let mut bytes = component.to_vec();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(id.len()).position(|window| window == id.as_bytes()) {
        at += found;
        bytes[at..at + id.len()].copy_from_slice(other.as_bytes());
    }
    bytes
}

/// The time of `count` invocations on these hosts. Each host has `workers` workers and as many callers. The process
/// uses as many processors as there are workers.
fn throughput(hosts: &[(Arc<Host>, Request)], workers: usize, count: u64) -> Duration {
    let total = hosts.len() * workers;
    cpu::set_affinity(0..total);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for (host, request) in hosts {
            for caller in 0..workers as u64 {
                let count = (count + caller) / total as u64;
                scope.spawn(move || runtime().block_on(drive(host, count, CONCURRENCY, |_| request.clone())));
            }
        }
    });
    let time = began.elapsed();
    cpu::set_affinity(0..cpu::cpu_count());
    time
}

/// A host with `workers` workers that was started on these processors, and a request for it.
fn host_on_cpus(processors: Range<usize>, workers: usize) -> (Arc<Host>, Request) {
    cpu::set_affinity(processors);
    let host = Arc::new(runtime().block_on(load::host(MemoryStore::new(), workers)));
    cpu::set_affinity(0..cpu::cpu_count());
    let request = load::validation_request(&host);
    (host, request)
}

/// Makes `count` invocations of S3 with `workers` workers, for a profiler.
pub(crate) fn drive_workers(workers: usize, count: u64) {
    throughput(&[host_on_cpus(0..workers, workers)], workers, count);
}

/// S3: two workers, callers and processors compared with one of each. Two independent hosts show the speed-up that the
/// machine permits.
pub(crate) fn s3(mode: Mode) -> Vec<Row> {
    let mut group = Group::new("S3", mode, WallTime);
    let last = cpu::cpu_count().min(2);
    let (one, two) = ([host_on_cpus(0..1, 1)], [host_on_cpus(0..last, 2)]);
    let apart = [host_on_cpus(0..1, 1), host_on_cpus(last - 1..last, 1)];
    let rounds = group.alternate([
        ("one", &mut |count| throughput(&one, 1, count)),
        ("two", &mut |count| throughput(&two, 2, count)),
        ("apart", &mut |count| throughput(&apart, 1, count)),
    ]);
    let [one, two, apart] = rounds.medians();
    let (ratio, most) = (rounds.median(|[one, two, _]| one / two), rounds.median(|[one, _, apart]| one / apart));
    vec![
        row(
            "S3",
            "throughput of two workers, two callers and two processors over one of each",
            format!(
                "{:.0}/s over {:.0}/s, {ratio:.2} × (two hosts of one worker: {:.0}/s, {most:.2} ×)",
                1e6 / two,
                1e6 / one,
                1e6 / apart
            ),
            "≥ 1.8 ×",
            ratio >= 1.8,
        )
        .with_ci_limit(ratio >= 0.8 || cpu::cpu_count() < 2),
    ]
}
