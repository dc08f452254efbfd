//! S8: how long an invocation takes beside plugins that do harm.

use crate::load;
use crate::pair::{Care, runtime};
use crate::plugins;
use crate::table::{Row, row};
use flowhost::store::MemoryStore;
use flowhost::{Host, Request, Session};
use futures_util::stream::{FuturesUnordered, Stream};
use serde_json::json;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// What the hostile plugin does in its invocations, beside which it is measured.
const COMPANY: [(&str, &[&str]); 4] = [
    ("alone", &[]),
    ("spins", &["computes"]),
    ("hoards", &["hoards-bit-by-bit"]),
    ("both", &["computes", "hoards-bit-by-bit"]),
];

/// How long each is measured at a time.
const TIME: Duration = Duration::from_millis(500);

/// Wakes the thread that measures.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Latencies of invocations that come at a steady rate, whatever becomes of the earlier ones, sorted. This thread
/// sleeps while none is due or done: the processors have as much to do as the invocations make.
fn latencies(host: &Host, request: &Request, rate: f64, time: Duration) -> Vec<Duration> {
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
                    // It was too much: as bad as never.
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

/// Does harm for so long: as soon as it was stopped, it begins again.
fn harm(host: &Arc<Host>, deeds: &[&str], time: Duration) -> std::thread::JoinHandle<()> {
    let requests: Vec<_> = deeds
        .iter()
        .map(|deed| {
            let parameters = json!({
                "DEED": deed, "FIRST": "", "SECOND": "", "RESULT_ENTITY": "result", "STATUS_ENTITY": "status",
            });
            Request::new(load::node(host, "hostile", &parameters), Session::new("harmful", "messenger", *deed))
        })
        .collect();
    let host = Arc::clone(host);
    let until = Instant::now() + time;
    let one = async move |request: Request, host: &Host| {
        while Instant::now() < until {
            let outcome = host.invoke(request.clone()).await.unwrap();
            assert_eq!(outcome.port, "error", "{outcome:?}");
        }
    };
    std::thread::spawn(move || {
        runtime().block_on(futures_util::future::join_all(requests.into_iter().map(|request| one(request, &host))));
    })
}

/// A host of one worker that has the hostile plugin, and the request that is measured on it.
fn host() -> (Arc<Host>, Request) {
    let store = MemoryStore::new();
    let runtime = runtime();
    runtime.block_on(load::configure(&store, &["harmful".to_owned()]));
    let host = runtime.block_on(load::host(store, 1));
    host.load(&plugins::component("hostile")).unwrap();
    let request = load::validation(&host);
    (Arc::new(host), request)
}

/// Half of the greatest rate, invocations a second.
fn half_rate(host: &Arc<Host>, request: &Request) -> f64 {
    let count = 20_000;
    let runtime = runtime();
    runtime.block_on(load::drive(host, count, 64, |_| request.clone()));
    let began = Instant::now();
    runtime.block_on(load::drive(host, count, 64, |_| request.clone()));
    count as f64 / began.elapsed().as_secs_f64() / 2.0
}

/// So many invocations at half of the greatest rate in the company called `company`, for a tool that looks on from
/// outside.
pub(crate) fn drive(company: &str, count: u64) {
    let (_, deeds) = COMPANY.iter().find(|(name, _)| *name == company).unwrap();
    let (host, request) = host();
    let rate = half_rate(&host, &request);
    let time = Duration::from_secs_f64(count as f64 / rate);
    let runtime = runtime();
    let _inside = runtime.enter();
    let thread = harm(&host, deeds, time);
    let latencies = latencies(&host, &request, rate, time);
    thread.join().unwrap();
    let [half, most] = [0.5, 0.99].map(|part| percentile(&latencies, part));
    println!("{company}: at {rate:.0}/s half within {half:.1?}, 99 % within {most:.1?}");
}

/// S8: the 99th percentile at half of the greatest rate in each company, in turn. The medians of the rounds: where a
/// machine lends its processors to others, too, a round's percentile may be the machine's alone.
pub(crate) fn s8(care: Care) -> Vec<Row> {
    let rounds = if care == Care::Full { 15 } else { 5 };
    let runtime = runtime();
    let _inside = runtime.enter();
    let (host, request) = host();
    let rate = half_rate(&host, &request);
    let mut found = COMPANY.map(|_| Vec::new());
    for _ in 0..rounds {
        for ((_, deeds), found) in COMPANY.iter().zip(&mut found) {
            let thread = harm(&host, deeds, TIME);
            found.push(percentile(&latencies(&host, &request, rate, TIME), 0.99));
            thread.join().unwrap();
        }
    }
    let [alone, spins, hoards, both] = found.map(|mut found| {
        found.sort();
        percentile(&found, 0.5)
    });
    let ratio = both.as_secs_f64() / alone.as_secs_f64();
    vec![row(
        "S8",
        format!(
            "99th percentile at {rate:.0}/s, half of the greatest rate, beside a plugin that spins and one that hoards"
        ),
        format!("{both:.1?} over {alone:.1?}, {ratio:.1} × (beside the first {spins:.1?}, the second {hoards:.1?})"),
        "≤ 2 ×, or ≤ 1 ms",
        ratio <= 2.0 || both <= Duration::from_millis(1),
    )]
}
