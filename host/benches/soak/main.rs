//! A mixed load with hostile plugins: resident memory, file descriptors and latency must not grow.
//!
//! `cargo bench --bench soak -- 600` runs for 600 seconds and prints 20 lines. The exit code reports whether a figure
//! grew beyond its limit.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement"
)]

#[allow(dead_code, reason = "the other benchmark uses more of it")]
#[path = "../speed/load.rs"]
mod load;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../flowhost/tests/hostile/plugins.rs"]
mod plugins;

use flowhost::store::{SqliteOptions, SqliteStore};
use flowhost::{Host, Request, Session};
use serde_json::json;
use std::cell::RefCell;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The allocator of the command line.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The attacks that the hostile plugin repeats.
const ATTACKS: [&str; 3] = ["infinite-loop", "grow-memory-in-steps", "calls-often"];

/// Concurrent sessions.
const CONCURRENCY: usize = 16;

/// Number of lines in the table.
const REPORT_LINES: u32 = 20;

/// Time between two samples of the resident memory.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(20);

/// Resource use and latencies in one part of the run.
struct Sample {
    /// The minimum and the maximum: memory of hostile plugins is allocated and released all the time.
    resident_mib: [f64; 2],
    files: usize,
    count: usize,
    median: Duration,
    slowest_percent: Duration,
}

fn resident_mib() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = pages.split_whitespace().nth(1).unwrap().parse().unwrap();
    (pages * rustix::param::page_size()) as f64 / f64::from(1 << 20)
}

fn sample(latencies: &mut Vec<Duration>, resident_mib: [f64; 2]) -> Sample {
    latencies.sort();
    let at = |part: f64| latencies.get((latencies.len().saturating_sub(1) as f64 * part) as usize);
    let (median, slowest_percent) = (at(0.5).copied().unwrap_or_default(), at(0.99).copied().unwrap_or_default());
    let files = std::fs::read_dir("/proc/self/fd").unwrap().count();
    let count = latencies.len();
    latencies.clear();
    Sample { resident_mib, files, count, median, slowest_percent }
}

/// The part of the invocations that may fail and be retryable: a disk that stalls for seconds makes invocations that wait
/// for a lock exceed their timeout.
const MAX_RETRYABLE: f64 = 0.01;

/// One session: it invokes the ten actions round robin until the end, and retries as a flow runtime does.
async fn run_session(
    host: &Host,
    requests: &[Request],
    first: usize,
    until: Instant,
    latencies: &RefCell<Vec<Duration>>,
) -> Retries {
    let mut retries = Retries::default();
    for request in requests.iter().cycle().skip(first) {
        let began = Instant::now();
        if began >= until {
            break;
        }
        retries.invocations += 1;
        match host.invoke(request.clone()).await {
            Ok(outcome) => assert_eq!(outcome.port, "next", "{outcome:?}"),
            Err(failure) => {
                assert!(failure.retryable, "{failure:?}");
                println!("retryable after {:.1?}: {}", began.elapsed(), failure.code);
                retries.retryable += 1;
            }
        }
        latencies.borrow_mut().push(began.elapsed());
    }
    retries
}

/// The invocations of a session, and how many of them failed and may be retried.
#[derive(Default)]
struct Retries {
    invocations: usize,
    retryable: usize,
}

/// One hostile plugin: invokes the attack again as soon as the host has stopped it. Returns the number of invocations.
async fn run_attack(host: &Host, attack: &str, until: Instant) -> usize {
    let parameters = json!({
        "ATTACK": attack, "FIRST": "", "SECOND": "", "RESULT_ENTITY": "result", "STATUS_ENTITY": "status",
    });
    let request = Request::new(load::node(host, "hostile", &parameters), Session::new("harmful", "messenger", attack));
    let mut times = 0;
    while Instant::now() < until {
        let outcome = host.invoke(request.clone()).await.unwrap();
        assert_eq!(outcome.port, "error", "{outcome:?}");
        times += 1;
    }
    times
}

async fn soak(time: Duration) -> (Vec<Sample>, [usize; 3], f64) {
    let store = SqliteStore::open(load::folder("soak").join("store.db"), SqliteOptions::default()).await.unwrap();
    load::configure(&store, &["harmful".to_owned()]).await;
    let host = load::host(store, 2).await;
    host.load(&plugins::component("hostile")).unwrap();
    let requests = load::all_actions(&host).await;
    let until = Instant::now() + time;
    let latencies = RefCell::default();
    let working = (0..CONCURRENCY).map(|first| run_session(&host, &requests, first, until, &latencies));
    let sampling = async {
        let mut samples = Vec::new();
        for part in (0..REPORT_LINES).rev() {
            let (mut least, mut most) = (f64::MAX, 0.0_f64);
            while Instant::now() + time / REPORT_LINES * part < until {
                tokio::time::sleep(SAMPLE_INTERVAL).await;
                let now = resident_mib();
                (least, most) = (least.min(now), most.max(now));
            }
            let sample = sample(&mut latencies.borrow_mut(), [least, most]);
            let Sample { files, count, median, slowest_percent, .. } = &sample;
            println!("| {count} | {median:.0?} | {slowest_percent:.0?} | {least:.0} to {most:.0} MiB | {files} |");
            samples.push(sample);
        }
        samples
    };
    let attacking = ATTACKS.map(|attack| run_attack(&host, attack, until));
    let attacking = futures_util::future::join_all(attacking);
    let (sessions, samples, attack_counts) = tokio::join!(futures_util::future::join_all(working), sampling, attacking);
    let sum = |of: fn(&Retries) -> usize| sessions.iter().map(of).sum::<usize>() as f64;
    let retryable = sum(|session| session.retryable) / sum(|session| session.invocations).max(1.0);
    (samples, attack_counts.try_into().unwrap(), retryable)
}

fn main() -> ExitCode {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(600);
    println!("| invocations | median | 99th percentile | resident | file descriptors |\n|---|---|---|---|---|");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (samples, attack_counts, retryable) = runtime.block_on(soak(Duration::from_secs(seconds)));
    println!(
        "hostile invocations: {}",
        ATTACKS.iter().zip(attack_counts).map(|(attack, n)| format!("{attack} {n}")).collect::<Vec<_>>().join(", ")
    );

    // The first quarter fills caches and pools.
    let settled = &samples[samples.len() / 4..];
    let (early, late) = settled.split_at(settled.len() / 2);
    let middle = |samples: &[Sample], of: fn(&Sample) -> f64| {
        let mut all: Vec<_> = samples.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let memory = middle(late, |sample| sample.resident_mib[0]) / middle(early, |sample| sample.resident_mib[0]);
    let most = |samples: &[Sample]| samples.iter().map(|sample| sample.files).max().unwrap_or_default() as f64;
    let files = most(late) - most(early);
    let latency =
        middle(late, |sample| sample.median.as_secs_f64()) / middle(early, |sample| sample.median.as_secs_f64());
    println!("failed and retryable: {:.3} %", retryable * 100.0);
    println!(
        "later half over earlier half: least resident {memory:.2} ×, median {latency:.2} ×, {files:+} file descriptors"
    );
    if memory <= 1.5 && files <= 2.0 && latency <= 2.0 && retryable <= MAX_RETRYABLE {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
