//! S1, S3: a whole invocation against a bare call, on the store in memory.

use crate::bare::Bare;
use crate::cpu::{self, Cpu};
use crate::load::{self, drive};
use crate::pair::{Care, Group, runtime, timed};
use crate::table::{Row, row};
use criterion::measurement::WallTime;
use flowhost::Request;
use flowhost::store::MemoryStore;
use std::sync::Arc;
use std::time::Instant;

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
    let bare = group.side("bare", |count| {
        let began = cpu::used();
        (0..count).for_each(|_| bare.call());
        cpu::used() - began
    });
    let runtime = runtime();
    let host = Arc::new(runtime.block_on(load::host(MemoryStore::new(), 1)));
    let request = load::validation(&host);
    let whole = group.side("host", |count| timed(&runtime, &Cpu, drive(&host, count, AT_ONCE, |_| request.clone())));
    let ratio = whole / bare;
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

/// The same with many tenants and actions loaded, each in turn.
pub(crate) fn many(care: Care) -> Vec<Row> {
    const TENANTS: usize = 1_000;
    const ACTIONS: usize = 200;
    let mut group = Group::new("S1-many", care, Cpu);
    let runtime = runtime();
    let host = Arc::new(runtime.block_on(load::host(MemoryStore::new(), 1)));
    let request = load::validation(&host);
    let few = group.side("few", |count| timed(&runtime, &Cpu, drive(&host, count, AT_ONCE, |_| request.clone())));
    drop(host);

    let names: Vec<_> = (0..TENANTS).map(|number| format!("tenant-{number}")).collect();
    let host = runtime.block_on(async {
        let store = MemoryStore::new();
        load::configure(&store, &names).await;
        let mut committer = flowhost::store::Store::committer(&store).await.unwrap();
        let contacts: Vec<_> = names.iter().map(|tenant| load::creation(tenant, 0)).collect();
        load::commit(&mut *committer, &contacts).await;
        flowhost::Host::builder().workers(1).cache(load::cache()).open(store).await.unwrap()
    });
    let original = component("campaign-dnd-validator");
    for number in host.catalog().all().count()..ACTIONS {
        host.load(&renamed(original, "campaign-dnd-validator", &format!("campaign-dnd-valid-{number:03}"))).unwrap();
    }
    let host = Arc::new(host);
    let sessions = names.iter().map(|tenant| load::session(tenant, 0)).enumerate();
    let requests = sessions.map(|(number, session)| Request::new(load::validator(&host, number), session));
    let requests: Vec<_> = requests.collect();
    let tenants = group.side("many-tenants", |count| {
        let request = |number: u64| requests[number as usize % TENANTS].clone();
        timed(&runtime, &Cpu, drive(&host, count, AT_ONCE, request))
    });
    let ratio = tenants / few;
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

/// S3: one worker with one calling thread on one processor, and two with two on two.
pub(crate) fn s3(care: Care) -> Vec<Row> {
    let mut group = Group::new("S3", care, WallTime);
    let mut measure = |workers: usize, side: &str| {
        cpu::confine(0..workers);
        let host = Arc::new(runtime().block_on(load::host(MemoryStore::new(), workers)));
        let request = load::validation(&host);
        let call = &|count: u64| runtime().block_on(drive(&host, count, AT_ONCE, |_| request.clone()));
        let time = group.side(side, |count| {
            let began = Instant::now();
            std::thread::scope(|scope| {
                for caller in 0..workers as u64 {
                    scope.spawn(move || call((count + caller) / workers as u64));
                }
            });
            began.elapsed()
        });
        drop(host);
        cpu::confine(0..cpu::count());
        time
    };
    let (one, two) = (measure(1, "one"), measure(2, "two"));
    let ratio = one / two;
    vec![
        row(
            "S3",
            "throughput of two workers, two callers and two processors over one of each",
            format!("{:.0}/s over {:.0}/s, {ratio:.2} ×", 1e6 / two, 1e6 / one),
            "≥ 1.8 ×",
            ratio >= 1.8,
        )
        .tolerable(ratio >= 0.8 || cpu::count() < 2),
    ]
}
