//! What is run again because others wrote meanwhile: it shows one effect, one outcome, one log.

use crate::log;
use crate::proofs::assert_stopped;
use crate::rivals::Rival;
use crate::world::{CAMPAIGN, World};
use flowhost::{Limits, Outcome, Request};

/// Rivals that rename the contact.
fn renaming(count: usize) -> impl Iterator<Item = Rival> {
    std::iter::repeat_n(Rival::Names("Eve"), count)
}

fn tells(world: &World) -> Request {
    world.deed("writes-and-tells", &world.contact, CAMPAIGN)
}

/// The lines that the plugin wrote for this session.
fn lines(request: &Request) -> usize {
    log::of(&request.session.id).iter().filter(|line| line.contains("a line of one run")).count()
}

pub(crate) async fn writes_and_tells() {
    let world = World::new().await;
    let request = tells(&world).with_key("stale");
    world.rivals.come(renaming(3));
    let outcome = world.host.invoke(request.clone()).await.unwrap();
    assert_eq!((world.rivals.left(), outcome.port.as_str(), outcome.replayed), (0, "next", false));
    assert_eq!(outcome.warnings.iter().map(|warning| warning.code.as_str()).collect::<Vec<_>>(), ["acme/told"]);
    assert_eq!(lines(&request), 1);

    let contents = world.contents().await;
    let [record] = &contents.records_of(&world.contact)[..] else { panic!("not one record: {contents:?}") };
    assert_eq!(world.host.store().record_log("acme", record.id).await.unwrap().len(), 1);
    assert_eq!(contents.name_of(&world.contact), "Eve");

    // What it cost is what the last run cost: as much as one that nobody disturbed.
    let other = tells(&world);
    assert_eq!(world.host.invoke(other).await.unwrap().usage.host_calls, outcome.usage.host_calls);

    // Its outcome is kept once, too.
    let contents = world.contents().await;
    let again = world.host.invoke(request.clone()).await.unwrap();
    assert_eq!(again, Outcome { replayed: true, ..outcome });
    assert_eq!((lines(&request), world.contents().await), (1, contents));
}

/// It changes nothing, so that no commit would find what it read stale.
pub(crate) async fn reads_two() {
    let world = World::new().await;
    let second = world.make_contact("acme", "56922222222").await;
    let request = world.deed("reads-two", &world.contact, &second);
    let [first, second] = [&world.contact, &second].map(|id| id.parse().unwrap());
    world.rivals.come_before_reading(second, Rival::Names("Eve"), first);
    let outcome = world.host.invoke(request).await.unwrap();
    assert_eq!(outcome.port, "next", "{outcome:?}");
    assert_eq!(world.contents().await.name_of(&world.contact), "Eve");
    assert_eq!(outcome.entities["status"], "Eve Ana");
}

pub(crate) async fn is_always_too_late(code: &str) {
    let world = World::new().await;
    let request = tells(&world).with_key("late");
    let runs = Limits::default().reruns as usize + 1;
    world.rivals.come(renaming(runs + 1));
    let failure = world.host.invoke(request.clone()).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retryable, world.rivals.left()), (code, true, 1));
    assert_eq!(world.contents().await.records_of(&world.contact), []);
    assert_eq!(lines(&request), 1);
    // Nothing is kept under the key: later it is done.
    world.rivals.come([]);
    let outcome = world.host.invoke(request).await.unwrap();
    assert_eq!((outcome.port.as_str(), outcome.replayed), ("next", false));
    assert_eq!(world.contents().await.records_of(&world.contact).len(), 1);
}

pub(crate) async fn is_overtaken_by_a_rule(code: &str) {
    let world = World::new().await;
    let request = tells(&world);
    world.rivals.come([Rival::Blocks(CAMPAIGN.parse().unwrap())]);
    let outcome = world.host.invoke(request.clone()).await.unwrap();
    assert_stopped(&outcome, code);
    assert_eq!((outcome.warnings.len(), lines(&request)), (0, 1));
    assert_eq!(world.contents().await.records_of(&world.contact), []);
}
