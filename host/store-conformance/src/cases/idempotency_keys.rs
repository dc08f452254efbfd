//! Idempotency keys.

use crate::Fixture;
use crate::samples::*;
use chrono::{DateTime, TimeDelta, Utc};
use flowhost_store::*;
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

fn commit_with_key(key: &str, outcome: &str, lifetime: u64) -> CommitRequest {
    let lifetime = Duration::from_secs(lifetime);
    CommitRequest {
        idempotency_record: Some(NewIdempotencyRecord { ttl: lifetime, ..new_idempotency_record(key, outcome) }),
        ..commit(vec![])
    }
}

fn duplicate_key(outcome: &str) -> CommitOutcome {
    CommitOutcome::DuplicateKey(IdempotencyRecord { fingerprint: [7; 32], outcome: outcome.to_owned() })
}

async fn stored_outcome(store: &Fixture, key: &str) -> Option<String> {
    let LookupResult::IdempotencyKey(stored) = store.lookup(Lookup::IdempotencyKey(key.to_owned())).await else {
        panic!("another answer")
    };
    stored.map(|stored| stored.outcome)
}

pub async fn a_key_is_taken_until_it_expires(store: &Fixture) {
    assert_eq!(store.commit_all(vec![commit_with_key("k", "first", 100)]).await, [CommitOutcome::Committed]);
    store.clock.advance(99);
    assert_eq!(store.commit_all(vec![commit_with_key("k", "second", 100)]).await, [duplicate_key("first")]);
    assert_eq!(stored_outcome(store, "k").await.as_deref(), Some("first"));
    store.clock.advance(1);
    assert_eq!(stored_outcome(store, "k").await, None);
    assert_eq!(store.commit_all(vec![commit_with_key("k", "third", 100)]).await, [CommitOutcome::Committed]);
    store.clock.advance(50);
    assert_eq!(stored_outcome(store, "k").await.as_deref(), Some("third"));
}

pub async fn key_expiry_uses_the_store_clock(store: &Fixture) {
    let times = ["1990-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"];
    for now in times.map(|text| text.parse::<DateTime<Utc>>().unwrap()) {
        let at_that_time = |key: &str| CommitRequest { now, ..commit_with_key(key, "{}", 7 * DAY) };
        assert_eq!(store.commit_all(vec![commit_with_key("before", "{}", 7 * DAY)]).await, [CommitOutcome::Committed]);
        for key in ["then", "other"] {
            assert_eq!(store.commit_all(vec![at_that_time(key)]).await, [CommitOutcome::Committed]);
        }
        store.clock.advance(6 * 24 * 60 * 60);
        for key in ["before", "then", "other"] {
            assert_eq!(store.commit_all(vec![at_that_time(key)]).await, [duplicate_key("{}")], "{key} at {now}");
            assert!(stored_outcome(store, key).await.is_some(), "{key} at {now}");
        }
        store.clock.advance(24 * 60 * 60);
        for key in ["before", "then", "other"] {
            assert!(stored_outcome(store, key).await.is_none(), "{key} at {now}");
        }
    }
}

pub async fn a_clock_that_jumps_ahead_and_back_expires_no_key(store: &Fixture) {
    store.commit_all(vec![commit_with_key("k", "{}", 7 * DAY)]).await;
    for by in [TimeDelta::days(30), TimeDelta::days(30_000), TimeDelta::days(-30_030)] {
        store.clock.jump(by);
        store.clock.advance(600);
        assert_eq!(
            store.commit_all(vec![commit_with_key(&by.to_string(), "{}", 7 * DAY)]).await,
            [CommitOutcome::Committed]
        );
        assert_eq!(stored_outcome(store, "k").await.as_deref(), Some("{}"));
        assert_eq!(store.commit_all(vec![commit_with_key("k", "again", 7 * DAY)]).await, [duplicate_key("{}")]);
    }
}

pub async fn a_clock_that_was_behind_expires_no_key(store: &Fixture) {
    store.clock.jump(TimeDelta::days(-20_000));
    store.commit_all(vec![commit_with_key("k", "{}", 7 * DAY)]).await;
    store.clock.jump(TimeDelta::days(20_000));
    assert_eq!(store.commit_all(vec![commit_with_key("k", "again", 7 * DAY)]).await, [duplicate_key("{}")]);
}

/// The time of day jumps like this when a machine wakes from sleep.
pub async fn a_clock_that_stays_ahead_expires_keys(store: &Fixture) {
    store.commit_all(vec![commit_with_key("k", "{}", 7 * DAY)]).await;
    store.clock.jump(TimeDelta::days(8));
    assert!(stored_outcome(store, "k").await.is_some());
    store.clock.advance(59 * 60);
    assert!(stored_outcome(store, "k").await.is_some());
    store.clock.advance(60);
    assert!(stored_outcome(store, "k").await.is_none());
}

pub async fn the_longest_lifetime_of_a_key_is_accepted(store: &Fixture) {
    store.commit_all(vec![commit_with_key("long", "{}", u64::MAX), commit_with_key("short", "{}", 0)]).await;
    store.clock.advance(u32::MAX);
    assert!(stored_outcome(store, "long").await.is_some());
    assert!(stored_outcome(store, "short").await.is_none());
}

/// The quota shows that a key was deleted.
pub async fn expired_keys_of_others_are_deleted(store: &Fixture) {
    let of_idle = |key: &str| CommitRequest {
        tenant: "idle".to_owned(),
        quota: Some(2_000),
        ..commit_with_key(key, &"x".repeat(1_500), 100)
    };
    assert_eq!(store.commit_all(vec![of_idle("first")]).await, [CommitOutcome::Committed]);
    assert_eq!(store.commit_all(vec![of_idle("second")]).await, [CommitOutcome::QuotaExceeded]);
    store.clock.advance(100);
    assert_eq!(store.commit_all(vec![commit_with_key("k", "{}", 100)]).await, [CommitOutcome::Committed]);
    assert_eq!(store.commit_all(vec![of_idle("second")]).await, [CommitOutcome::Committed]);
}

pub async fn a_duplicate_key_takes_precedence_over_a_conflict(store: &Fixture) {
    let mut twice = commit(vec![Change::CreateContact(contact(10, &[]))]);
    twice.reads.contacts = vec![(id(10), 0)];
    twice.idempotency_record = Some(new_idempotency_record("k", "{}"));
    assert_eq!(
        store.commit_all(vec![twice.clone(), twice.clone()]).await,
        [CommitOutcome::Committed, duplicate_key("{}")]
    );
    assert_eq!(store.commit_all(vec![twice]).await, [duplicate_key("{}")]);
}

pub async fn the_first_of_a_batch_stores_the_key(store: &Fixture) {
    let mut stale = commit(vec![Change::CreateRecord(record(20, id(99), id(1)))]);
    stale.idempotency_record = Some(new_idempotency_record("k", "stale"));
    let good = |outcome: &str| CommitRequest {
        idempotency_record: Some(new_idempotency_record("k", outcome)),
        ..commit(vec![])
    };
    let verdicts = store.commit_all(vec![stale, good("second"), good("third")]).await;
    assert_eq!(verdicts, [CommitOutcome::Conflict, CommitOutcome::Committed, duplicate_key("second")]);
}
