//! Sweeps: a fault at the first call that SQLite makes for an invocation, at the second, and so on.

use crate::disk::{Call, Fault, Part};
use crate::fixture::{Fixture, PreparedDatabase, assert_answers_valid, assert_recovers};
use crate::requests::Kind;
use flowhost::store::sqlite::Synchronous;
use serde_json::json;
use std::collections::HashSet;

/// Consecutive runs without a failed call that end a sweep.
const CALLS_WITHOUT_FAULT: usize = 2;

/// Sweeps, at least one of which must fail a read of the log. Most of them do.
const SWEEPS: usize = 20;

/// The state of the host's connections. New connections open, lock, map and read all files; used ones do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connections {
    New,
    Used,
}

const LOG_WRITES: [(Call, Part); 1] = [(Call::Write, Part::Log)];

pub(crate) async fn full() {
    let met = sweep(Fault::Full, true, Connections::Used, &["store-full"]).await;
    assert_eq!(met, HashSet::from(LOG_WRITES));
}

pub(crate) async fn full_once() {
    let met = sweep(Fault::Full, false, Connections::Used, &["store-full"]).await;
    assert_eq!(met, HashSet::from(LOG_WRITES));
}

pub(crate) async fn torn() {
    let met = sweep(Fault::Torn, false, Connections::Used, &["store-unavailable"]).await;
    assert_eq!(met, HashSet::from(LOG_WRITES));
}

pub(crate) async fn broken_once() {
    for call in Call::ALL {
        let met = sweep(Fault::BrokenIn(call), false, Connections::New, &["store-unavailable"]).await;
        // An invocation makes neither of these two calls.
        assert!(!met.is_empty() || [Call::Truncate, Call::Delete].contains(&call), "no {call:?} was met");
    }
    // Connections cache pages. Depending on the order of requests, a sweep may not read the log.
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

/// Sends requests with a fault at the first call, the second, and so on, until a run has no failed call. Asserts that
/// the host recovers after each fault. Returns the failed calls.
async fn sweep(fault: Fault, lasts: bool, connections: Connections, codes: &[&str]) -> HashSet<(Call, Part)> {
    let prepared = PreparedDatabase::new().await;
    let mut fixture = prepared.open(Synchronous::Full).await;
    let (mut met, mut failed, mut in_vain) = (HashSet::new(), 0, 0);
    for number in 0.. {
        if connections == Connections::New {
            fixture = prepared.open(Synchronous::Full).await;
        }
        fixture.disk.fail_after(number, fault, lasts);
        let answers = fixture.invoke_all(number).await;
        let hit = fixture.disk.repair();
        assert_answers_valid(&answers, &fixture.stored_outcomes().await, codes);
        let again = fixture.invoke_all(number).await;
        assert_recovers(&again, &answers, &fixture.stored_outcomes().await);
        failed += answers.iter().filter(|(.., answer)| answer.is_err()).count();
        in_vain = if hit.is_some() { 0 } else { in_vain + 1 };
        met.extend(hit);
        if in_vain == CALLS_WITHOUT_FAULT {
            println!("{fault:?} {lasts} {connections:?}: {number} calls, {failed} failures, {met:?}");
            break;
        }
    }
    met
}

/// Calls of a checkpoint that proceed before the fault.
const CHECKPOINT_CALLS: [usize; 4] = [0, 1, 7, 300];

pub(crate) async fn checkpoints_fail() {
    let fixture = Fixture::new().await;
    let text = json!("x".repeat(200_000));
    let mut number = 0;
    // Each record takes about 50 pages.
    let mut one_more = async || {
        number += 1;
        let mut request = Kind::Record.request(number, &fixture.contact, "");
        request["session"]["entities"]["text"] = text.clone();
        request["parameters"]["MESSENGER_ADDITIONAL_DATA"] = json!(["text"]);
        let outcome = fixture.invoke(&request).await.unwrap();
        assert_eq!(outcome.error, None);
    };
    let log = fixture.database().with_extension("db-wal");
    let pages = || std::fs::metadata(&log).unwrap().len() >> 12;
    for passing in CHECKPOINT_CALLS {
        fixture.disk.fail_after(passing, Fault::DatabaseUnwritable, true);
        // Beyond this size of the log, every commit tries a checkpoint.
        while pages() < 9_000 {
            one_more().await;
        }
        one_more().await;
        let hit = fixture.disk.repair();
        assert!(matches!(hit, Some((_, Part::Database))), "{passing}: {hit:?}");
    }
    assert_eq!(fixture.stored_outcomes().await.len(), number);
    fixture.host.store().close().await.unwrap();
    assert_eq!(pages(), 0);
    assert_eq!(fixture.stored_outcomes().await.len(), number);
}

pub(crate) async fn closing_fails() {
    let mut fixture = Fixture::new().await;
    let (mut failed, mut hits) = (0, 0);
    for number in 0.. {
        let answers = fixture.invoke_all(number).await;
        fixture.disk.fail_after(number, Fault::Broken, true);
        let Fixture { host, disk, folder, .. } = fixture;
        let closed = host.close().await;
        let hit = disk.repair();
        if let Err(error) = &closed {
            assert_eq!(error.code(), "store-unavailable", "{error}");
            failed += 1;
        }
        fixture = Fixture::with_disk(folder, disk).await;
        assert_answers_valid(&answers, &fixture.stored_outcomes().await, &[]);
        assert_recovers(&fixture.invoke_all(number).await, &answers, &fixture.stored_outcomes().await);
        hits += usize::from(hit.is_some());
        if hit.is_none() {
            break;
        }
    }
    assert!(failed > 0 && hits > 0, "{failed} failures of {hits} calls");
}
