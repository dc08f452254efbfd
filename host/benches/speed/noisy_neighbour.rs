//! Row S8: the latency of invocations beside hostile plugins.

use crate::compare::{Mode, runtime};
use crate::load;
use crate::plugins;
use crate::table::{Row, row};
use flowhost::store::MemoryStore;
use flowhost::{Host, Request, Session};
use futures_util::stream::{FuturesUnordered, Stream};
use serde_json::json;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

/// The names of the measured cases, and the attacks that run beside the invocations.
const NOISE: [(&str, &[&str]); 4] = [
    ("alone", &[]),
    ("spins", &["infinite-loop"]),
    ("allocates", &["grow-memory-in-steps"]),
    ("both", &["infinite-loop", "grow-memory-in-steps"]),
];

/// Memory that the allocating plugin has when the host stops it.
const NOISE_BYTES: usize = 64 << 20;

/// Measured time of each case in a round.
const ROUND_TIME: Duration = Duration::from_millis(500);

/// A waker that unparks the measuring thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Sorted latencies of invocations that start at a constant rate, independent of the completion of earlier ones. This
/// thread parks until the next start or completion, so that it does not compete for the processors.
fn latencies(host: &Host, request: &Request, rate: f64, time: Duration) -> Vec<Duration> {
    let runtime = runtime();
    let _inside = runtime.enter();
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut open = pin!(FuturesUnordered::new());
    let mut latencies = Vec::new();
    let began = Instant::now();
    let total = (rate * time.as_secs_f64()) as usize;
    let mut sent = 0;
    while latencies.len() < total {
        let due = began + Duration::from_secs_f64(sent as f64 / rate);
        if sent < total && Instant::now() >= due {
            sent += 1;
            open.push(async move {
                match host.invoke(request.clone()).await {
                    Ok(outcome) => assert_eq!(outcome.port, "next", "{outcome:?}"),
                    // A rejected invocation counts as infinitely slow.
                    Err(failure) if failure.code == "overloaded" => return Duration::MAX,
                    Err(failure) => panic!("{failure:?}"),
                }
                due.elapsed()
            });
        }
        match open.as_mut().poll_next(&mut cx) {
            Poll::Ready(Some(latency)) => latencies.push(latency),
            Poll::Ready(None) | Poll::Pending => {
                let wait = if sent < total { due.saturating_duration_since(Instant::now()) } else { time };
                std::thread::park_timeout(wait);
            }
        }
    }
    latencies.sort();
    latencies
}

fn percentile(sorted: &[Duration], part: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * part) as usize]
}

/// Repeats each attack on its own thread for `time`. An attack starts again as soon as the host has stopped it.
fn run_noise(host: &Arc<Host>, attacks: &[&str], time: Duration) -> Vec<JoinHandle<()>> {
    let until = Instant::now() + time;
    let begin = |attack: &&str| {
        let parameters = json!({
            "ATTACK": attack, "FIRST": "", "SECOND": "", "RESULT_ENTITY": "result", "STATUS_ENTITY": "status",
        });
        let session = Session::new("harmful", "messenger", *attack);
        let (host, request) = (Arc::clone(host), Request::new(load::node(host, "hostile", &parameters), session));
        std::thread::spawn(move || {
            let runtime = runtime();
            while Instant::now() < until {
                let outcome = runtime.block_on(host.invoke(request.clone())).unwrap();
                assert_eq!(outcome.port, "error", "{outcome:?}");
            }
        })
    };
    attacks.iter().map(begin).collect()
}

/// Computes and allocates as both attacks do, on a thread outside the host. It shows the effect of the operating system
/// alone.
fn run_native_noise(time: Duration) -> Vec<JoinHandle<()>> {
    const SPIN: Duration = Duration::from_millis(50);
    let until = Instant::now() + time;
    vec![std::thread::spawn(move || {
        while Instant::now() < until {
            let began = Instant::now();
            while began.elapsed() < SPIN {
                std::hint::spin_loop();
            }
            std::hint::black_box(vec![1_u8; NOISE_BYTES]);
        }
    })]
}

/// A host of one worker with the hostile plugin loaded, and the measured request.
fn host() -> (Arc<Host>, Request) {
    let store = MemoryStore::new();
    let runtime = runtime();
    runtime.block_on(load::configure(&store, &["harmful".to_owned()]));
    let host = runtime.block_on(load::host(store, 1));
    host.load(&plugins::component("hostile")).unwrap();
    let request = load::validation_request(&host);
    (Arc::new(host), request)
}

/// Half of the host's current maximum rate, invocations a second.
fn half_rate(host: &Arc<Host>, request: &Request) -> f64 {
    let count = 5_000;
    let runtime = runtime();
    let began = Instant::now();
    runtime.block_on(load::drive(host, count, 64, |_| request.clone()));
    count as f64 / began.elapsed().as_secs_f64() / 2.0
}

/// The latencies at half of the maximum rate. The rate is measured for each case, because the speed of a shared machine
/// varies.
fn measure(
    host: &Arc<Host>,
    request: &Request,
    time: Duration,
    start_noise: impl FnOnce() -> Vec<JoinHandle<()>>,
) -> Latencies {
    let rate = half_rate(host, request);
    let threads = start_noise();
    let latencies = latencies(host, request, rate, time);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let [half, most] = [0.5, 0.99].map(|part| percentile(&latencies, part));
    Latencies { rate, median: half, p99: most }
}

struct Latencies {
    rate: f64,
    median: Duration,
    /// The 99th percentile.
    p99: Duration,
}

/// Makes invocations for `milliseconds` beside the attacks of the case `noise`, for a profiler.
pub(crate) fn drive(noise: &str, milliseconds: u64) {
    let (_, attacks) = NOISE.iter().find(|(name, _)| *name == noise).unwrap();
    let (host, request) = host();
    let time = Duration::from_millis(milliseconds);
    let Latencies { rate, median: half, p99: most } =
        measure(&host, &request, time, || run_noise(&host, attacks, time));
    println!("{noise}: at {rate:.0}/s half within {half:.1?}, 99 % within {most:.1?}");
}

/// S8: the 99th percentile in each case. The figures are medians over the rounds, because on a shared machine the
/// percentile of a single round may come from other work.
pub(crate) fn s8(mode: Mode) -> Vec<Row> {
    let rounds = if mode == Mode::Full { 15 } else { 5 };
    let (host, request) = host();
    let mut found = [(); NOISE.len() + 1].map(|()| Vec::new());
    for _ in 0..rounds {
        for ((_, attacks), found) in NOISE.iter().zip(&mut found) {
            found.push(measure(&host, &request, ROUND_TIME, || run_noise(&host, attacks, ROUND_TIME)));
        }
        if let Some(found) = found.last_mut() {
            found.push(measure(&host, &request, ROUND_TIME, || run_native_noise(ROUND_TIME)));
        }
    }
    let median = |found: &[Latencies], figure: &dyn Fn(&Latencies) -> Duration| {
        let mut figures: Vec<_> = found.iter().map(figure).collect();
        figures.sort();
        percentile(&figures, 0.5)
    };
    let [alone, spins, allocates, both, natively] = found.each_ref().map(|found| median(found, &|found| found.p99));
    let [half_alone, .., half_both, _] = found.each_ref().map(|found| median(found, &|found| found.median));
    let ratio = both.as_secs_f64() / alone.as_secs_f64();
    vec![row(
        "S8",
        "99th percentile at half of the maximum rate, beside a plugin that loops and one that allocates without limit",
        format!(
            "{both:.1?} over {alone:.1?}, {ratio:.1} × (beside the first {spins:.1?}, the second {allocates:.1?}, beside a \
             thread outside the host that does the same {natively:.1?}; medians {half_both:.1?} over {half_alone:.1?})"
        ),
        "≤ 2 ×, or ≤ 1 ms",
        ratio <= 2.0 || both <= Duration::from_millis(1),
    )]
}
