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

/// What the hostile plugin does in its invocations.
const HARM: [&str; 2] = ["computes", "hoards-bit-by-bit"];

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

/// Does harm for ever: as soon as it was stopped, it begins again.
async fn harm(host: &Host, request: Request) {
    loop {
        let outcome = host.invoke(request.clone()).await.unwrap();
        assert_eq!(outcome.port, "error", "{outcome:?}");
    }
}

/// S8: the 99th percentile at half of the greatest rate, without and with the two, in turn. The medians of the rounds:
/// where a machine lends its processors to others, too, a round's percentile may be the machine's alone.
pub(crate) fn s8(care: Care) -> Vec<Row> {
    let rounds = if care == Care::Full { 25 } else { 9 };
    let time = Duration::from_millis(500);
    let runtime = runtime();
    let _inside = runtime.enter();
    let store = MemoryStore::new();
    runtime.block_on(load::configure(&store, &["harmful".to_owned()]));
    let host = runtime.block_on(load::host(store, 1));
    host.load(&plugins::component("hostile")).unwrap();
    let host = Arc::new(host);
    let request = load::validation(&host);

    let count = 20_000;
    runtime.block_on(load::drive(&host, count, 64, |_| request.clone()));
    let began = Instant::now();
    runtime.block_on(load::drive(&host, count, 64, |_| request.clone()));
    let rate = count as f64 / began.elapsed().as_secs_f64() / 2.0;

    let harms = HARM.map(|deed| {
        let parameters = json!({
            "DEED": deed, "FIRST": "", "SECOND": "", "RESULT_ENTITY": "result", "STATUS_ENTITY": "status",
        });
        Request::new(load::node(&host, "hostile", &parameters), Session::new("harmful", "messenger", deed))
    });
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        alone.push(percentile(&latencies(&host, &request, rate, time), 0.99));
        let (harmful, [first, second]) = (Arc::clone(&host), harms.clone());
        let thread = std::thread::spawn(move || {
            crate::pair::runtime().block_on(async {
                let both = futures_util::future::join(harm(&harmful, first), harm(&harmful, second));
                tokio::time::timeout(time, both).await.unwrap_err();
            });
        });
        beside.push(percentile(&latencies(&host, &request, rate, time), 0.99));
        thread.join().unwrap();
    }

    alone.sort();
    beside.sort();
    let (alone, beside) = (percentile(&alone, 0.5), percentile(&beside, 0.5));
    let ratio = beside.as_secs_f64() / alone.as_secs_f64();
    vec![row(
        "S8",
        format!(
            "99th percentile at {rate:.0}/s, half of the greatest rate, beside a plugin that spins and one that hoards"
        ),
        format!("{beside:.1?} over {alone:.1?}, {ratio:.1} ×"),
        "≤ 2 ×, or ≤ 1 ms",
        ratio <= 2.0 || beside <= Duration::from_millis(1),
    )]
}
