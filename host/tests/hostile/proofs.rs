//! How a deed's ending is proven.

use crate::gate::BROKEN;
use crate::plugins;
use crate::world::{CAMPAIGN, OTHERS_CAMPAIGN, World, session, soon};
use flowhost::{Limits, Outcome, Request};
use futures_util::future::join_all;
use serde_json::json;
use std::time::Duration;

/// It left by `error` with this code, and says why.
pub(crate) fn assert_stopped(outcome: &Outcome, code: &str) {
    assert_eq!((outcome.port.as_str(), outcome.error.as_ref().unwrap().code.as_str()), ("error", code), "{outcome:?}");
    let message = &outcome.error.as_ref().unwrap().message;
    assert!(!message.is_empty() && !message.contains("backtrace"), "{message}");
}

/// The same for the plugin `hostile`: of its two entity-outs one is cleared and one says so.
fn assert_reset(outcome: &Outcome, code: &str) {
    assert_stopped(outcome, code);
    assert_eq!(outcome.entities.iter().collect::<Vec<_>>(), [(&"status".to_owned(), &json!("ERROR"))]);
    assert_eq!(outcome.cleared, ["result"]);
}

/// A deed of the plugin `hostile`.
pub(crate) async fn ends(deed: &str, code: &str) {
    let world = World::new().await;
    let outcome = world.survives(world.deed(deed, CAMPAIGN, "")).await.unwrap();
    assert_reset(&outcome, code);
}

/// The same with other bounds.
pub(crate) async fn ends_with(change: fn(&mut Limits), deed: &str, code: &str) {
    let world = World::with(change).await;
    let outcome = world.survives(world.deed(deed, CAMPAIGN, "")).await.unwrap();
    assert_reset(&outcome, code);
}

/// What a plugin in WebAssembly's text does.
pub(crate) async fn stops(plugin: &str, code: &str) {
    let world = World::new().await;
    assert_stopped(&world.survives_action(plugin).await.unwrap(), code);
}

/// A component that is not loaded.
pub(crate) async fn refused(plugin: &str, code: &str) {
    let world = World::new().await;
    assert_eq!(world.survives_loading(plugins::component(plugin)).await.unwrap_err().code, code);
}

pub(crate) async fn describes_by_waiting(code: &str) {
    let world = World::with(soon).await;
    let error = world.survives_loading(plugins::component("describes-by-waiting")).await.unwrap_err();
    assert_eq!(error.code, code);
}

/// Processes that compute until they are dropped.
struct Busy(Vec<std::process::Child>);

impl Busy {
    fn start(count: usize) -> Self {
        let spin = || std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        Self((0..count).map(|_| spin()).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for process in &mut self.0 {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

/// With twice the CPU time that it takes, an action ends as usual on processors that it has a quarter of.
pub(crate) async fn computes_a_while() {
    let patient = |limits: &mut Limits| limits.deadline = Duration::from_secs(120);
    let world = World::with(|limits| {
        patient(limits);
        limits.cpu = Duration::from_secs(60);
    })
    .await;
    let mut least = u64::MAX;
    for _ in 0..5 {
        let outcome = world.host.invoke(world.deed("computes-a-while", "", "")).await.unwrap();
        least = least.min(outcome.usage.cpu_us);
    }
    let world = World::with(|limits| {
        patient(limits);
        limits.cpu = Duration::from_micros(2 * least);
    })
    .await;
    let _busy = Busy::start(4 * std::thread::available_parallelism().map_or(2, usize::from));
    for outcome in join_all((0..8).map(|_| world.host.invoke(world.deed("computes-a-while", "", "")))).await {
        let outcome = outcome.unwrap();
        assert_eq!((outcome.port.as_str(), &outcome.error), ("next", &None));
    }
}

/// A parameter is evaluated once, whatever it came to.
pub(crate) async fn repeats_a_failure(code: &str) {
    let world = World::new().await;
    let heavy = "string(size(lists.range(10000).map(x, x*x+x*x*x+x)))";
    let parameters = json!({
        "DEED": "repeats-a-failure", "TEXTS": vec![heavy; 100], "RESULT_ENTITY": "result", "STATUS_ENTITY": "status",
    });
    let request = world.request("hostile", &parameters, session("acme", "56911111111"));
    assert_reset(&world.survives(request).await.unwrap(), code);
}

/// Bytes that are not loaded.
pub(crate) async fn not_loaded(component: &[u8], code: &str) {
    let world = World::new().await;
    let error = world.survives_loading(component.to_vec()).await.unwrap_err();
    assert_eq!(error.code, code, "{error}");
}

/// A component that is too much for other bounds.
pub(crate) async fn too_much(change: fn(&mut Limits), code: &str) {
    // Found out without the cache, which holds what has been compiled before.
    let mut limits = Limits::default();
    change(&mut limits);
    let store = flowhost::store::MemoryStore::new();
    let host =
        flowhost::Host::builder().workers(1).limits(limits).without_built_in_actions().open(store).await.unwrap();
    assert_eq!(host.load(&plugins::component("hostile")).unwrap_err().code, code);
}

/// Half a component.
pub(crate) async fn cut_short(code: &str) {
    let whole = plugins::component("hostile");
    not_loaded(&whole[..whole.len() / 2], code).await;
}

pub(crate) async fn waits(code: &str) {
    let world = World::with(soon).await;
    assert_reset(&world.survives(world.silent()).await.unwrap(), code);
    world.until_waiting(1).await;
}

pub(crate) async fn meets_a_broken_store(code: &str) {
    let world = World::new().await;
    let failure = world.survives(world.deed("waits", &BROKEN.to_string(), "")).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retryable), (code, true));
}

pub(crate) async fn is_left_alone() {
    // The deadline would free the key, too: here it comes only after others have given up waiting for it.
    let world = World::with(|limits| {
        limits.deadline = Duration::from_secs(60);
        limits.queue = Duration::from_secs(10);
    })
    .await;
    let before = world.contents().await;
    let abandoned = tokio::select! {
        _ = world.host.invoke(world.silent().with_key("left")) => false,
        () = world.until_waiting(1) => true,
    };
    assert!(abandoned);
    world.neighbour("acme").await;
    assert_eq!(world.contents().await, before);
    // Nobody holds the key, and nothing is kept under it: it serves for something else.
    let other = world.deed("warns-often", "", "").with_key("left");
    assert!(!world.host.invoke(other).await.unwrap().replayed);
}

pub(crate) async fn warns_often() {
    let world = World::new().await;
    let outcome = world.survives(world.deed("warns-often", "", "")).await.unwrap();
    assert_eq!((outcome.port.as_str(), outcome.warnings.len()), ("next", 100));
}

pub(crate) async fn warns_at_length() {
    let world = World::new().await;
    let outcome = world.survives(world.deed("warns-at-length", "", "")).await.unwrap();
    let warning = &outcome.warnings[0];
    assert_eq!((warning.code.len(), warning.message.len()), (128, 4 << 10));
    assert_eq!(warning.parameter.as_ref().unwrap().len(), 128);
}

pub(crate) async fn logs_often() {
    let world = World::new().await;
    let request = world.deed("logs-often", "", "");
    let id = request.session.id.clone();
    assert_eq!(world.survives(request).await.unwrap().port, "next");
    let lines = crate::log::of(&id);
    assert_eq!(lines.iter().filter(|line| line.contains("a line of many")).count(), 1_000);
    assert!(lines.iter().any(|line| line.contains("dropped") && line.contains("lines=4000")), "{:?}", lines.last());
}

pub(crate) async fn logs_at_length() {
    let world = World::new().await;
    let request = world.deed("logs-at-length", "", "");
    let id = request.session.id.clone();
    assert_eq!(world.survives(request).await.unwrap().port, "next");
    let lines = crate::log::of(&id);
    assert_eq!(lines.iter().filter(|line| line.contains("xxx")).count(), 16);
    assert!(lines.iter().any(|line| line.contains("dropped") && line.contains("lines=984")), "{:?}", lines.last());
}

pub(crate) async fn hides_characters() {
    let world = World::new().await;
    let request = world.deed("hides-characters", "", "");
    let id = request.session.id.clone();
    assert_eq!(world.survives(request).await.unwrap().port, "next");
    let lines = crate::log::of(&id);
    let shown = "a\\u{1b}]0;title\\u{7}\\u{9b}2J\\u{202e}b\\u{2066}\\u{200f}\\u{61c}c\\u{2028}\\u{2029}d";
    assert!(lines.iter().any(|line| line.contains(shown)), "{lines:?}");
}

pub(crate) async fn forges_a_line() {
    let world = World::new().await;
    let request = world.deed("forges-a-line", "", "");
    let id = request.session.id.clone();
    assert_eq!(world.survives(request).await.unwrap().port, "next");
    let lines = crate::log::of(&id);
    let forged = lines.iter().find(|line| line.contains("the host is on fire")).unwrap();
    assert!(forged.starts_with("  | ERROR") && !forged.contains('\u{1b}'), "{forged:?}");
}

pub(crate) async fn panics(code: &str) {
    let world = World::new().await;
    let request = world.deed("panics", "", "");
    let id = request.session.id.clone();
    assert_reset(&world.survives(request).await.unwrap(), code);
    let lines = crate::log::of(&id);
    assert!(lines.iter().any(|line| line.contains("words of the panic")), "{lines:?}");
}

/// Another tenant's contact looks like nobody's.
pub(crate) async fn reads_anothers_contact(code: &str) {
    let world = World::new().await;
    let request = world.deed("reads-anothers-contact", &world.others_contact, "");
    assert_reset(&world.survives(request).await.unwrap(), code);
}

pub(crate) async fn blocks_anothers_contact(code: &str) {
    let world = World::new().await;
    let request = world.deed("blocks-anothers-contact", &world.others_contact, CAMPAIGN);
    assert_reset(&world.survives(request).await.unwrap(), code);
}

pub(crate) async fn uses_anothers_campaign(code: &str) {
    let world = World::new().await;
    let request = world.deed("uses-anothers-campaign", &world.contact, OTHERS_CAMPAIGN);
    assert_reset(&world.survives(request).await.unwrap(), code);
}

pub(crate) async fn cancels_anothers_record() {
    let world = World::new().await;
    let request = world.deed("cancels-anothers-record", &world.contact, &world.others_record);
    let outcome = world.survives(request).await.unwrap();
    assert_eq!((outcome.port.as_str(), &outcome.entities["result"]), ("next", &json!(false)));
}

/// One tenant's flood; another one works meanwhile.
pub(crate) async fn floods(code: &str) {
    let world = World::with(|limits| {
        soon(limits);
        limits.in_flight_per_tenant = 2;
        limits.waiting_per_tenant = 3;
        limits.queue = Duration::from_secs(60);
    })
    .await;
    let before = world.contents().await;
    let flood = join_all((0..50).map(|_| world.host.invoke(world.silent())));
    let neighbours = async {
        for _ in 0..20 {
            world.neighbour("other").await;
        }
    };
    let (answers, ()) = tokio::join!(flood, neighbours);
    let refused = answers.iter().filter_map(|answer| answer.as_ref().err()).collect::<Vec<_>>();
    assert_eq!(refused.len(), 45);
    assert!(refused.iter().all(|failure| failure.code == code && failure.retryable));
    for let_in in answers.iter().flatten() {
        assert_reset(let_in, "limit-deadline");
    }
    assert_eq!(world.contents().await, before);
    world.neighbour("acme").await;
}

/// What waits for longer than the queue's bound.
pub(crate) async fn queues_too_long(code: &str) {
    let world = World::with(|limits| {
        soon(limits);
        limits.in_flight_per_tenant = 1;
        limits.queue = Duration::from_millis(50);
    })
    .await;
    let second = async {
        world.until_waiting(1).await;
        world.host.invoke(world.silent()).await.unwrap_err()
    };
    let (_, failure) = tokio::join!(world.host.invoke(world.silent()), second);
    assert_eq!(failure.code, code);
    world.neighbour("acme").await;
}

/// More instances than a worker has places, each with all the tables it may have.
pub(crate) async fn hoards_tables(code: &str) {
    let world = World::with(|limits| {
        limits.instances_per_worker = 4;
        // Each waits for those before it.
        limits.queue = Duration::from_secs(60);
    })
    .await;
    world.host.load(&plugins::component("hoards-tables")).unwrap();
    let hoarder = || world.request("hoards-tables", &json!({}), session("acme", "56911111111"));
    let hoarders = join_all((0..6).map(|_| world.host.invoke(hoarder())));
    let (outcomes, _) = tokio::join!(hoarders, join_all((0..6).map(|_| world.neighbour("other"))));
    for outcome in outcomes {
        assert_stopped(&outcome.unwrap(), code);
    }
}

/// A request that is more than the host takes.
pub(crate) async fn brings_much(code: &str) {
    let world = World::new().await;
    let mut session = session("acme", "56911111111");
    for index in 0..5 {
        session.entities.insert(format!("entity-{index}"), "x".repeat(1_000_000).into());
    }
    let failure = world.survives(with_session(&world, session)).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retryable), (code, false));
}

pub(crate) async fn brings_many_entities(code: &str) {
    let world = World::new().await;
    let mut session = session("acme", "56911111111");
    session.entities.extend((0..1_001).map(|index| (format!("entity-{index}"), json!(1))));
    assert_eq!(world.survives(with_session(&world, session)).await.unwrap_err().code, code);
}

fn with_session(world: &World, session: flowhost::Session) -> Request {
    Request { session: session.into(), ..world.deed("panics", "", "") }
}
