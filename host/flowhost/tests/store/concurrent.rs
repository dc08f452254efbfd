//! Concurrent access: many readers and writers, two stores on one file, and futures that are dropped before completion.

use crate::fixtures::*;
use crate::on_every_store;
use crate::sqlite_file::{assert_consistent, raw_connection};
use flowhost::domain::*;
use flowhost::store::*;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tempfile::TempDir;
use tokio::task::LocalSet;

on_every_store![
    one_of_64_concurrent_creations_succeeds,
    one_of_64_writers_creates_the_ready_record,
    one_of_64_commits_with_one_key_succeeds,
    reads_see_whole_commits,
    dropped_reads_leave_no_transaction_open,
    dropped_commits_are_atomic,
];

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

/// Prepares a commit from a new transaction and commits it. Retries after each conflict.
async fn commit_with_retry(
    (reader, store): (Arc<dyn Reader>, Arc<dyn Store>),
    prepare: impl AsyncFn(&mut Transaction) -> Result<(), TransactionError>,
) -> CommitOutcome {
    let mut committer = store.committer().await.unwrap();
    loop {
        let mut transaction = Transaction::new(reader.clone(), TENANT, at(10), None);
        match prepare(&mut transaction).await {
            Ok(()) => {}
            Err(TransactionError::Conflict) => continue,
            Err(TransactionError::Store(error)) => panic!("{error}"),
        }
        // Other tasks run between the reads and the commit.
        tokio::task::yield_now().await;
        match committer.commit(&[transaction.into_commit_request(None)]).await.unwrap().remove(0) {
            CommitOutcome::Conflict => {}
            verdict => return verdict,
        }
    }
}

async fn upsert(transaction: &mut Transaction, number: u128, identifier: &str) -> Result<(), TransactionError> {
    if transaction.contact_at("widget", identifier).await?.is_none() {
        transaction.put_contact(contact(number, &[("widget", identifier)]));
    }
    Ok(())
}

async fn one_of_64_concurrent_creations_succeeds(store: &Fixture) {
    run_concurrently(64, |number| {
        let shared = shared(store);
        commit_with_retry(shared, async move |transaction| upsert(transaction, 100 + number, "same").await)
    })
    .await;
    let rows = store.store.contacts(&Filter::default(), &Page { after: None, limit: 100 }).await.unwrap();
    assert_eq!(rows.len(), 1);
}

async fn one_of_64_writers_creates_the_ready_record(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[]))]).await;
    run_concurrently(64, |number| {
        let shared = shared(store);
        commit_with_retry(shared, async move |transaction| {
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

async fn one_of_64_commits_with_one_key_succeeds(store: &Fixture) {
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
async fn reads_see_whole_commits(store: &Fixture) {
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

async fn dropped_reads_leave_no_transaction_open(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[("widget", "a")]))]).await;
    let request =
        ReadRequest { tenant: TENANT.to_owned(), known_version: None, lookups: vec![Lookup::Contact(id(10))] };
    for polls in 0..200 {
        poll_then_drop(store.reader.read(&request), polls % 20).await;
    }
    assert!(store.contact(10).await.is_some());
    if let Some(folder) = &store.folder {
        // With an open read transaction, the checkpoint returns 1: busy.
        let checkpoint =
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut raw_connection(folder).await).await.unwrap();
        assert_eq!(sqlx::Row::get::<i64, _>(&checkpoint, 0), 0);
    }
}

async fn dropped_commits_are_atomic(store: &Fixture) {
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
    if let Some(folder) = &store.folder {
        assert_consistent(folder).await;
    }
}

/// Starts a thread with its own store, which uses the file as a separate process does. It adds a record to one of five
/// contacts in each round and returns the number of commits.
fn spawn_writer(folder: Arc<TempDir>, number: u128) -> std::thread::JoinHandle<usize> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store: Arc<dyn Store> = Arc::new(open(&folder).await);
            let reader: Arc<dyn Reader> = Arc::from(store.reader().await.unwrap());
            let mut done = 0;
            for round in 0..100 {
                let shared = (reader.clone(), store.clone());
                let verdict = commit_with_retry(shared, async move |transaction| {
                    let address = (round % 5).to_string();
                    upsert(transaction, 10_000 * number + round, &address).await?;
                    let contact = transaction.contact_at("widget", &address).await?.expect("it was just put there");
                    transaction.put_record(record(20_000 * number + round, contact.id, id(1)));
                    Ok(())
                });
                done += usize::from(verdict.await == CommitOutcome::Committed);
            }
            done
        })
    })
}

#[tokio::test]
async fn two_stores_on_one_file_lose_nothing() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let processes = [spawn_writer(folder.clone(), 1), spawn_writer(folder.clone(), 2)];
    // At first the file is missing or incomplete and the tenant does not exist, so the first commits conflict.
    let store = open(&folder).await;
    let configured = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version: 0 };
    assert!(store.configure(&[configured]).await.unwrap());
    let done: usize = processes.into_iter().map(|process| process.join().unwrap()).sum();
    let all = Page { after: None, limit: 1_000 };
    let contacts = store.contacts(&Filter::default(), &all).await.unwrap();
    let records = store.records(&Filter::default(), &all).await.unwrap();
    assert_eq!((done, contacts.len(), records.len()), (200, 5, 200));
    assert_consistent(&folder).await;
}
