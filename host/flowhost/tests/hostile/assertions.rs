//! Assertions about the result of an attack.

use crate::faulty_store::FAILING_CONTACT;
use crate::fixture::{CAMPAIGN, Fixture, OTHER_TENANT_CAMPAIGN, session, short_limits};
use crate::plugins;
use flowhost::{Limits, Outcome, Request};
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

/// Asserts that the run exited through `error` with this code and a message without a backtrace.
pub(crate) fn assert_stopped(outcome: &Outcome, code: &str) {
    assert_eq!((outcome.port.as_str(), outcome.error.as_ref().unwrap().code.as_str()), ("error", code), "{outcome:?}");
    let message = &outcome.error.as_ref().unwrap().message;
    assert!(!message.is_empty() && !message.contains("backtrace"), "{message}");
}

/// Asserts the same for the plugin `hostile`, whose entity-out `result` is cleared and `status` is set to `ERROR`.
fn assert_reset(outcome: &Outcome, code: &str) {
    assert_stopped(outcome, code);
    assert_eq!(outcome.entities.iter().collect::<Vec<_>>(), [(&"status".to_owned(), &json!("ERROR"))]);
    assert_eq!(outcome.cleared, ["result"]);
}

/// Asserts that an attack of the plugin `hostile` ends with this code.
pub(crate) async fn assert_attack_ends(attack: &str, code: &str) {
    let fixture = Fixture::new().await;
    let outcome = fixture.run_beside_neighbours(fixture.attack(attack, CAMPAIGN, "")).await.unwrap();
    assert_reset(&outcome, code);
}

/// Asserts that an attack of the plugin `hostile` ends with this code under changed limits.
pub(crate) async fn assert_attack_ends_with_limits(change: fn(&mut Limits), attack: &str, code: &str) {
    let fixture = Fixture::with_limits(change).await;
    let outcome = fixture.run_beside_neighbours(fixture.attack(attack, CAMPAIGN, "")).await.unwrap();
    assert_reset(&outcome, code);
}

/// Asserts that a plugin written in the WebAssembly text format is loaded, runs, and ends with this code.
pub(crate) async fn assert_plugin_stopped(plugin: &str, code: &str) {
    let fixture = Fixture::new().await;
    assert_stopped(&fixture.load_and_run_beside_neighbours(plugin).await.unwrap(), code);
}

/// Asserts that the host rejects this component with this code when it loads it.
pub(crate) async fn assert_plugin_rejected(plugin: &str, code: &str) {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.load_beside_neighbours(plugins::component(plugin)).await.unwrap_err().code, code);
}

pub(crate) async fn describes_by_waiting(code: &str) {
    let fixture = Fixture::with_limits(short_limits).await;
    let error = fixture.load_beside_neighbours(plugins::component("describes-by-waiting")).await.unwrap_err();
    assert_eq!(error.code, code);
}

/// In a host without a cache of manifests, which asks the component.
pub(crate) async fn describes_by_printing() {
    crate::log::install_capture();
    let builder = flowhost::Host::builder().workers(1).without_built_in_actions();
    let host = builder.open(flowhost::store::MemoryStore::new()).await.unwrap();
    host.load(&plugins::component("describes-by-printing")).unwrap();
    let lines = crate::log::lines_of_session("action=\"describe\"");
    assert!(lines.iter().any(|line| line.contains("\\u{1b}")), "{lines:?}");
    assert!(crate::log::dropped_lines(&lines) > 0, "{:?}", lines.last());
}

/// Processes that compute until they are dropped.
struct CpuLoad(Vec<std::process::Child>);

impl CpuLoad {
    fn start(count: usize) -> Self {
        let spin = || std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        Self((0..count).map(|_| spin()).collect())
    }
}

impl Drop for CpuLoad {
    fn drop(&mut self) {
        for process in &mut self.0 {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

/// Asserts that the limit counts CPU time, not elapsed time: beside processes that use all processors, an action
/// completes although it takes longer than the limit. A busy neighbour of a core may double the CPU time of the same
/// work, so the limit is four times the least that was measured.
pub(crate) async fn compute_for_a_while() {
    let limits = |limits: &mut Limits, cpu_time| {
        limits.invocation_timeout = Duration::from_secs(120);
        limits.cpu_time = cpu_time;
    };
    let fixture = Fixture::with_limits(|found| limits(found, Duration::from_secs(60))).await;
    let mut least = u64::MAX;
    for _ in 0..5 {
        let outcome = fixture.host.invoke(fixture.attack("compute-for-a-while", "", "")).await.unwrap();
        least = least.min(outcome.usage.cpu_us);
    }
    let cpu_time = Duration::from_micros(4 * least);
    let fixture = Fixture::with_limits(|found| limits(found, cpu_time)).await;
    let _busy = CpuLoad::start(8 * std::thread::available_parallelism().map_or(2, usize::from));
    let timed = (0..8).map(|_| async {
        let start = Instant::now();
        let outcome = fixture.host.invoke(fixture.attack("compute-for-a-while", "", "")).await.unwrap();
        assert_eq!((outcome.port.as_str(), &outcome.error), ("next", &None));
        start.elapsed()
    });
    let longest = join_all(timed).await.into_iter().max().unwrap();
    assert!(longest > cpu_time, "{longest:?} elapsed, limit {cpu_time:?}: the processors were not busy");
}

/// Asserts that the host evaluates a parameter once, even if it fails: 9,000 reads return the first failure.
pub(crate) async fn repeats_a_failure(code: &str) {
    let fixture = Fixture::new().await;
    let expensive = "string(size(lists.range(10000).map(x, x*x+x*x*x+x)))";
    let parameters = json!({
        "ATTACK": "repeats-a-failure", "TEXTS": vec![expensive; 100], "RESULT_ENTITY": "result", "STATUS_ENTITY": "status",
    });
    let request = fixture.request("hostile", &parameters, session("acme", "56911111111"));
    assert_reset(&fixture.run_beside_neighbours(request).await.unwrap(), code);
}

pub(crate) async fn reads_escapes_as_json(code: &str) {
    let fixture = Fixture::new().await;
    let request = fixture.attack("reads-escapes-as-json", &"\u{1}".repeat(300_000), "");
    assert_reset(&fixture.run_beside_neighbours(request).await.unwrap(), code);
}

/// Asserts that the host rejects these bytes with this code when it loads them.
pub(crate) async fn assert_component_rejected(component: &[u8], code: &str) {
    let fixture = Fixture::new().await;
    let error = fixture.load_beside_neighbours(component.to_vec()).await.unwrap_err();
    assert_eq!(error.code, code, "{error}");
}

/// Asserts that the host rejects the component `hostile` with this code under changed limits.
pub(crate) async fn assert_rejected_with_limits(change: fn(&mut Limits), code: &str) {
    // The host has no cache: a cached component is not compiled again.
    let mut limits = Limits::default();
    change(&mut limits);
    let store = flowhost::store::MemoryStore::new();
    let host =
        flowhost::Host::builder().workers(1).limits(limits).without_built_in_actions().open(store).await.unwrap();
    assert_eq!(host.load(&plugins::component("hostile")).unwrap_err().code, code);
}

/// Asserts that the first half of a component is rejected with this code.
pub(crate) async fn truncated_component(code: &str) {
    let whole = plugins::component("hostile");
    assert_component_rejected(&whole[..whole.len() / 2], code).await;
}

pub(crate) async fn waits(code: &str) {
    let fixture = Fixture::with_limits(short_limits).await;
    assert_reset(&fixture.run_beside_neighbours(fixture.hanging_request()).await.unwrap(), code);
    fixture.wait_for_hanging_reads(1).await;
}

pub(crate) async fn store_fails(code: &str) {
    let fixture = Fixture::new().await;
    let failure =
        fixture.run_beside_neighbours(fixture.attack("waits", &FAILING_CONTACT.to_string(), "")).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retryable), (code, true));
}

pub(crate) async fn is_cancelled_while_waiting() {
    // The deadline releases the key, too. It is longer than the queue timeout, so only the cancellation can release it.
    let fixture = Fixture::with_limits(|limits| {
        limits.invocation_timeout = Duration::from_secs(60);
        limits.queue_timeout = Duration::from_secs(10);
    })
    .await;
    let before = fixture.dump().await;
    let abandoned = tokio::select! {
        _ = fixture.host.invoke(fixture.hanging_request().with_key("left")) => false,
        () = fixture.wait_for_hanging_reads(1) => true,
    };
    assert!(abandoned);
    fixture.invoke_neighbour("acme").await;
    assert_eq!(fixture.dump().await, before);
    // The key is not locked and has no stored outcome: another request can use it.
    let other = fixture.attack("warns-often", "", "").with_key("left");
    assert!(!fixture.host.invoke(other).await.unwrap().replayed);
}

pub(crate) async fn warns_often() {
    let fixture = Fixture::new().await;
    let outcome = fixture.run_beside_neighbours(fixture.attack("warns-often", "", "")).await.unwrap();
    assert_eq!((outcome.port.as_str(), outcome.warnings.len()), ("next", 100));
}

pub(crate) async fn warns_at_length() {
    let fixture = Fixture::new().await;
    let outcome = fixture.run_beside_neighbours(fixture.attack("warns-at-length", "", "")).await.unwrap();
    let warning = &outcome.warnings[0];
    assert_eq!((warning.code.len(), warning.message.len()), (128, 4 << 10));
    assert_eq!(warning.parameter.as_ref().unwrap().len(), 128);
}

pub(crate) async fn logs_often() {
    let fixture = Fixture::new().await;
    let request = fixture.attack("logs-often", "", "");
    let id = request.session.id.clone();
    assert_eq!(fixture.run_beside_neighbours(request).await.unwrap().port, "next");
    let lines = crate::log::lines_of_session(&id);
    // The names on each line leave room for a few lines less than 1,000.
    let kept = lines.iter().filter(|line| line.contains("a line of many")).count();
    assert!((900..=1_000).contains(&kept), "{kept}");
    crate::log::assert_counted(&id, 5_000);
}

pub(crate) async fn logs_at_length() {
    let fixture = Fixture::new().await;
    let request = fixture.attack("logs-at-length", "", "");
    let id = request.session.id.clone();
    assert_eq!(fixture.run_beside_neighbours(request).await.unwrap().port, "next");
    let lines = crate::log::lines_of_session(&id);
    // 16 lines of 4 KiB have 64 KiB without the names on each line.
    assert_eq!(lines.iter().filter(|line| line.contains("xxx")).count(), 15);
    crate::log::assert_counted(&id, 1_000);
}

/// More invocations than the host's memory has room for at once.
pub(crate) async fn reserves_memory() {
    let fixture = Fixture::with_limits(|limits| limits.host_memory_bytes = 128 << 20).await;
    for _ in 0..64 {
        let outcome = fixture.run_beside_neighbours(fixture.attack("reserves-memory", "", "")).await.unwrap();
        assert_eq!((outcome.port.as_str(), outcome.usage.memory_bytes > 4 << 20), ("next", true));
    }
}

/// The log has some of the lines that the plugin wrote, and the number of the others.
pub(crate) async fn log_is_counted(attack: &str, written: u64) {
    let fixture = Fixture::new().await;
    let request = fixture.attack(attack, "", "");
    let id = request.session.id.clone();
    assert_eq!(fixture.run_beside_neighbours(request).await.unwrap().port, "next");
    crate::log::assert_counted(&id, written);
}

pub(crate) async fn hides_characters() {
    let fixture = Fixture::new().await;
    let request = fixture.attack("hides-characters", "", "");
    let id = request.session.id.clone();
    assert_eq!(fixture.run_beside_neighbours(request).await.unwrap().port, "next");
    let lines = crate::log::lines_of_session(&id);
    let shown = "a\\u{1b}]0;title\\u{7}\\u{9b}2J\\u{202e}b\\u{2066}\\u{200f}\\u{61c}c\\u{2028}\\u{2029}d";
    assert!(lines.iter().any(|line| line.contains(shown)), "{lines:?}");
}

pub(crate) async fn forge_log_line() {
    let fixture = Fixture::new().await;
    let request = fixture.attack("forge-log-line", "", "");
    let id = request.session.id.clone();
    assert_eq!(fixture.run_beside_neighbours(request).await.unwrap().port, "next");
    let lines = crate::log::lines_of_session(&id);
    let forged = lines.iter().find(|line| line.contains("the host is on fire")).unwrap();
    assert!(forged.starts_with("  | ERROR") && !forged.contains('\u{1b}'), "{forged:?}");
}

pub(crate) async fn panics(code: &str) {
    let fixture = Fixture::new().await;
    let request = fixture.attack("panics", "", "");
    let id = request.session.id.clone();
    assert_reset(&fixture.run_beside_neighbours(request).await.unwrap(), code);
    let lines = crate::log::lines_of_session(&id);
    assert!(lines.iter().any(|line| line.contains("words of the panic")), "{lines:?}");
}

/// Asserts that another tenant's contact is reported like an unknown contact.
pub(crate) async fn reads_anothers_contact(code: &str) {
    let fixture = Fixture::new().await;
    let request = fixture.attack("reads-anothers-contact", &fixture.other_tenant_contact, "");
    assert_reset(&fixture.run_beside_neighbours(request).await.unwrap(), code);
}

pub(crate) async fn blocks_anothers_contact(code: &str) {
    let fixture = Fixture::new().await;
    let request = fixture.attack("blocks-anothers-contact", &fixture.other_tenant_contact, CAMPAIGN);
    assert_reset(&fixture.run_beside_neighbours(request).await.unwrap(), code);
}

pub(crate) async fn uses_anothers_campaign(code: &str) {
    let fixture = Fixture::new().await;
    let request = fixture.attack("uses-anothers-campaign", &fixture.contact, OTHER_TENANT_CAMPAIGN);
    assert_reset(&fixture.run_beside_neighbours(request).await.unwrap(), code);
}

pub(crate) async fn cancels_anothers_record() {
    let fixture = Fixture::new().await;
    let request = fixture.attack("cancels-anothers-record", &fixture.contact, &fixture.other_tenant_record);
    let outcome = fixture.run_beside_neighbours(request).await.unwrap();
    assert_eq!((outcome.port.as_str(), &outcome.entities["result"]), ("next", &json!(false)));
}

/// Sends 50 requests of one tenant at once and asserts that another tenant's requests succeed meanwhile.
pub(crate) async fn floods(code: &str) {
    let fixture = Fixture::with_limits(|limits| {
        short_limits(limits);
        limits.in_flight_per_tenant = 2;
        limits.queued_per_tenant = 3;
        limits.queue_timeout = Duration::from_secs(60);
    })
    .await;
    let before = fixture.dump().await;
    let flood = join_all((0..50).map(|_| fixture.host.invoke(fixture.hanging_request())));
    let neighbours = async {
        for _ in 0..20 {
            fixture.invoke_neighbour("other").await;
        }
    };
    let (answers, ()) = tokio::join!(flood, neighbours);
    let refused = answers.iter().filter_map(|answer| answer.as_ref().err()).collect::<Vec<_>>();
    assert_eq!(refused.len(), 45);
    assert!(refused.iter().all(|failure| failure.code == code && failure.retryable));
    for let_in in answers.iter().flatten() {
        assert_reset(let_in, "limit-deadline");
    }
    assert_eq!(fixture.dump().await, before);
    fixture.invoke_neighbour("acme").await;
}

/// Asserts that a request fails with this code when it waits longer than the queue timeout.
pub(crate) async fn queues_too_long(code: &str) {
    let fixture = Fixture::with_limits(|limits| {
        short_limits(limits);
        limits.in_flight_per_tenant = 1;
        limits.queue_timeout = Duration::from_millis(50);
    })
    .await;
    let second = async {
        fixture.wait_for_hanging_reads(1).await;
        fixture.host.invoke(fixture.hanging_request()).await.unwrap_err()
    };
    let (_, failure) = tokio::join!(fixture.host.invoke(fixture.hanging_request()), second);
    assert_eq!(failure.code, code);
    fixture.invoke_neighbour("acme").await;
}

/// Runs more instances than a worker has slots, each with the maximum number of tables.
pub(crate) async fn fills_tables(code: &str) {
    let fixture = Fixture::with_limits(|limits| {
        limits.instances_per_worker = 4;
        // Longer than the runs before the last one take together.
        limits.queue_timeout = Duration::from_secs(60);
    })
    .await;
    fixture.host.load(&plugins::component("fills-tables")).unwrap();
    let request = || fixture.request("fills-tables", &json!({}), session("acme", "56911111111"));
    let invocations = join_all((0..6).map(|_| fixture.host.invoke(request())));
    let (outcomes, _) = tokio::join!(invocations, join_all((0..6).map(|_| fixture.invoke_neighbour("other"))));
    for outcome in outcomes {
        assert_stopped(&outcome.unwrap(), code);
    }
}

/// Asserts that a request above the size limit fails with this code.
pub(crate) async fn session_too_large(code: &str) {
    let fixture = Fixture::new().await;
    let mut session = session("acme", "56911111111");
    for index in 0..5 {
        session.entities.insert(format!("entity-{index}"), "x".repeat(1_000_000).into());
    }
    let failure = fixture.run_beside_neighbours(request_with_session(&fixture, session)).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retryable), (code, false));
}

pub(crate) async fn session_with_many_entities(code: &str) {
    let fixture = Fixture::new().await;
    let mut session = session("acme", "56911111111");
    session.entities.extend((0..1_001).map(|index| (format!("entity-{index}"), json!(1))));
    assert_eq!(fixture.run_beside_neighbours(request_with_session(&fixture, session)).await.unwrap_err().code, code);
}

fn request_with_session(fixture: &Fixture, session: flowhost::Session) -> Request {
    let mut request = fixture.attack("panics", "", "");
    request.session = session.into();
    request
}
