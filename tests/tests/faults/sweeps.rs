//! A fault at every call that SQLite makes for an invocation, one after the other.

use crate::disk::{Call, Fault, Part};
use crate::requests::Kind;
use crate::world::{Prepared, World, assert_goes_on, assert_true};
use flowhost::store::sqlite::Synchronous;
use serde_json::json;
use std::collections::HashSet;

/// So many times in a row without a call to fail: the sweep has come to the end.
const AT_THE_END: usize = 2;

/// So many sweeps must meet at least one call that most of them meet.
const SWEEPS: usize = 20;

/// Whether the host's connections are new, so that they open, lock, map and read everything, or have what they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connections {
    New,
    Used,
}

const OF_THE_LOG: [(Call, Part); 1] = [(Call::Write, Part::Log)];

pub(crate) async fn full() {
    let met = sweep(Fault::Full, true, Connections::Used, &["store-full"]).await;
    assert_eq!(met, HashSet::from(OF_THE_LOG));
}

pub(crate) async fn full_once() {
    let met = sweep(Fault::Full, false, Connections::Used, &["store-full"]).await;
    assert_eq!(met, HashSet::from(OF_THE_LOG));
}

pub(crate) async fn torn() {
    let met = sweep(Fault::Torn, false, Connections::Used, &["store-unavailable"]).await;
    assert_eq!(met, HashSet::from(OF_THE_LOG));
}

pub(crate) async fn broken_once() {
    for call in Call::ALL {
        let met = sweep(Fault::BrokenIn(call), false, Connections::New, &["store-unavailable"]).await;
        // These two aren't made for an invocation.
        assert!(!met.is_empty() || [Call::Truncate, Call::Delete].contains(&call), "no {call:?} was met");
    }
    // Connections keep what they have read, so that some sweeps meet no read of the log, as the requests happen to meet.
    let mut met = HashSet::new();
    for _ in 0..SWEEPS {
        met.extend(sweep(Fault::BrokenIn(Call::Read), false, Connections::Used, &["store-unavailable"]).await);
        if met.contains(&(Call::Read, Part::Log)) {
            return;
        }
    }
    panic!("no read of the log was met: {met:?}");
}

pub(crate) async fn broken() {
    for connections in [Connections::New, Connections::Used] {
        let met = sweep(Fault::Broken, true, connections, &["store-unavailable"]).await;
        assert!(met.contains(&(Call::Write, Part::Log)), "{met:?}");
    }
}

/// Asks under a fault at the first call, the second, and so on until it meets none any more. Whenever the fault is over,
/// the same host goes on. Gives the calls that it met.
async fn sweep(fault: Fault, lasts: bool, connections: Connections, codes: &[&str]) -> HashSet<(Call, Part)> {
    let prepared = Prepared::new().await;
    let mut world = prepared.open(Synchronous::Full).await;
    let (mut met, mut failed, mut in_vain) = (HashSet::new(), 0, 0);
    for number in 0.. {
        if connections == Connections::New {
            world = prepared.open(Synchronous::Full).await;
        }
        world.disk.fail_after(number, fault, lasts);
        let answers = world.ask_all(number).await;
        let hit = world.disk.heal();
        assert_true(&answers, &world.kept().await, codes);
        let again = world.ask_all(number).await;
        assert_goes_on(&again, &answers, &world.kept().await);
        failed += answers.iter().filter(|(.., answer)| answer.is_err()).count();
        in_vain = if hit.is_some() { 0 } else { in_vain + 1 };
        met.extend(hit);
        if in_vain == AT_THE_END {
            println!("{fault:?} {lasts} {connections:?}: {number} calls, {failed} failures, {met:?}");
            break;
        }
    }
    met
}

/// Calls of a checkpoint that it lets pass.
const OF_A_CHECKPOINT: [usize; 4] = [0, 1, 7, 300];

pub(crate) async fn checkpoints_fail() {
    let world = World::new().await;
    let text = json!("x".repeat(200_000));
    let mut number = 0;
    // About fifty pages.
    let mut one_more = async || {
        number += 1;
        let mut request = Kind::Record.request(number, &world.contact, "");
        request["session"]["entities"]["text"] = text.clone();
        request["parameters"]["MESSENGER_ADDITIONAL_DATA"] = json!(["text"]);
        let outcome = world.ask(&request).await.unwrap();
        assert_eq!(outcome.error, None);
    };
    let log = world.database().with_extension("db-wal");
    let pages = || std::fs::metadata(&log).unwrap().len() >> 12;
    for passing in OF_A_CHECKPOINT {
        world.disk.fail_after(passing, Fault::DatabaseUnwritable, true);
        // When it has so many, every commit tries to empty it.
        while pages() < 9_000 {
            one_more().await;
        }
        one_more().await;
        let hit = world.disk.heal();
        assert!(matches!(hit, Some((_, Part::Database))), "{passing}: {hit:?}");
    }
    assert_eq!(world.kept().await.len(), number);
    world.host.store().close().await.unwrap();
    assert_eq!(pages(), 0);
    assert_eq!(world.kept().await.len(), number);
}

pub(crate) async fn closing_fails() {
    let mut world = World::new().await;
    let (mut failed, mut hits) = (0, 0);
    for number in 0.. {
        let answers = world.ask_all(number).await;
        world.disk.fail_after(number, Fault::Broken, true);
        let World { host, disk, folder, .. } = world;
        let closed = host.close().await;
        let hit = disk.heal();
        if let Err(error) = &closed {
            assert_eq!(error.code(), "store-unavailable", "{error}");
            failed += 1;
        }
        world = World::on(folder, disk).await;
        assert_true(&answers, &world.kept().await, &[]);
        assert_goes_on(&world.ask_all(number).await, &answers, &world.kept().await);
        hits += usize::from(hit.is_some());
        if hit.is_none() {
            break;
        }
    }
    assert!(failed > 0 && hits > 0, "{failed} failures of {hits} calls");
}
