//! A plugin that imports WASI: the host hides the machine from it.

use crate::assertions::assert_stopped;
use crate::fixture::{Fixture, session, short_limits};
use crate::{log, plugins};
use flowhost::{Host, Request, Session};
use serde_json::json;

async fn wasi_fixture() -> Fixture {
    let fixture = Fixture::with_limits(short_limits).await;
    fixture.host.load(&plugins::component("hostile-wasi")).unwrap();
    fixture
}

fn attack(fixture: &Fixture, attack: &str, session: Session) -> Request {
    fixture.request("hostile-wasi", &json!({ "ATTACK": attack }), session)
}

fn session_with_seed(seed: u64) -> Session {
    let mut session = session("acme", "56911111111");
    session.at = Some("2027-03-01T12:00:00Z".parse().unwrap());
    session.seed = Some(seed);
    session
}

pub(crate) async fn probe_environment() {
    let fixture = wasi_fixture().await;
    let first =
        fixture.run_beside_neighbours(attack(&fixture, "probe-environment", session_with_seed(1))).await.unwrap();
    assert_eq!((first.port.as_str(), &first.error), ("next", &None));
    for (found, nothing) in [("elapsed", "0"), ("environment", "0"), ("arguments", "0")] {
        assert_eq!(first.entities[found], json!(nothing), "{found}");
    }
    for hidden in ["root", "file", "write", "network"] {
        assert_eq!(first.entities[hidden], json!("nothing"), "{hidden}");
    }
    assert_eq!(first.entities["now"], json!("1803902400000000"));
    let again =
        fixture.run_beside_neighbours(attack(&fixture, "probe-environment", session_with_seed(1))).await.unwrap();
    assert_eq!(again.entities, first.entities);
    let other =
        fixture.run_beside_neighbours(attack(&fixture, "probe-environment", session_with_seed(2))).await.unwrap();
    assert_ne!(other.entities["chance"], first.entities["chance"]);
}

#[tokio::test]
async fn wasi_output_is_logged() {
    let fixture = wasi_fixture().await;
    let session = session_with_seed(1);
    let id = session.id.clone();
    fixture.host.invoke(attack(&fixture, "probe-environment", session)).await.unwrap();
    let lines = log::lines_of_session(&id);
    let printed = |level: &str, words: &str| lines.iter().any(|line| line.contains(level) && line.contains(words));
    assert!(printed("INFO", "words on standard output"), "{lines:?}");
    assert!(printed("ERROR", "words on standard error"), "{lines:?}");
}

pub(crate) async fn prints_often() {
    let fixture = wasi_fixture().await;
    let request = attack(&fixture, "prints-often", session_with_seed(1));
    let id = request.session.id.clone();
    assert_eq!(fixture.run_beside_neighbours(request).await.unwrap().port, "next");
    let kept = log::lines_of_session(&id).iter().filter(|line| line.contains("a printed line of many")).count();
    assert!((700..=1_000).contains(&kept), "{kept}");
    log::assert_counted(&id, 2_000);
}

pub(crate) async fn prints_lines_at_once() {
    let fixture = wasi_fixture().await;
    let request = attack(&fixture, "prints-lines-at-once", session_with_seed(1));
    let id = request.session.id.clone();
    assert_eq!(fixture.run_beside_neighbours(request).await.unwrap().port, "next");
    log::assert_counted(&id, 2 * 32_768);
}

pub(crate) async fn sleeps(code: &str) {
    let fixture = wasi_fixture().await;
    assert_stopped(
        &fixture.run_beside_neighbours(attack(&fixture, "sleeps", session_with_seed(1))).await.unwrap(),
        code,
    );
}

pub(crate) async fn request_much_randomness(code: &str) {
    let fixture = wasi_fixture().await;
    assert_stopped(
        &fixture
            .run_beside_neighbours(attack(&fixture, "request-much-randomness", session_with_seed(1)))
            .await
            .unwrap(),
        code,
    );
}

pub(crate) async fn request_randomness_often(code: &str) {
    let fixture = wasi_fixture().await;
    assert_stopped(
        &fixture
            .run_beside_neighbours(attack(&fixture, "request-randomness-often", session_with_seed(1)))
            .await
            .unwrap(),
        code,
    );
}

pub(crate) async fn call_wasi_often(code: &str) {
    let fixture = wasi_fixture().await;
    let outcome =
        fixture.run_beside_neighbours(attack(&fixture, "call-wasi-often", session_with_seed(1))).await.unwrap();
    assert_stopped(&outcome, code);
    assert!(outcome.usage.host_calls > 10_000, "calls of WASI are counted");
}

pub(crate) async fn holds_many_resources(code: &str) {
    let fixture = wasi_fixture().await;
    assert_stopped(
        &fixture.run_beside_neighbours(attack(&fixture, "holds-many-resources", session_with_seed(1))).await.unwrap(),
        code,
    );
}

pub(crate) async fn exits(code: &str) {
    let fixture = wasi_fixture().await;
    assert_stopped(
        &fixture.run_beside_neighbours(attack(&fixture, "exits", session_with_seed(1))).await.unwrap(),
        code,
    );
}

/// Loads the component in two hosts without a cache and asserts that its manifest is the same.
pub(crate) async fn describes_randomly() {
    let mut manifests = Vec::new();
    for _ in 0..2 {
        let builder = Host::builder().workers(1).without_built_in_actions();
        let host = builder.open(flowhost::store::MemoryStore::new()).await.unwrap();
        manifests.push(host.load(&plugins::component("hostile-wasi")).unwrap().manifest.clone());
    }
    assert_eq!(manifests[0], manifests[1]);
}
