//! Two handles on the same data, as two processes have them.

use crate::samples::*;
use crate::{Fixture, spawn_writer};
use flowhost_domain::*;
use flowhost_store::*;

pub async fn a_second_handle_reads_committed_data(store: &Fixture) {
    let second = store.open_another().await;
    store
        .commit_ok(vec![Change::CreateContact(contact(10, &[])), Change::CreateRecord(record(20, id(10), id(1)))])
        .await;
    assert_eq!(second.contact(10).await, store.contact(10).await);
    assert_eq!(second.record(20).await, Some(record(20, id(10), id(1))));
    assert_eq!(second.log(20).await, store.log(20).await);
    let all = Page { after: None, limit: 9 };
    let rows = second.store.records(&Filter::default(), &all).await.unwrap();
    assert_eq!(rows, [(TENANT.to_owned(), record(20, id(10), id(1)))]);
}

pub async fn a_second_handle_reads_the_new_configuration(store: &Fixture) {
    let second = store.open_another().await;
    assert_eq!(second.read(vec![]).await.version, 1);
    let renamed = Tenant { name: "Renamed".to_owned(), ..tenant(TENANT) };
    let change = ConfigurationChange { tenant: renamed.clone(), campaigns: vec![], version: 1 };
    assert!(store.store.configure(std::slice::from_ref(&change)).await.unwrap());
    let snapshot = second.read(vec![]).await;
    assert_eq!((snapshot.version, snapshot.tenant.as_deref()), (2, Some(&renamed)));
    assert!(!second.store.configure(&[change]).await.unwrap());
}

pub async fn a_change_through_a_second_handle_causes_a_conflict(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[]))]).await;
    let mut transaction = store.transaction();
    transaction.contact(id(10)).await.unwrap();
    transaction.put_record(record(20, id(10), id(1)));
    let second = store.open_another().await;
    second.commit_ok(vec![Change::CreateRecord(record(21, id(10), id(1)))]).await;
    assert_eq!(store.commit_all(vec![transaction.into_commit_request(None)]).await, [CommitOutcome::Conflict]);
    assert_eq!(store.record(20).await, None);
}

pub async fn two_handles_share_idempotency_keys(store: &Fixture) {
    let with_key =
        |outcome| CommitRequest { idempotency_record: Some(new_idempotency_record("k", outcome)), ..commit(vec![]) };
    let second = store.open_another().await;
    assert_eq!(store.commit_all(vec![with_key("first")]).await, [CommitOutcome::Committed]);
    let stored = IdempotencyRecord { fingerprint: [7; 32], outcome: "first".to_owned() };
    assert_eq!(second.commit_all(vec![with_key("second")]).await, [CommitOutcome::DuplicateKey(stored)]);
    store.clock.advance(100);
    assert_eq!(second.lookup(Lookup::IdempotencyKey("k".to_owned())).await, LookupResult::IdempotencyKey(None));
    assert_eq!(second.commit_all(vec![with_key("second")]).await, [CommitOutcome::Committed]);
}

pub async fn two_concurrent_handles_lose_nothing(store: &Fixture) {
    // Without the tenant, every commit of the writers conflicts.
    assert_eq!(store.open_another().await.read(vec![]).await.version, 1);
    let writers = [1, 2].map(|writer| spawn_writer(store.under_test.clone(), writer));
    let committed: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    let all = Page { after: None, limit: 1_000 };
    let contacts = store.store.contacts(&Filter::default(), &all).await.unwrap();
    let records = store.store.records(&Filter::default(), &all).await.unwrap();
    assert_eq!((committed, contacts.len(), records.len()), (200, 5, 200));
}

pub async fn a_closed_handle_stays_usable(store: &Fixture) {
    let second = store.open_another().await;
    store.commit_ok(vec![Change::CreateContact(contact(10, &[]))]).await;
    store.store.close().await.unwrap();
    assert_eq!(second.contact(10).await, store.contact(10).await);
    store.commit_ok(vec![Change::CreateContact(contact(11, &[]))]).await;
    assert!(second.contact(11).await.is_some());
}
