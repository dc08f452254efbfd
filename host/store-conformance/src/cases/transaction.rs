//! The transaction: the reads and the pending changes of one invocation.

use crate::Fixture;
use crate::samples::*;
use async_trait::async_trait;
use flowhost_domain::*;
use flowhost_store::*;
use std::sync::{Arc, Mutex};

fn address(identifier: &str) -> Lookup {
    Lookup::Address("widget".to_owned(), identifier.to_owned())
}

/// Contact 10 with address a, and records 20 to 22 in campaign 1.
async fn fill(store: &Fixture) {
    let mut changes = vec![Change::CreateContact(contact(10, &[("widget", "a")]))];
    changes.extend((20..23).map(|number| Change::CreateRecord(record(number, id(10), id(1)))));
    store.commit_ok(changes).await;
}

async fn submit(store: &Fixture, transaction: Transaction) -> CommitOutcome {
    store.commit_all(vec![transaction.into_commit_request(None)]).await.remove(0)
}

fn numbers(rows: Option<Vec<ReadyRecord>>) -> Vec<u128> {
    rows.unwrap().iter().map(|row| row.id.as_u128()).collect()
}

pub async fn prefetched_data_needs_no_round_trip(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    let newest = Lookup::NewestReadyRecord { contact: id(10), campaign: id(1) };
    transaction
        .prefetch(vec![
            Lookup::Campaign(id(1)),
            address("a"),
            address("b"),
            newest,
            Lookup::IdempotencyKey("k".to_owned()),
        ])
        .await
        .unwrap();
    assert_eq!(transaction.tenant().await.unwrap().as_deref(), Some(&tenant(TENANT)));
    assert_eq!(transaction.campaign(id(1)).await.unwrap().unwrap().name, "Campaign 1");
    assert_eq!(transaction.contact_at("widget", "a").await.unwrap().unwrap().id, id(10));
    assert_eq!(transaction.contact_at("widget", "b").await.unwrap(), None);
    assert_eq!(transaction.contact(id(10)).await.unwrap().unwrap().name, "Contact 10");
    assert_eq!(
        transaction.newest_ready_record(id(10), id(1)).await.unwrap(),
        Some((record(22, id(10), id(1)).into(), true))
    );
    assert_eq!(transaction.idempotency_record("k").await.unwrap(), None);
    assert_eq!(transaction.round_trips(), 1);
    assert!(transaction.category_exists("Other").await.unwrap());
    assert_eq!(transaction.round_trips(), 2);
}

pub async fn a_cached_tenant_is_not_read_again(store: &Fixture) {
    let known = Arc::new(Tenant { name: "As remembered".to_owned(), ..tenant(TENANT) });
    let mut transaction = Transaction::new(store.reader.clone(), TENANT, at(10), Some((known.clone(), 1)));
    assert_eq!(transaction.tenant().await.unwrap().unwrap().name, "As remembered");
    let mut transaction = Transaction::new(store.reader.clone(), TENANT, at(10), Some((known, 7)));
    assert_eq!(transaction.tenant().await.unwrap().unwrap().name, "Tenant acme");
    assert_eq!(transaction.configured_tenant().unwrap().1, 1);
    let mut transaction = Transaction::new(store.reader.clone(), "nobody", at(10), None);
    assert_eq!(transaction.tenant().await.unwrap(), None);
}

pub async fn a_new_contact_is_seen_before_it_is_committed(store: &Fixture) {
    let mut transaction = store.transaction();
    assert_eq!(transaction.contact_at("widget", "a").await.unwrap(), None);
    transaction.put_contact(contact(10, &[("widget", "a")]));
    assert_eq!(transaction.contact_at("widget", "a").await.unwrap().unwrap().id, id(10));
    assert_eq!(transaction.contact(id(10)).await.unwrap().unwrap().id, id(10));
    assert_eq!(store.contact(10).await, None);
    assert_eq!(submit(store, transaction).await, CommitOutcome::Committed);
    assert_eq!(*store.contact(10).await.unwrap().contact, contact(10, &[("widget", "a")]));
}

pub async fn a_changed_contact_is_committed_as_its_changes(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    let mut after = (*transaction.contact(id(10)).await.unwrap().unwrap()).clone();
    after.name = "Ana".to_owned();
    after.addresses.push(contact(0, &[("whatsapp", "+56911")]).addresses.remove(0));
    after.updated_at = at(10);
    transaction.put_contact(after.clone());
    after.dnd = vec![dnd(Scope::Campaign(id(1)))];
    transaction.put_contact(after.clone());
    let changes = transaction.into_commit_request(None).changes;
    let update = Change::UpdateContact {
        id: id(10),
        name: "Ana".to_owned(),
        correlators: [None, None, None],
        new_addresses: contact(0, &[("whatsapp", "+56911")]).addresses,
        updated_at: at(10),
    };
    let join = Change::AddDnd { contact: id(10), entry: dnd(Scope::Campaign(id(1))) };
    assert_eq!(changes, [update, join]);

    store.commit_ok(changes).await;
    let mut transaction = store.transaction();
    let mut after = (*transaction.contact(id(10)).await.unwrap().unwrap()).clone();
    after.dnd.clear();
    transaction.put_contact(after);
    let leave = Change::RemoveDnd { contact: id(10), scope: Scope::Campaign(id(1)) };
    assert_eq!(transaction.into_commit_request(None).changes, [leave]);
}

pub async fn a_commit_contains_the_whole_read_set(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    transaction.prefetch(vec![Lookup::Contact(id(10)), Lookup::Contact(id(99)), address("free")]).await.unwrap();
    transaction.put_contact(contact(11, &[("widget", "free")]));
    let mut reads = transaction.into_commit_request(None).reads;
    reads.contacts.sort();
    assert_eq!(reads.version, Some(1));
    assert_eq!(reads.contacts, [(id(10), 1), (id(99), 0)]);
    assert_eq!(reads.unclaimed_addresses, [("widget".to_owned(), "free".to_owned())]);
}

pub async fn without_changes_the_read_set_is_empty(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    transaction.contact(id(10)).await.unwrap();
    assert!(!transaction.has_changes());
    let commit = transaction.into_commit_request(Some(new_idempotency_record("k", "{}")));
    assert_eq!((commit.reads, commit.changes), (ReadSet::default(), vec![]));
    assert_eq!(commit.idempotency_record, Some(new_idempotency_record("k", "{}")));
}

pub async fn two_versions_of_a_contact_conflict_at_once(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    transaction.contact(id(10)).await.unwrap();
    store.commit_ok(vec![transition(id(20), id(10), RecordState::Ready, RecordState::Sent)]).await;
    assert_eq!(transaction.newest_ready_record(id(10), id(1)).await, Err(TransactionError::Conflict));
}

pub async fn two_versions_of_the_configuration_conflict_at_once(store: &Fixture) {
    let mut transaction = store.transaction();
    transaction.tenant().await.unwrap();
    let change = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version: 1 };
    assert!(store.store.configure(&[change]).await.unwrap());
    assert_eq!(transaction.contact(id(10)).await, Err(TransactionError::Conflict));
}

pub async fn reads_of_several_round_trips_are_validated(store: &Fixture) {
    fill(store).await;
    let mut once = store.transaction();
    let mut twice = store.transaction();
    let mut absent = store.transaction();
    once.contact(id(10)).await.unwrap();
    twice.contact(id(10)).await.unwrap();
    twice.contact_at("widget", "b").await.unwrap();
    absent.record(id(30)).await.unwrap();
    absent.contact_at("widget", "b").await.unwrap();
    assert!(twice.validate_reads().await.unwrap() && absent.validate_reads().await.unwrap());
    store.commit_ok(vec![Change::CreateContact(contact(11, &[("widget", "c")]))]).await;
    assert!(twice.validate_reads().await.unwrap());
    store.commit_ok(vec![Change::CreateRecord(record(30, id(11), id(1)))]).await;
    assert!(!absent.validate_reads().await.unwrap());
    store.commit_ok(vec![Change::CreateContact(contact(12, &[("widget", "b")]))]).await;
    assert!(!twice.validate_reads().await.unwrap());
    store.commit_ok(vec![Change::CreateRecord(record(31, id(10), id(1)))]).await;
    assert!(once.validate_reads().await.unwrap());
}

pub async fn own_records_are_the_newest(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    transaction.put_record(record(30, id(10), id(1)));
    transaction.put_record(record(31, id(10), id(2)));
    assert_eq!(
        transaction.newest_ready_record(id(10), id(1)).await.unwrap(),
        Some((record(30, id(10), id(1)).into(), true))
    );
    assert_eq!(
        transaction.newest_ready_record(id(10), id(2)).await.unwrap(),
        Some((record(31, id(10), id(2)).into(), false))
    );
}

pub async fn cancelled_records_are_not_ready(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    let page = |transaction: Transaction| async move {
        let mut transaction = transaction;
        let rows = numbers(transaction.ready_page(id(10), id(1), None, 2).await.unwrap());
        (transaction, rows)
    };
    for (cancelled, newest, more, left) in
        [(22, Some(21), true, vec![20, 21]), (20, Some(21), false, vec![21]), (21, None, false, vec![])]
    {
        let record = transaction.record(id(cancelled)).await.unwrap().unwrap();
        transaction.transition(&record, RecordState::Cancelled, Some("action".to_owned()));
        assert_eq!(transaction.record(id(cancelled)).await.unwrap().unwrap().state, RecordState::Cancelled);
        let found = transaction.newest_ready_record(id(10), id(1)).await.unwrap();
        assert_eq!(found.map(|(record, more)| (record.id.as_u128(), more)), newest.map(|newest| (newest, more)));
        let rows;
        (transaction, rows) = page(transaction).await;
        assert_eq!(rows, left);
    }
    assert_eq!(submit(store, transaction).await, CommitOutcome::Committed);
    assert_eq!(store.log(21).await[1].note.as_deref(), Some("action"));
}

pub async fn own_records_come_last_in_a_page(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    for number in [30, 31] {
        transaction.put_record(record(number, id(10), id(1)));
    }
    assert_eq!(numbers(transaction.ready_page(id(10), id(1), None, 2).await.unwrap()), [20, 21]);
    assert_eq!(numbers(transaction.ready_page(id(10), id(1), None, 4).await.unwrap()), [20, 21, 22, 30]);
    assert_eq!(numbers(transaction.ready_page(id(10), id(1), Some(id(21)), 9).await.unwrap()), [22, 30, 31]);
    assert_eq!(numbers(transaction.ready_page(id(10), id(1), Some(id(22)), 1).await.unwrap()), [30]);
    assert_eq!(transaction.ready_page(id(10), id(1), Some(id(99)), 9).await.unwrap(), None);
}

pub async fn a_page_begins_after_an_own_record(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    for number in 30..33 {
        transaction.put_record(record(number, id(10), id(1)));
    }
    assert_eq!(numbers(transaction.ready_page(id(10), id(1), Some(id(30)), 9).await.unwrap()), [31, 32]);
    assert_eq!(transaction.ready_page(id(10), id(2), Some(id(30)), 9).await.unwrap(), None);
    let own = transaction.record(id(31)).await.unwrap().unwrap();
    transaction.transition(&own, RecordState::Cancelled, None);
    assert_eq!(numbers(transaction.ready_page(id(10), id(1), Some(id(31)), 9).await.unwrap()), [32]);
    assert_eq!(numbers(transaction.ready_page(id(10), id(1), Some(id(30)), 9).await.unwrap()), [32]);
}

pub async fn a_record_is_created_and_cancelled_in_one_commit(store: &Fixture) {
    let mut transaction = store.transaction();
    transaction.put_contact(contact(10, &[]));
    transaction.put_record(record(20, id(10), id(1)));
    transaction.put_record(Record { message: Some("Later".to_owned()), ..record(20, id(10), id(1)) });
    let own = transaction.record(id(20)).await.unwrap().unwrap();
    transaction.transition(&own, RecordState::Cancelled, None);
    assert_eq!(transaction.newest_ready_record(id(10), id(1)).await.unwrap(), None);
    assert_eq!(submit(store, transaction).await, CommitOutcome::Committed);
    let stored = store.record(20).await.unwrap();
    assert_eq!((stored.state, stored.message.as_deref()), (RecordState::Cancelled, Some("Later")));
    let log: Vec<_> = store.log(20).await.into_iter().map(|entry| (entry.from, entry.to)).collect();
    assert_eq!(log, [(None, RecordState::Ready), (Some(RecordState::Ready), RecordState::Cancelled)]);
}

pub async fn a_replaced_record_is_seen_and_committed(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    let (newest, _) = transaction.newest_ready_record(id(10), id(1)).await.unwrap().unwrap();
    transaction.put_record(Record { schedule: None, ..(*newest).clone() });
    let (newest, more) = transaction.newest_ready_record(id(10), id(1)).await.unwrap().unwrap();
    assert_eq!((newest.id, &newest.schedule, more), (id(22), &None, true));
    let rows = transaction.ready_page(id(10), id(1), None, 9).await.unwrap().unwrap();
    assert_eq!(rows[2], ReadyRecord { id: id(22), schedule: None });
    assert_eq!(submit(store, transaction).await, CommitOutcome::Committed);
    assert_eq!(store.record(22).await.unwrap().schedule, None);
}

pub async fn a_record_of_an_unread_contact_is_validated(store: &Fixture) {
    fill(store).await;
    let mut transaction = store.transaction();
    transaction.record(id(20)).await.unwrap();
    transaction.put_contact(contact(11, &[]));
    store.commit_ok(vec![transition(id(20), id(10), RecordState::Ready, RecordState::Sent)]).await;
    assert_eq!(submit(store, transaction).await, CommitOutcome::Conflict);
}

pub async fn linked_reads_both_contacts(store: &Fixture) {
    let correlated = |number, channel| {
        let mut contact = contact(number, &[(channel, "a")]);
        contact.correlators[0] = Some("1-9".to_owned());
        Change::CreateContact(contact)
    };
    store.commit_ok(vec![correlated(10, "widget"), correlated(11, "voice")]).await;
    let mut transaction = store.transaction();
    assert_eq!(transaction.linked_contact(id(10), "voice").await.unwrap().unwrap().id, id(11));
    assert_eq!(transaction.round_trips(), 1);
    transaction.put_contact(contact(12, &[]));
    let mut reads = transaction.into_commit_request(None).reads.contacts;
    reads.sort();
    assert_eq!(reads, [(id(10), 1), (id(11), 1)]);
}

/// A reader whose next read fails.
struct FailingReader(Mutex<Option<StoreError>>, Arc<dyn Reader>);

#[async_trait]
impl Reader for FailingReader {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        let error = self.0.lock().unwrap().take();
        match error {
            Some(error) => Err(error),
            None => self.1.read(request).await,
        }
    }
}

pub async fn a_failed_round_trip_leaves_the_transaction_unchanged(store: &Fixture) {
    fill(store).await;
    let error = StoreError::Unavailable("away".to_owned());
    let reader = FailingReader(Mutex::new(Some(error.clone())), store.reader.clone());
    let mut transaction = Transaction::new(Arc::new(reader), TENANT, at(10), None);
    assert_eq!(transaction.contact(id(10)).await, Err(TransactionError::Store(error)));
    assert_eq!(transaction.contact(id(10)).await.unwrap().unwrap().id, id(10));
}
