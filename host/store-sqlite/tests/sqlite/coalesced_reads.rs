//! Concurrent reads share a round trip, and each has the same result as alone.

use crate::fixture::create_filled_file;
use flowhost_store::*;
use flowhost_store_conformance::Fixture;
use flowhost_store_conformance::samples::*;
use futures_util::future::join_all;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use uuid::Uuid;

fn read_request(tenant: &str, known_version: Option<u64>, contact: Uuid) -> ReadRequest {
    let lookups = vec![Lookup::Contact(contact), Lookup::IdempotencyKey("k".to_owned()), Lookup::Contact(contact)];
    ReadRequest { tenant: tenant.to_owned(), known_version, lookups }
}

/// Read requests of two tenants, with and without a known version.
fn read_requests() -> Vec<ReadRequest> {
    let number = |number: u128| {
        let tenant = if number.is_multiple_of(3) { "other" } else { TENANT };
        let known = number.is_multiple_of(2).then_some(1);
        read_request(tenant, known, id(10 + number % 4))
    };
    (0..100).map(number).collect()
}

async fn filled_store() -> Fixture {
    let (store, _) = create_filled_file().await;
    let created = (10..13).map(|number| commit(vec![Change::CreateContact(contact(number, &[]))])).collect();
    store.commit_all(created).await;
    store
        .commit_all(vec![CommitRequest {
            idempotency_record: Some(new_idempotency_record("k", "{}")),
            ..commit(vec![])
        }])
        .await;
    store
}

#[tokio::test]
async fn coalesced_reads_equal_single_reads() {
    let store = filled_store().await;
    let mut alone = Vec::new();
    for request in read_requests() {
        alone.push(store.reader.read(&request).await.unwrap());
    }
    let requests = read_requests();
    let together = join_all(requests.iter().map(|request| store.reader.read(request))).await;
    for (alone, together) in alone.into_iter().zip(together) {
        let together = together.unwrap();
        assert_eq!((together.version, together.results), (alone.version, alone.results));
        // A coalesced read may return the tenant although the request knows its version, but may not omit it otherwise.
        assert!(alone.tenant.is_none() || together.tenant == alone.tenant);
    }
}

#[tokio::test]
async fn dropped_reads_do_not_affect_others() {
    let store = filled_store().await;
    for polls in 1..6 {
        let requests = read_requests();
        let mut leaving: Vec<_> = requests.iter().map(|request| Some(Box::pin(store.reader.read(request)))).collect();
        let mut staying = pin!(join_all(requests.iter().map(|request| store.reader.read(request))));
        let mut left = 0;
        let answers = poll_fn(|cx| {
            for future in &mut leaving {
                if future.as_mut().is_some_and(|future| future.as_mut().poll(cx).is_ready()) {
                    *future = None;
                }
            }
            left += 1;
            if left == polls {
                leaving.clear();
            }
            staying.as_mut().poll(cx)
        })
        .await;
        assert!(answers.iter().all(Result::is_ok), "after {polls} polls");
    }
}

#[tokio::test]
async fn the_executor_of_a_full_batch_is_answered() {
    let store = filled_store().await;
    let full = |first: u128| ReadRequest {
        lookups: (0..16).map(|number| Lookup::Contact(id(first + number))).collect(),
        ..read_request(TENANT, None, id(10))
    };
    let requests: Vec<_> = (0..5).map(|number| full(10 + 16 * number)).collect();
    let mut reads: Vec<_> = requests.iter().map(|request| Box::pin(store.reader.read(request))).collect();
    poll_fn(|cx| {
        // All requests are pending. The last one executes the batch, which the lookups of the others fill up.
        assert!(reads.iter_mut().all(|read| read.as_mut().poll(cx).is_pending()));
        Poll::Ready(reads.last_mut().is_some_and(|last| last.as_mut().poll(cx).is_pending()))
    })
    .await;
    let last = reads.pop().unwrap();
    drop(reads);
    let answer = tokio::time::timeout(std::time::Duration::from_secs(20), last).await.unwrap().unwrap();
    assert_eq!(answer.results.len(), 16);
}
