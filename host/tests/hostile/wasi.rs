//! A plugin whose toolchain imports WASI: nothing of the machine shows.

use crate::proofs::assert_stopped;
use crate::world::{World, session, soon};
use crate::{log, plugins};
use flowhost::{Host, Request, Session};
use serde_json::json;

async fn world() -> World {
    let world = World::with(soon).await;
    world.host.load(&plugins::component("hostile-wasi")).unwrap();
    world
}

fn deed(world: &World, deed: &str, session: Session) -> Request {
    world.request("hostile-wasi", &json!({ "DEED": deed }), session)
}

fn fixed(seed: u64) -> Session {
    let mut session = session("acme", "56911111111");
    session.at = Some("2027-03-01T12:00:00Z".parse().unwrap());
    session.seed = Some(seed);
    session
}

pub(crate) async fn looks_around() {
    let world = world().await;
    let first = world.survives(deed(&world, "looks-around", fixed(1))).await.unwrap();
    assert_eq!((first.port.as_str(), &first.error), ("next", &None));
    for (found, nothing) in [("elapsed", "0"), ("environment", "0"), ("arguments", "0")] {
        assert_eq!(first.entities[found], json!(nothing), "{found}");
    }
    for hidden in ["root", "file", "write", "network"] {
        assert_eq!(first.entities[hidden], json!("nothing"), "{hidden}");
    }
    assert_eq!(first.entities["now"], json!("1803902400000000"));
    let again = world.survives(deed(&world, "looks-around", fixed(1))).await.unwrap();
    assert_eq!(again.entities, first.entities);
    let other = world.survives(deed(&world, "looks-around", fixed(2))).await.unwrap();
    assert_ne!(other.entities["chance"], first.entities["chance"]);
}

#[tokio::test]
async fn what_is_printed_goes_to_the_log() {
    let world = world().await;
    let session = fixed(1);
    let id = session.id.clone();
    world.host.invoke(deed(&world, "looks-around", session)).await.unwrap();
    let lines = log::of(&id);
    let printed = |level: &str, words: &str| lines.iter().any(|line| line.contains(level) && line.contains(words));
    assert!(printed("INFO", "words on standard output"), "{lines:?}");
    assert!(printed("ERROR", "words on standard error"), "{lines:?}");
}

pub(crate) async fn prints_often() {
    let world = world().await;
    let request = deed(&world, "prints-often", fixed(1));
    let id = request.session.id.clone();
    assert_eq!(world.survives(request).await.unwrap().port, "next");
    let lines = log::of(&id);
    assert_eq!(lines.iter().filter(|line| line.contains("a printed line of many")).count(), 1_000);
    assert!(lines.iter().any(|line| line.contains("dropped")));
}

pub(crate) async fn sleeps(code: &str) {
    let world = world().await;
    assert_stopped(&world.survives(deed(&world, "sleeps", fixed(1))).await.unwrap(), code);
}

pub(crate) async fn takes_much_chance(code: &str) {
    let world = world().await;
    assert_stopped(&world.survives(deed(&world, "takes-much-chance", fixed(1))).await.unwrap(), code);
}

pub(crate) async fn takes_chance_often(code: &str) {
    let world = world().await;
    assert_stopped(&world.survives(deed(&world, "takes-chance-often", fixed(1))).await.unwrap(), code);
}

pub(crate) async fn asks_often(code: &str) {
    let world = world().await;
    let outcome = world.survives(deed(&world, "asks-often", fixed(1))).await.unwrap();
    assert_stopped(&outcome, code);
    assert!(outcome.usage.host_calls > 10_000, "calls of WASI are counted");
}

pub(crate) async fn holds_many_resources(code: &str) {
    let world = world().await;
    assert_stopped(&world.survives(deed(&world, "holds-many-resources", fixed(1))).await.unwrap(), code);
}

pub(crate) async fn exits(code: &str) {
    let world = world().await;
    assert_stopped(&world.survives(deed(&world, "exits", fixed(1))).await.unwrap(), code);
}

/// Two hosts that keep no compiled code ask it twice each.
pub(crate) async fn describes_by_chance() {
    let mut manifests = Vec::new();
    for _ in 0..2 {
        let builder = Host::builder().workers(1).without_built_in_actions();
        let host = builder.open(flowhost::store::MemoryStore::new()).await.unwrap();
        manifests.push(host.load(&plugins::component("hostile-wasi")).unwrap().manifest.clone());
    }
    assert_eq!(manifests[0], manifests[1]);
}
