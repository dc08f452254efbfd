//! Attacks that go on until they are stopped.

use crate::{Result, code_or_port, prepare};
use flowhost::{Host, Request};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Interval, MissedTickBehavior};

/// The number of invocations by the code or port with which they ended.
type Ends = Arc<Mutex<BTreeMap<String, u64>>>;

/// A number of callers that invoke, each again and again. They stop waiting when the attack is stopped.
///
/// The command is an object with these members:
/// - `callers`: their number.
/// - `requests`: a list of requests, which the callers share.
/// - `load`: in place of requests, the path of a component that the callers load.
/// - `interval_us`: the least time in microseconds between the starts of two invocations of a caller. All callers start
///   at the same time. Without it a caller starts the next one when the last one has ended.
/// - `leaves_after_us`: the time in microseconds after which a caller gives up an invocation. Default: never.
pub(crate) struct Attack {
    callers: Vec<JoinHandle<()>>,
    ends: Ends,
}

impl Attack {
    /// Starts the attack, and returns when each caller has entered its first invocation into the host.
    pub(crate) async fn start(host: &Arc<Host>, runtime: &Handle, command: &Json) -> Result<Self> {
        let count = usize::try_from(command["callers"].as_u64().unwrap_or(1))?;
        let (entered, mut first_entries) = mpsc::unbounded_channel();
        let ends = Ends::default();
        let callers = if let Some(path) = command["load"].as_str() {
            let component: Arc<[u8]> = std::fs::read(path)?.into();
            let load = || runtime.spawn(load_repeatedly(Arc::clone(host), Arc::clone(&component), entered.clone()));
            std::iter::repeat_with(load).take(count).collect()
        } else {
            let requests = command["requests"].as_array().ok_or("no requests")?;
            let requests = requests.iter().map(|request| prepare(host, request)).collect::<Result<Vec<_>>>()?;
            let micros = |name: &str| command[name].as_u64().map(Duration::from_micros);
            let (interval, patience) = (micros("interval_us"), micros("leaves_after_us"));
            let started = Instant::now();
            let invoke = |request| {
                let interval = interval.map(|period| {
                    let mut interval = tokio::time::interval_at(started + period, period);
                    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
                    interval
                });
                let caller = Caller { host: Arc::clone(host), request, interval, patience, ends: Arc::clone(&ends) };
                runtime.spawn(caller.invoke_repeatedly(entered.clone()))
            };
            let requests = requests.into_iter().cycle().take(count);
            requests.map(invoke).collect()
        };
        for _ in 0..count {
            first_entries.recv().await.ok_or("a caller has ended")?;
        }
        Ok(Self { callers, ends })
    }

    /// Stops it; the number of invocations by the code or port with which they ended.
    pub(crate) async fn stop(self) -> BTreeMap<String, u64> {
        self.callers.iter().for_each(JoinHandle::abort);
        for caller in self.callers {
            drop(caller.await);
        }
        std::mem::take(&mut *self.ends.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Caller {
    host: Arc<Host>,
    request: Request,
    interval: Option<Interval>,
    patience: Option<Duration>,
    ends: Ends,
}

impl Caller {
    async fn invoke_repeatedly(mut self, entered: UnboundedSender<()>) {
        let mut entered = Some(entered);
        loop {
            let mut invocation = pin!(self.host.invoke(self.request.clone()));
            // The first poll admits the invocation, or lets it wait for that.
            let first = std::future::poll_fn(|cx| Poll::Ready(invocation.as_mut().poll(cx))).await;
            report_entry(entered.take());
            let result = match (first, self.patience) {
                (Poll::Ready(result), _) => Some(result),
                (Poll::Pending, None) => Some(invocation.await),
                (Poll::Pending, Some(patience)) => tokio::time::timeout(patience, invocation).await.ok(),
            };
            let end = result.as_ref().map_or_else(|| "left".to_owned(), code_or_port);
            *self.ends.lock().unwrap_or_else(PoisonError::into_inner).entry(end).or_default() += 1;
            match &mut self.interval {
                Some(interval) => {
                    interval.tick().await;
                }
                // An invocation may end at its first poll.
                None => tokio::task::yield_now().await,
            }
        }
    }
}

async fn load_repeatedly(host: Arc<Host>, component: Arc<[u8]>, entered: UnboundedSender<()>) {
    let mut entered = Some(entered);
    loop {
        let (host, component, entered) = (Arc::clone(&host), Arc::clone(&component), entered.take());
        let load = move || {
            report_entry(entered);
            host.load(&component).is_ok()
        };
        drop(tokio::task::spawn_blocking(load).await);
    }
}

/// Reports a caller's first entry, if it has not been reported.
fn report_entry(entered: Option<UnboundedSender<()>>) {
    // The attack may have failed to start.
    entered.into_iter().for_each(|entered| entered.send(()).unwrap_or_default());
}
