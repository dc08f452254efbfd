//! Rows S4, S5 and S7: invocations on SQLite, compared with native code on the same store.

use crate::compare::{Group, Mode, measure_time, runtime};
use crate::cpu::{self, CpuTime};
use crate::load::{self, drive};
use crate::table::{Row, row};
use chrono::Utc;
use criterion::measurement::WallTime;
use flowhost::domain::dnd;
use flowhost::store::sqlite::Synchronous;
use flowhost::store::{CommitRequest, Lookup, Reader, SqliteOptions, SqliteStore, Store, Transaction};
use flowhost::{Host, PreparedNode, Request, Session};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Invocations in flight.
const CONCURRENCY: usize = 64;

/// Workers, and threads of the native side.
const THREADS: usize = 2;

/// Contacts of a small store.
const SMALL_STORE: usize = 1_000;

/// Contacts of a large store.
const LARGE_STORE: usize = 1_000_000;

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, SqliteOptions::default()).await.unwrap()
}

/// The work of the validator in native code: one round trip and one rule.
struct NativeStore {
    readers: Vec<Arc<dyn Reader>>,
    campaign: Uuid,
}

impl NativeStore {
    async fn new(store: &SqliteStore) -> Self {
        let mut readers = Vec::new();
        for _ in 0..THREADS {
            readers.push(store.reader().await.unwrap().into());
        }
        Self { readers, campaign: load::CAMPAIGN.parse().unwrap() }
    }

    async fn validate(&self, reader: &Arc<dyn Reader>, contact: Uuid) {
        let mut transaction = Transaction::new(Arc::clone(reader), load::TENANT, Utc::now(), None);
        transaction.prefetch(vec![Lookup::Campaign(self.campaign), Lookup::Contact(contact)]).await.unwrap();
        let campaign = transaction.campaign(self.campaign).await.unwrap().unwrap();
        let contact = transaction.contact(contact).await.unwrap().unwrap();
        assert!(!dnd::blocks_campaign(&contact, &campaign));
    }

    /// Validates `count` times, `at_once` at a time, on this thread.
    async fn drive(&self, reader: &Arc<dyn Reader>, count: u64, at_once: usize) {
        let next = std::cell::Cell::new(0);
        let callers = (0..at_once).map(|_| async {
            while next.get() < count {
                let number = next.get();
                next.set(number + 1);
                self.validate(reader, load::contact_id(number as usize % SMALL_STORE)).await;
            }
        });
        futures_util::future::join_all(callers).await;
    }

    /// Validates `count` times on as many threads as the host has workers.
    fn drive_threads(&self, count: u64) {
        std::thread::scope(|scope| {
            for reader in &self.readers {
                scope.spawn(|| runtime().block_on(self.drive(reader, count / THREADS as u64, CONCURRENCY / THREADS)));
            }
        });
    }
}

/// S4: the cost of the plugin in addition to the store's.
pub(crate) fn s4(mode: Mode) -> Vec<Row> {
    let sides = ValidatorSides::new();
    let mut rows = vec![sides.measure_cpu(mode)];
    let mut wall = Group::new("S4-time", mode, WallTime);
    rows.push(sides.measure_single_callers(&mut wall));
    rows.extend(sides.measure_concurrent_callers(&mut wall));
    rows
}

/// The validator as a plugin, and its work in native code with and without shared round trips.
struct ValidatorSides {
    runtime: Runtime,
    host: Arc<Host>,
    validator: PreparedNode,
    sessions: Vec<Arc<Session>>,
    native: NativeStore,
    alone: NativeStore,
}

impl ValidatorSides {
    fn new() -> Self {
        let runtime = runtime();
        let host = Arc::new(runtime.block_on(populated_host(SMALL_STORE)));
        let path = path_of(SMALL_STORE);
        let native = runtime.block_on(async { NativeStore::new(&open(&path).await).await });
        let mut alone = SqliteOptions::default();
        alone.coalesce_reads = false;
        let alone = runtime.block_on(async { NativeStore::new(&SqliteStore::open(&path, alone).await.unwrap()).await });
        let validator = load::validator_node(&host, 0);
        let sessions = (0..SMALL_STORE).map(|number| Arc::new(load::session(load::TENANT, number))).collect();
        Self { runtime, host, validator, sessions, native, alone }
    }

    /// Invokes the plugin `count` times, `at_once` at a time.
    async fn invoke(&self, count: u64, at_once: usize) {
        let session = |number: u64| Arc::clone(&self.sessions[number as usize % SMALL_STORE]);
        drive(&self.host, count, at_once, |number| Request::new(self.validator.clone(), session(number))).await;
    }

    fn measure_cpu(&self, mode: Mode) -> Row {
        let mut cpu = Group::new("S4-cpu", mode, CpuTime);
        let rounds = cpu.alternate([
            ("native", &mut |count| {
                let began = cpu::process_cpu_time();
                self.native.drive_threads(count);
                cpu::process_cpu_time() - began
            }),
            ("plugin", &mut |count| measure_time(&self.runtime, &CpuTime, self.invoke(count, CONCURRENCY))),
        ]);
        let ([native, plugin], added) = (rounds.medians(), rounds.median(|[native, plugin]| plugin - native));
        row(
            "S4",
            "CPU that the plugin adds to the same store call from native Rust, SQLite, 64 in flight",
            format!("{added:.1} µs ({plugin:.1} − {native:.1})"),
            "≤ 15 µs",
            added <= 15.0,
        )
    }

    fn measure_single_callers(&self, wall: &mut Group<WallTime>) -> Row {
        let native = |count| self.native.drive(&self.native.readers[0], count, 1);
        let rounds = wall.alternate([
            ("native-1", &mut |count| measure_time(&self.runtime, &WallTime, native(count))),
            ("plugin-1", &mut |count| measure_time(&self.runtime, &WallTime, self.invoke(count, 1))),
        ]);
        let ([native, plugin], ratio) = (rounds.medians(), rounds.median(|[native, plugin]| native / plugin));
        let measured = format_throughput(plugin, native, ratio);
        row("S4", "throughput over native, one at a time", measured, "≥ 0.8 ×", ratio >= 0.8)
    }

    fn measure_concurrent_callers(&self, wall: &mut Group<WallTime>) -> [Row; 2] {
        let measure_native = |native: &NativeStore, count| {
            let began = Instant::now();
            native.drive_threads(count);
            began.elapsed()
        };
        let rounds = wall.alternate([
            ("native-64", &mut |count| measure_native(&self.native, count)),
            ("native-64-alone", &mut |count| measure_native(&self.alone, count)),
            ("plugin-64", &mut |count| measure_time(&self.runtime, &WallTime, self.invoke(count, CONCURRENCY))),
        ]);
        let [native, alone, plugin] = rounds.medians();
        let over_native = rounds.median(|[native, _, plugin]| native / plugin);
        let over_alone = rounds.median(|[_, alone, plugin]| alone / plugin);
        [
            row(
                "S4",
                "throughput over native with a round trip each, 64 in flight",
                format_throughput(plugin, alone, over_alone),
                "≥ 0.5 ×",
                over_alone >= 0.5,
            ),
            row(
                "S4",
                "throughput over native that shares round trips as the host does, 64 in flight",
                format_throughput(plugin, native, over_native),
                "≥ 0.5 ×",
                over_native >= 0.5,
            ),
        ]
    }
}

/// Formats the throughput of two sides, from the microseconds of one iteration, and the ratio of their rounds.
fn format_throughput(plugin: f64, native: f64, ratio: f64) -> String {
    format!("{:.0}/s over {:.0}/s, {ratio:.2} ×", 1e6 / plugin, 1e6 / native)
}

/// The id of a user that has no contact.
fn unused_user_id(number: u64) -> String {
    format!("n{number}-{}", Uuid::new_v4().simple())
}

/// S5: durable new contacts, compared with one native commit for each.
pub(crate) fn s5(mode: Mode) -> Vec<Row> {
    let mut group = Group::new("S5", mode, WallTime);
    let runtime = runtime();
    let path = load::folder("s5").join("store.db");
    let host = Arc::new(runtime.block_on(async { load::host(open(&path).await, THREADS).await }));
    let manager = load::contact_manager_node(&host);
    let request = |number| {
        let mut session = Session::new(load::TENANT, "messenger", unused_user_id(number));
        session.entities.insert("contact_name".to_owned(), "Ana".into());
        Request::new(manager.clone(), session)
    };
    let path = load::folder("s5-single").join("store.db");
    let store = runtime.block_on(open(&path));
    runtime.block_on(load::configure(&store, &[load::TENANT.to_owned()]));
    let mut committer = runtime.block_on(store.committer()).unwrap();
    let mut number = 1;
    let rounds = group.alternate([
        ("plugin-64", &mut |count| measure_time(&runtime, &WallTime, drive(&host, count, CONCURRENCY, request))),
        ("commit-each", &mut |count| {
            let next = number..number + count as usize;
            number = next.end;
            let commits: Vec<CommitRequest> = next.map(|number| load::contact_creation(load::TENANT, number)).collect();
            measure_time(&runtime, &WallTime, async {
                for commit in commits {
                    load::commit(&mut *committer, &[commit]).await;
                }
            })
        }),
    ]);
    let ([plugin, single], ratio) = (rounds.medians(), rounds.median(|[plugin, single]| single / plugin));
    let rate = 1e6 / plugin;
    vec![row(
        "S5",
        "durable new contacts a second, 64 sessions at once, SQLite with synchronous=FULL; over one native commit each",
        format!("{rate:.0}/s, {ratio:.1} × {:.0}/s", 1e6 / single),
        "≥ 10,000/s, ≥ 5 ×",
        rate >= 10_000.0 && ratio >= 5.0,
    )]
}

/// S7: the invocation of S4 on a store that is 1,000 times as large.
pub(crate) fn s7(mode: Mode) -> Vec<Row> {
    let mut group = Group::new("S7", mode, WallTime);
    let runtime = runtime();
    let fill = |contacts: usize| {
        let host = Arc::new(runtime.block_on(populated_host(contacts)));
        let validator = load::validator_node(&host, 0);
        let sessions: Vec<_> =
            sample_contacts(contacts).map(|number| Arc::new(load::session(load::TENANT, number))).collect();
        (host, move |number: u64| Request::new(validator.clone(), Arc::clone(&sessions[number as usize % SMALL_STORE])))
    };
    let ((few, of_few), (many, of_many)) = (fill(SMALL_STORE), fill(LARGE_STORE));
    let rounds = group.alternate([
        ("few", &mut |count| measure_time(&runtime, &WallTime, drive(&few, count, CONCURRENCY, &of_few))),
        ("many", &mut |count| measure_time(&runtime, &WallTime, drive(&many, count, CONCURRENCY, &of_many))),
    ]);
    let ([few, many], ratio) = (rounds.medians(), rounds.median(|[few, many]| many / few));
    vec![row(
        "S7",
        "S4's invocation with 1,000,000 contacts and records over 1,000",
        format!("{many:.1} µs over {few:.1} µs, {ratio:.2} ×"),
        "≤ 1.3 ×",
        ratio <= 1.3,
    )]
}

/// The numbers of as many contacts as the small store has, distributed over the whole store.
fn sample_contacts(contacts: usize) -> impl Iterator<Item = usize> {
    // The step has no factor in common with the number of contacts: it selects distant contacts, each once.
    (0..SMALL_STORE).map(move |number| (number * 7_919 * 101) % contacts)
}

fn path_of(contacts: usize) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("speed-{contacts}.db"))
}

/// A host on a store with `contacts` contacts, each with a record. The store's file is filled once and kept.
async fn populated_host(contacts: usize) -> Host {
    let path = path_of(contacts);
    let mut options = SqliteOptions::default();
    options.synchronous = Synchronous::Normal;
    let store = SqliteStore::open(&path, options).await.unwrap();
    load::configure(&store, &[load::TENANT.to_owned()]).await;
    let reader: Arc<dyn Reader> = store.reader().await.unwrap().into();
    let mut last = Transaction::new(Arc::clone(&reader), load::TENANT, Utc::now(), None);
    if last.contact(load::contact_id(contacts - 1)).await.unwrap().is_none() {
        let mut committer = store.committer().await.unwrap();
        let mut written = 0;
        let began = Instant::now();
        while written < contacts {
            let batch: Vec<_> = (written..contacts.min(written + 500)).map(load::contact_and_record_creation).collect();
            load::commit(&mut *committer, &batch).await;
            written += batch.len();
        }
        println!(
            "filled {} with {contacts} contacts in {:?}",
            path.display(),
            Duration::from_secs(began.elapsed().as_secs())
        );
    }
    drop(store);
    Host::builder().workers(THREADS).cache(load::cache()).open(open(&path).await).await.unwrap()
}
