//! S8: how long an invocation takes beside plugins that do harm.

use crate::cpu;
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
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// What the hostile plugin does in its invocations.
const HARM: [&str; 2] = ["computes", "hoards-bit-by-bit"];

/// Latencies of invocations that come at a steady rate, whatever becomes of the earlier ones, sorted. This thread does
/// nothing but look whether one is due or done.
fn latencies(host: &Host, request: &Request, rate: f64, time: Duration) -> Vec<Duration> {
    let mut cx = Context::from_waker(Waker::noop());
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
            Poll::Ready(None) | Poll::Pending => std::hint::spin_loop(),
        }
    }
    latencies.sort();
    latencies
}

fn percentile(sorted: &[Duration], part: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * part) as usize]
}

/// Does harm for ever: as soon as it was stopped, it begins again.
async fn harm(host: &Host, request: Request) {
    loop {
        let outcome = host.invoke(request.clone()).await.unwrap();
        assert_eq!(outcome.port, "error", "{outcome:?}");
    }
}

/// S8: the 99th percentile at half of the greatest rate, without and with the two.
pub(crate) fn s8(care: Care) -> Vec<Row> {
    let time = Duration::from_secs(if care == Care::Full { 10 } else { 2 });
    let runtime = runtime();
    let _inside = runtime.enter();
    let store = MemoryStore::new();
    runtime.block_on(load::configure(&store, &["harmful".to_owned()]));
    // The host has one processor, and this thread the other: it never sleeps.
    cpu::confine(0..1);
    let host = runtime.block_on(load::host(store, 1));
    cpu::confine(1..2);
    host.load(&plugins::component("hostile")).unwrap();
    let host = Arc::new(host);
    let request = load::validation(&host);

    let count = 20_000;
    runtime.block_on(load::drive(&host, count, 64, |_| request.clone()));
    let began = Instant::now();
    runtime.block_on(load::drive(&host, count, 64, |_| request.clone()));
    let rate = count as f64 / began.elapsed().as_secs_f64() / 2.0;
    let alone = latencies(&host, &request, rate, time);

    let harms = HARM.map(|deed| {
        let parameters = json!({
            "DEED": deed, "FIRST": "", "SECOND": "", "RESULT_ENTITY": "result", "STATUS_ENTITY": "status",
        });
        Request::new(load::node(&host, "hostile", &parameters), Session::new("harmful", "messenger", deed))
    });
    let harmful = Arc::clone(&host);
    let thread = std::thread::spawn(move || {
        cpu::confine(0..1);
        let harmful = &harmful;
        crate::pair::runtime().block_on(async {
            let [first, second] = harms.map(|request| harm(harmful, request));
            tokio::time::timeout(time, futures_util::future::join(first, second)).await.unwrap_err();
        });
    });
    let beside = latencies(&host, &request, rate, time);
    thread.join().unwrap();
    cpu::confine(0..cpu::count());

    let (alone, beside) = (percentile(&alone, 0.99), percentile(&beside, 0.99));
    let ratio = beside.as_secs_f64() / alone.as_secs_f64();
    vec![row(
        "S8",
        format!(
            "99th percentile at {rate:.0}/s, half of the greatest rate, beside a plugin that spins and one that hoards"
        ),
        format!("{beside:.0?} over {alone:.0?}, {ratio:.1} ×"),
        "≤ 2 ×, or ≤ 1 ms",
        ratio <= 2.0 || beside <= Duration::from_millis(1),
    )]
}
