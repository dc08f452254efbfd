//! Concurrent sessions and their history: operations and outcomes, with ticks of one clock.

use crate::actions::{Operation, observable, operation_time};
use crate::checker::{CheckResult, SequentialSpec as _, Step, check, minimal_steps};
use crate::dump::StoreDump;
use crate::model::{Model, Replay, initialise};
use crate::recording_store::RecordingStore;
use flowhost::store::{CommitRequest, LogEntry, Store};
use flowhost::{Failure, Host, Limits, Outcome, Request};
use futures_util::future::join_all;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// One executed operation.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) operation: Operation,
    pub(crate) call: u64,
    pub(crate) response: u64,
    pub(crate) outcome: Outcome,
}

/// The operations of concurrent sessions, and the contents of the store.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// The commits that created the initial contents of the store.
    pub(crate) start: Vec<CommitRequest>,
    pub(crate) events: Vec<Event>,
    /// The commits in the order that the store reports. The search uses them as hints only.
    pub(crate) hints: Vec<CommitRequest>,
    pub(crate) end: StoreDump,
    pub(crate) logs: Vec<Vec<LogEntry>>,
}

/// A host with time limits of one hour, so that only a hanging invocation exceeds them on a busy machine.
pub(crate) async fn host(store: RecordingStore, workers: usize) -> Host {
    let (mut limits, long) = (Limits::default(), Duration::from_secs(60 * 60));
    (limits.cpu_time, limits.invocation_timeout, limits.queue_timeout) = (long, long, long);
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    Host::builder().workers(workers).limits(limits).cache(cache).open(store).await.unwrap()
}

pub(crate) async fn invoke(host: &Host, operation: &Operation) -> Result<Outcome, Failure> {
    let node = host.prepare(operation.action, operation.parameters.as_object().unwrap()).unwrap();
    host.invoke(Request::new(node, operation.session.clone())).await
}

/// Invokes again after a failure that is retryable: on a slow disk, an invocation may wait for a lock until its timeout.
async fn invoke_with_retries(host: &Host, operation: &Operation) -> Outcome {
    /// Invocations of one operation, the first included.
    const MAX_INVOCATIONS: usize = 5;
    for _ in 1..MAX_INVOCATIONS {
        match invoke(host, operation).await {
            Err(failure) if failure.retryable => {}
            result => return result.unwrap(),
        }
    }
    invoke(host, operation).await.unwrap()
}

/// Runs the sessions concurrently, each with its operations in order, on a store with the contents of `start`.
pub(crate) async fn run_concurrently(
    host: &Host,
    recording: &RecordingStore,
    store: Arc<dyn Store>,
    start: &[CommitRequest],
    sessions: Vec<Vec<Operation>>,
) -> History {
    initialise(&*store, &start.iter().collect::<Vec<_>>()).await;
    recording.replace(store);
    let clock = AtomicU64::new(0);
    let tick = || clock.fetch_add(1, Ordering::SeqCst);
    let events = join_all(sessions.into_iter().map(async |operations| {
        let mut events = Vec::new();
        for operation in operations {
            let call = tick();
            let outcome = invoke_with_retries(host, &operation).await;
            events.push(Event { operation, call, response: tick(), outcome });
        }
        events
    }))
    .await;
    let (hints, end) = (recording.take_changes(), StoreDump::read(recording).await);
    let logs = end.read_logs(recording).await;
    History { start: start.to_vec(), events: events.concat(), hints, end, logs }
}

impl History {
    /// A legal order, if one is found.
    pub(crate) fn check(&self, model: &Model) -> CheckResult {
        let (mut replay, start) = Replay::new(model, self);
        check(&mut replay, &start, &self.steps())
    }

    /// Asserts that there is a legal order.
    pub(crate) fn assert_linearizable(&self, model: &Model, what: &str) {
        match self.check(model) {
            CheckResult::Linearizable(order) => assert_eq!(order.len(), self.events.len()),
            CheckResult::NotLinearizable(longest) | CheckResult::Undecided(longest) => {
                panic!("{what}: {}", self.explain(model, &longest))
            }
        }
    }

    /// A text that shows the longest prefix of a legal order and the operations that cannot follow it.
    fn explain(&self, model: &Model, longest: &[usize]) -> String {
        let (mut replay, start) = Replay::new(model, self);
        let state = longest.iter().fold(start, |state, step| replay.apply(&state, *step).unwrap());
        let mut lines = vec![format!("no legal order goes on from here, {} of {}:", longest.len(), self.events.len())];
        lines.push(format!("{:#?}\nThe history ends so:\n{:#?}", replay.dump(&state), self.end));
        let left = (0..self.events.len()).filter(|step| !longest.contains(step)).collect();
        for step in minimal_steps(&self.steps(), left) {
            let Event { operation: Operation { action, parameters, session }, outcome, .. } = &self.events[step];
            lines.push(format!("{} {action} {parameters}\n  should: {}", session.id, observable(outcome)));
            lines.push(format!("  would:  {}", replay.outcome_in(&state, step)));
        }
        lines.join("\n")
    }

    fn steps(&self) -> Vec<Step> {
        let hints: HashMap<_, _> = self.hints.iter().enumerate().map(|(place, commit)| (commit.now, place)).collect();
        let mut classes = HashMap::new();
        let step = |(place, event): (usize, &Event)| {
            let Event { operation, call, response: answer, outcome } = event;
            let class = *classes.entry(operation.equivalence_class(outcome)).or_insert(place);
            let hint = operation.session.at.and_then(|at| hints.get(&at).copied());
            Step { call: *call, response: *answer, class, read_only: operation.is_read_only(outcome), hint }
        };
        self.events.iter().enumerate().map(step).collect()
    }

    /// The event of the operation with this number.
    pub(crate) fn event(&mut self, number: usize) -> &mut Event {
        self.events.iter_mut().find(|event| event.operation.session.at == Some(operation_time(number))).unwrap()
    }
}
