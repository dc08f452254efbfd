//! Idempotency keys.

use crate::on_every_store;
use crate::things::*;
use chrono::{DateTime, TimeDelta, Utc};
use flowhost::store::*;
use std::time::Duration;

on_every_store![
    a_key_is_taken_until_it_expires,
    a_key_does_not_live_by_the_time_of_invocations,
    a_clock_that_jumps_ahead_and_back_expires_no_key,
    a_clock_that_was_behind_expires_no_key,
    a_clock_that_stays_ahead_is_believed,
    a_key_may_live_as_long_as_numbers_go,
    expired_keys_of_others_are_deleted,
    a_taken_key_comes_before_a_stale_read,
    the_first_of_a_batch_takes_the_key,
];

const DAY: u64 = 24 * 60 * 60;

fn with(key: &str, outcome: &str, lifetime: u64) -> Commit {
    let lifetime = Duration::from_secs(lifetime);
    Commit { key: Some(KeyedOutcome { lifetime, ..keyed(key, outcome) }), ..commit(vec![]) }
}

fn taken(outcome: &str) -> Verdict {
    Verdict::KeyTaken(StoredOutcome { digest: [7; 32], outcome: outcome.to_owned() })
}

async fn stored(store: &Fixture, key: &str) -> Option<String> {
    let Answer::Key(stored) = store.answer(Lookup::Key(key.to_owned())).await else { panic!("another answer") };
    stored.map(|stored| stored.outcome)
}

async fn a_key_is_taken_until_it_expires(store: &Fixture) {
    assert_eq!(store.commit_all(vec![with("k", "first", 100)]).await, [Verdict::Done]);
    store.clock.advance(99);
    assert_eq!(store.commit_all(vec![with("k", "second", 100)]).await, [taken("first")]);
    assert_eq!(stored(store, "k").await.as_deref(), Some("first"));
    store.clock.advance(1);
    assert_eq!(stored(store, "k").await, None);
    assert_eq!(store.commit_all(vec![with("k", "third", 100)]).await, [Verdict::Done]);
    store.clock.advance(50);
    assert_eq!(stored(store, "k").await.as_deref(), Some("third"));
}

async fn a_key_does_not_live_by_the_time_of_invocations(store: &Fixture) {
    let times = ["1990-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"];
    for now in times.map(|text| text.parse::<DateTime<Utc>>().unwrap()) {
        let at_that_time = |key: &str| Commit { now, ..with(key, "{}", 7 * DAY) };
        assert_eq!(store.commit_all(vec![with("before", "{}", 7 * DAY)]).await, [Verdict::Done]);
        for key in ["then", "other"] {
            assert_eq!(store.commit_all(vec![at_that_time(key)]).await, [Verdict::Done]);
        }
        store.clock.advance(6 * 24 * 60 * 60);
        for key in ["before", "then", "other"] {
            assert_eq!(store.commit_all(vec![at_that_time(key)]).await, [taken("{}")], "{key} at {now}");
            assert!(stored(store, key).await.is_some(), "{key} at {now}");
        }
        store.clock.advance(24 * 60 * 60);
        for key in ["before", "then", "other"] {
            assert!(stored(store, key).await.is_none(), "{key} at {now}");
        }
    }
}

async fn a_clock_that_jumps_ahead_and_back_expires_no_key(store: &Fixture) {
    store.commit_all(vec![with("k", "{}", 7 * DAY)]).await;
    for by in [TimeDelta::days(30), TimeDelta::days(30_000), TimeDelta::days(-30_030)] {
        store.clock.jump(by);
        store.clock.advance(600);
        assert_eq!(store.commit_all(vec![with(&by.to_string(), "{}", 7 * DAY)]).await, [Verdict::Done]);
        assert_eq!(stored(store, "k").await.as_deref(), Some("{}"));
        assert_eq!(store.commit_all(vec![with("k", "again", 7 * DAY)]).await, [taken("{}")]);
    }
}

async fn a_clock_that_was_behind_expires_no_key(store: &Fixture) {
    store.clock.jump(TimeDelta::days(-20_000));
    store.commit_all(vec![with("k", "{}", 7 * DAY)]).await;
    store.clock.jump(TimeDelta::days(20_000));
    assert_eq!(store.commit_all(vec![with("k", "again", 7 * DAY)]).await, [taken("{}")]);
}

/// The time of day does this when a machine wakes from sleep.
async fn a_clock_that_stays_ahead_is_believed(store: &Fixture) {
    store.commit_all(vec![with("k", "{}", 7 * DAY)]).await;
    store.clock.jump(TimeDelta::days(8));
    assert!(stored(store, "k").await.is_some());
    store.clock.advance(59 * 60);
    assert!(stored(store, "k").await.is_some());
    store.clock.advance(60);
    assert!(stored(store, "k").await.is_none());
}

async fn a_key_may_live_as_long_as_numbers_go(store: &Fixture) {
    store.commit_all(vec![with("long", "{}", u64::MAX), with("short", "{}", 0)]).await;
    store.clock.advance(u32::MAX);
    assert!(stored(store, "long").await.is_some());
    assert!(stored(store, "short").await.is_none());
}

/// The quota shows that a key was deleted.
async fn expired_keys_of_others_are_deleted(store: &Fixture) {
    let of_idle =
        |key: &str| Commit { tenant: "idle".to_owned(), quota: Some(2_000), ..with(key, &"x".repeat(1_500), 100) };
    assert_eq!(store.commit_all(vec![of_idle("first")]).await, [Verdict::Done]);
    assert_eq!(store.commit_all(vec![of_idle("second")]).await, [Verdict::OverQuota]);
    store.clock.advance(100);
    assert_eq!(store.commit_all(vec![with("k", "{}", 100)]).await, [Verdict::Done]);
    assert_eq!(store.commit_all(vec![of_idle("second")]).await, [Verdict::Done]);
}

async fn a_taken_key_comes_before_a_stale_read(store: &Fixture) {
    let mut twice = commit(vec![Change::CreateContact(contact(10, &[]))]);
    twice.reads.contacts = vec![(id(10), 0)];
    twice.key = Some(keyed("k", "{}"));
    assert_eq!(store.commit_all(vec![twice.clone(), twice.clone()]).await, [Verdict::Done, taken("{}")]);
    assert_eq!(store.commit_all(vec![twice]).await, [taken("{}")]);
}

async fn the_first_of_a_batch_takes_the_key(store: &Fixture) {
    let mut stale = commit(vec![Change::CreateRecord(record(20, id(99), id(1)))]);
    stale.key = Some(keyed("k", "stale"));
    let good = |outcome: &str| Commit { key: Some(keyed("k", outcome)), ..commit(vec![]) };
    let verdicts = store.commit_all(vec![stale, good("second"), good("third")]).await;
    assert_eq!(verdicts, [Verdict::Stale, Verdict::Done, taken("second")]);
}
