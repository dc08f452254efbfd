//! Idempotency keys.

use crate::on_every_store;
use crate::things::*;
use flowhost::store::*;

on_every_store![
    a_key_is_taken_until_it_expires,
    a_taken_key_comes_before_a_stale_read,
    the_first_of_a_batch_takes_the_key,
];

async fn a_key_is_taken_until_it_expires(store: &Fixture) {
    let with = |outcome: &str, now| Commit { key: Some(keyed("k", outcome)), now: at(now), ..commit(vec![]) };
    let stored = |outcome: &str| StoredOutcome { digest: [7; 32], outcome: outcome.to_owned() };
    assert_eq!(store.commit_all(vec![with("first", 0)]).await, [Verdict::Done]);
    assert_eq!(store.commit_all(vec![with("second", 99)]).await, [Verdict::KeyTaken(stored("first"))]);
    let read = |now| ReadRequest {
        tenant: TENANT.to_owned(),
        known_version: None,
        now: at(now),
        lookups: vec![Lookup::Key("k".to_owned())],
    };
    assert_eq!(store.reader.read(&read(99)).await.unwrap().answers, [Answer::Key(Some(stored("first")))]);
    assert_eq!(store.reader.read(&read(100)).await.unwrap().answers, [Answer::Key(None)]);
    let mut third = with("third", 100);
    third.key.as_mut().unwrap().expires_at = at(200);
    assert_eq!(store.commit_all(vec![third]).await, [Verdict::Done]);
    assert_eq!(store.reader.read(&read(150)).await.unwrap().answers, [Answer::Key(Some(stored("third")))]);
}

async fn a_taken_key_comes_before_a_stale_read(store: &Fixture) {
    let mut twice = commit(vec![Change::CreateContact(contact(10, &[]))]);
    twice.reads.contacts = vec![(id(10), 0)];
    twice.key = Some(keyed("k", "{}"));
    let taken = Verdict::KeyTaken(StoredOutcome { digest: [7; 32], outcome: "{}".to_owned() });
    assert_eq!(store.commit_all(vec![twice.clone(), twice.clone()]).await, [Verdict::Done, taken.clone()]);
    assert_eq!(store.commit_all(vec![twice]).await, [taken]);
}

async fn the_first_of_a_batch_takes_the_key(store: &Fixture) {
    let mut stale = commit(vec![Change::CreateRecord(record(20, id(99), id(1)))]);
    stale.key = Some(keyed("k", "stale"));
    let good = |outcome: &str| Commit { key: Some(keyed("k", outcome)), ..commit(vec![]) };
    let verdicts = store.commit_all(vec![stale, good("second"), good("third")]).await;
    let second = StoredOutcome { digest: [7; 32], outcome: "second".to_owned() };
    assert_eq!(verdicts, [Verdict::Stale, Verdict::Done, Verdict::KeyTaken(second)]);
}
