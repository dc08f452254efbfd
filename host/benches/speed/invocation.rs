//! S1, S3: a whole invocation against a bare call, on the store in memory.

use crate::bare::Bare;
use crate::cpu::{self, Cpu};
use crate::load::{self, drive};
use crate::pair::{Care, Group, runtime, timed};
use crate::table::{Row, row};
use criterion::measurement::WallTime;
use flowhost::store::MemoryStore;
use flowhost::{Host, Request};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Invocations in flight.
const AT_ONCE: usize = 64;

/// The component of a shipped action.
pub(crate) fn component(id: &str) -> &'static [u8] {
    flowhost::catalog::built_in().find(|(name, _)| *name == id).unwrap().1
}

/// S1: processor time of everything, the caller's side included.
pub(crate) fn s1(care: Care) -> Vec<Row> {
    let mut group = Group::new("S1", care, Cpu);
    let bare = Bare::new(component("campaign-dnd-validator"));
    let runtime = runtime();
    let host = Arc::new(runtime.block_on(load::host(MemoryStore::new(), 1)));
    let request = load::validation(&host);
    let rounds = group.sides([
        ("bare", &mut |count| {
            let began = cpu::used();
            (0..count).for_each(|_| bare.call());
            cpu::used() - began
        }),
        ("host", &mut |count| timed(&runtime, &Cpu, drive(&host, count, AT_ONCE, |_| request.clone()))),
    ]);
    let ([bare, whole], ratio) = (rounds.medians(), rounds.median(|[bare, whole]| whole / bare));
    vec![
        row(
            "S1",
            "CPU of one whole invocation of `campaign-dnd-validator`, in-memory store, one worker; over bare wasmtime",
            format!("{whole:.1} µs; {bare:.1} µs bare, {ratio:.2} ×"),
            "≤ 20 µs, ≤ 2 ×",
            whole <= 20.0 && ratio <= 2.0,
        )
        .tolerable(ratio <= 5.0),
    ]
}

const TENANTS: usize = 1_000;
const ACTIONS: usize = 200;

/// A host with many tenants and actions, and a request for each tenant.
async fn host_of_many() -> (Arc<Host>, Vec<Request>) {
    let names: Vec<_> = (0..TENANTS).map(|number| format!("tenant-{number}")).collect();
    let store = MemoryStore::new();
    load::configure(&store, &names).await;
    let mut committer = flowhost::store::Store::committer(&store).await.unwrap();
    let contacts: Vec<_> = names.iter().map(|tenant| load::creation(tenant, 0)).collect();
    load::commit(&mut *committer, &contacts).await;
    let host = Host::builder().workers(1).cache(load::cache()).open(store).await.unwrap();
    let original = component("campaign-dnd-validator");
    for number in host.catalog().all().count()..ACTIONS {
        host.load(&renamed(original, "campaign-dnd-validator", &format!("campaign-dnd-valid-{number:03}"))).unwrap();
    }
    let sessions = names.iter().map(|tenant| load::session(tenant, 0)).enumerate();
    let requests = sessions.map(|(number, session)| Request::new(load::validator(&host, number), session));
    let requests = requests.collect();
    (Arc::new(host), requests)
}

/// So many invocations for many tenants in turn, for a tool that looks on from outside.
pub(crate) fn drive_many(count: u64) {
    runtime().block_on(async {
        let (host, requests) = host_of_many().await;
        drive(&host, count, AT_ONCE, |number| requests[number as usize % TENANTS].clone()).await;
    });
}

/// The same with many tenants and actions loaded, each in turn.
pub(crate) fn many(care: Care) -> Vec<Row> {
    let mut group = Group::new("S1-many", care, Cpu);
    let runtime = runtime();
    let small = Arc::new(runtime.block_on(load::host(MemoryStore::new(), 1)));
    let request = load::validation(&small);
    let (host, requests) = runtime.block_on(host_of_many());
    let rounds = group.sides([
        ("few", &mut |count| timed(&runtime, &Cpu, drive(&small, count, AT_ONCE, |_| request.clone()))),
        ("many", &mut |count| {
            let request = |number: u64| requests[number as usize % TENANTS].clone();
            timed(&runtime, &Cpu, drive(&host, count, AT_ONCE, request))
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

/// The component with another id, as long as its own.
fn renamed(component: &[u8], id: &str, other: &str) -> Vec<u8> {
    assert_eq!(id.len(), other.len());
    let mut bytes = component.to_vec();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(id.len()).position(|window| window == id.as_bytes()) {
        at += found;
        bytes[at..at + id.len()].copy_from_slice(other.as_bytes());
    }
    bytes
}

/// Hosts with so many workers each, each host with as many callers, on as many processors.
fn throughput(hosts: &[(Arc<Host>, Request)], workers: usize, count: u64) -> Duration {
    let total = hosts.len() * workers;
    cpu::confine(0..total);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for (host, request) in hosts {
            for caller in 0..workers as u64 {
                let count = (count + caller) / total as u64;
                scope.spawn(move || runtime().block_on(drive(host, count, AT_ONCE, |_| request.clone())));
            }
        }
    });
    let time = began.elapsed();
    cpu::confine(0..cpu::count());
    time
}

/// A host with so many workers, and what is asked of it. It begins on these processors.
fn host_on(processors: Range<usize>, workers: usize) -> (Arc<Host>, Request) {
    cpu::confine(processors);
    let host = Arc::new(runtime().block_on(load::host(MemoryStore::new(), workers)));
    cpu::confine(0..cpu::count());
    let request = load::validation(&host);
    (host, request)
}

/// So many invocations as S3 makes them, of so many workers, for a tool that looks on from outside.
pub(crate) fn drive_workers(workers: usize, count: u64) {
    throughput(&[host_on(0..workers, workers)], workers, count);
}

/// S3: one worker with one calling thread on one processor, and two with two on two. What two hosts reach that share
/// nothing shows what the machine has to give.
pub(crate) fn s3(care: Care) -> Vec<Row> {
    let mut group = Group::new("S3", care, WallTime);
    let last = cpu::count().min(2);
    let (one, two) = ([host_on(0..1, 1)], [host_on(0..last, 2)]);
    let apart = [host_on(0..1, 1), host_on(last - 1..last, 1)];
    let rounds = group.sides([
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
        .tolerable(ratio >= 0.8 || cpu::count() < 2),
    ]
}
