//! Concurrent access: many readers and writers, and futures that are dropped before completion.

use crate::samples::*;
use crate::writers::upsert;
use crate::{Fixture, commit_with_retry};
use flowhost_domain::*;
use flowhost_store::*;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::task::LocalSet;

/// Runs `count` copies of a task concurrently on one thread.
async fn run_concurrently<F: Future + 'static>(count: u128, task: impl Fn(u128) -> F) -> Vec<F::Output>
where
    F::Output: 'static,
{
    let local = LocalSet::new();
    let tasks: Vec<_> = (0..count).map(|number| local.spawn_local(task(number))).collect();
    local
        .run_until(async {
            let mut outputs = Vec::new();
            for task in tasks {
                outputs.push(task.await.unwrap());
            }
            outputs
        })
        .await
}

/// The reader and the store that the tasks of a test share.
fn shared(store: &Fixture) -> (Arc<dyn Reader>, Arc<dyn Store>) {
    (store.reader.clone(), store.store.clone())
}

pub async fn one_of_64_concurrent_creations_succeeds(store: &Fixture) {
    run_concurrently(64, |number| {
        let (reader, store) = shared(store);
        commit_with_retry(reader, store, async move |transaction| upsert(transaction, 100 + number, "same").await)
    })
    .await;
    let rows = store.store.contacts(&Filter::default(), &Page { after: None, limit: 100 }).await.unwrap();
    assert_eq!(rows.len(), 1);
}

pub async fn one_of_64_writers_creates_the_ready_record(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[]))]).await;
    run_concurrently(64, |number| {
        let (reader, store) = shared(store);
        commit_with_retry(reader, store, async move |transaction| {
            let after = match transaction.newest_ready_record(id(10), id(1)).await? {
                Some((newest, _)) => Record { message: Some(number.to_string()), ..(*newest).clone() },
                None => record(100 + number, id(10), id(1)),
            };
            transaction.put_record(after);
            Ok(())
        })
    })
    .await;
    let rows = store.store.records(&Filter::default(), &Page { after: None, limit: 100 }).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(store.contact(10).await.unwrap().version, 65);
}

pub async fn one_of_64_commits_with_one_key_succeeds(store: &Fixture) {
    let verdicts = run_concurrently(64, |number| {
        let (_, store) = shared(store);
        async move {
            let key = Some(new_idempotency_record("k", &number.to_string()));
            let mine = CommitRequest {
                idempotency_record: key,
                ..commit(vec![Change::CreateContact(contact(100 + number, &[]))])
            };
            store.committer().await.unwrap().commit(&[mine]).await.unwrap().remove(0)
        }
    })
    .await;
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == CommitOutcome::Committed).count(), 1);
    let LookupResult::IdempotencyKey(Some(stored)) = store.lookup(Lookup::IdempotencyKey("k".to_owned())).await else {
        panic!("no outcome")
    };
    let winner: u128 = stored.outcome.parse().unwrap();
    assert!(store.contact(100 + winner).await.is_some());
    let taken = CommitOutcome::DuplicateKey(stored);
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == taken).count(), 63);
}

/// Asserts that readers never see one of two changes that a writer always commits together.
pub async fn reads_see_whole_commits(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[])), Change::CreateContact(contact(11, &[]))]).await;
    let scope = || Scope::Category("Test".to_owned());
    let (reader, shared) = shared(store);
    let writer = async move {
        let mut committer = shared.committer().await.unwrap();
        for round in 0..100 {
            let change = |contact| match round % 2 {
                0 => Change::AddDnd { contact, entry: dnd(scope()) },
                _ => Change::RemoveDnd { contact, scope: scope() },
            };
            committer.commit(&[commit(vec![change(id(10)), change(id(11))])]).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let readers = run_concurrently(8, |_| {
        let reader = reader.clone();
        async move {
            let lookups = vec![Lookup::Contact(id(10)), Lookup::Contact(id(11))];
            let request = ReadRequest { tenant: TENANT.to_owned(), known_version: None, lookups };
            for _ in 0..100 {
                let snapshot = reader.read(&request).await.unwrap();
                let [LookupResult::Contact(Some(one)), LookupResult::Contact(Some(other))] = &snapshot.results[..]
                else {
                    panic!("no contacts")
                };
                assert_eq!((one.version, one.contact.dnd.len()), (other.version, other.contact.dnd.len()));
            }
        }
    });
    tokio::join!(writer, readers);
    assert_eq!(store.contact(10).await.unwrap().version, 101);
}

/// Polls a future at most `polls` times, then drops it. Returns whether it completed.
async fn poll_then_drop<T>(future: impl Future<Output = T>, polls: usize) -> bool {
    let mut future = pin!(future);
    for _ in 0..polls {
        if poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

pub async fn dropped_reads_leave_no_transaction_open(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[("widget", "a")]))]).await;
    let request =
        ReadRequest { tenant: TENANT.to_owned(), known_version: None, lookups: vec![Lookup::Contact(id(10))] };
    for polls in 0..200 {
        poll_then_drop(store.reader.read(&request), polls % 20).await;
    }
    assert!(store.contact(10).await.is_some());
}

pub async fn dropped_commits_are_atomic(store: &Fixture) {
    let mut committer = store.store.committer().await.unwrap();
    for number in 0..100 {
        let both = vec![
            Change::CreateContact(contact(1_000 + number, &[])),
            Change::CreateRecord(record(2_000 + number, id(1_000 + number), id(1))),
        ];
        poll_then_drop(committer.commit(&[commit(both)]), usize::try_from(number).unwrap() % 25).await;
        let mut next = commit(vec![Change::CreateContact(contact(3_000 + number, &[]))]);
        next.reads.version = Some(1);
        assert_eq!(committer.commit(&[next]).await.unwrap(), [CommitOutcome::Committed]);
        let (contact, record) = (store.contact(1_000 + number).await, store.record(2_000 + number).await);
        assert_eq!(contact.is_some(), record.is_some());
    }
}
