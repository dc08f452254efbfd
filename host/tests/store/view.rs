//! One invocation's sight of the store.

use crate::on_every_store;
use crate::things::*;
use async_trait::async_trait;
use flowhost::domain::*;
use flowhost::store::*;
use std::sync::{Arc, Mutex};

on_every_store![
    what_was_prefetched_costs_no_further_trip,
    a_tenant_that_the_caller_knows_is_not_sent_again,
    a_new_contact_is_seen_before_it_is_committed,
    a_changed_contact_leaves_only_what_changed,
    a_commit_carries_everything_that_was_read,
    nothing_staged_is_nothing_to_check,
    two_versions_of_a_contact_are_stale_at_once,
    two_versions_of_the_configuration_are_stale_at_once,
    reads_of_several_trips_are_checked_again,
    own_records_are_the_newest,
    records_that_were_taken_away_are_not_ready,
    own_records_come_last_in_a_page,
    a_page_begins_after_an_own_record,
    a_record_is_created_and_cancelled_in_one_commit,
    a_replaced_record_is_seen_and_committed,
    a_record_of_a_contact_that_was_not_read_is_checked_too,
    linked_reads_both_contacts,
];

fn address(identifier: &str) -> Lookup {
    Lookup::Address("widget".to_owned(), identifier.to_owned())
}

/// Contact 10 with address a, and records 20 to 22 in campaign 1.
async fn fill(store: &Fixture) {
    let mut changes = vec![Change::CreateContact(contact(10, &[("widget", "a")]))];
    changes.extend((20..23).map(|number| Change::CreateRecord(record(number, id(10), id(1)))));
    store.put(changes).await;
}

async fn submit(store: &Fixture, view: View) -> Verdict {
    store.commit_all(vec![view.into_commit(None)]).await.remove(0)
}

fn numbers(rows: Option<Vec<ReadyRecord>>) -> Vec<u128> {
    rows.unwrap().iter().map(|row| row.id.as_u128()).collect()
}

async fn what_was_prefetched_costs_no_further_trip(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    let newest = Lookup::NewestReady { contact: id(10), campaign: id(1) };
    view.prefetch(vec![Lookup::Campaign(id(1)), address("a"), address("b"), newest, Lookup::Key("k".to_owned())])
        .await
        .unwrap();
    assert_eq!(view.tenant().await.unwrap().as_deref(), Some(&tenant(TENANT)));
    assert_eq!(view.campaign(id(1)).await.unwrap().unwrap().name, "Campaign 1");
    assert_eq!(view.contact_at("widget", "a").await.unwrap().unwrap().id, id(10));
    assert_eq!(view.contact_at("widget", "b").await.unwrap(), None);
    assert_eq!(view.contact(id(10)).await.unwrap().unwrap().name, "Contact 10");
    assert_eq!(view.newest_ready(id(10), id(1)).await.unwrap(), Some((record(22, id(10), id(1)).into(), true)));
    assert_eq!(view.stored("k").await.unwrap(), None);
    assert_eq!(view.trips(), 1);
    assert!(view.category_exists("Other").await.unwrap());
    assert_eq!(view.trips(), 2);
}

async fn a_tenant_that_the_caller_knows_is_not_sent_again(store: &Fixture) {
    let known = Arc::new(Tenant { name: "As remembered".to_owned(), ..tenant(TENANT) });
    let mut view = View::new(store.reader.clone(), TENANT, at(10), Some((known.clone(), 1)));
    assert_eq!(view.tenant().await.unwrap().unwrap().name, "As remembered");
    let mut view = View::new(store.reader.clone(), TENANT, at(10), Some((known, 7)));
    assert_eq!(view.tenant().await.unwrap().unwrap().name, "Tenant acme");
    assert_eq!(view.configuration().unwrap().1, 1);
    let mut view = View::new(store.reader.clone(), "nobody", at(10), None);
    assert_eq!(view.tenant().await.unwrap(), None);
}

async fn a_new_contact_is_seen_before_it_is_committed(store: &Fixture) {
    let mut view = store.view();
    assert_eq!(view.contact_at("widget", "a").await.unwrap(), None);
    view.put_contact(contact(10, &[("widget", "a")]));
    assert_eq!(view.contact_at("widget", "a").await.unwrap().unwrap().id, id(10));
    assert_eq!(view.contact(id(10)).await.unwrap().unwrap().id, id(10));
    assert_eq!(store.contact(10).await, None);
    assert_eq!(submit(store, view).await, Verdict::Done);
    assert_eq!(*store.contact(10).await.unwrap().contact, contact(10, &[("widget", "a")]));
}

async fn a_changed_contact_leaves_only_what_changed(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    let mut after = (*view.contact(id(10)).await.unwrap().unwrap()).clone();
    after.name = "Ana".to_owned();
    after.addresses.push(contact(0, &[("whatsapp", "+56911")]).addresses.remove(0));
    after.updated_at = at(10);
    view.put_contact(after.clone());
    after.dnd = vec![dnd(Scope::Campaign(id(1)))];
    view.put_contact(after.clone());
    let changes = view.into_commit(None).changes;
    let update = Change::UpdateContact {
        id: id(10),
        name: "Ana".to_owned(),
        correlators: [None, None, None],
        new_addresses: contact(0, &[("whatsapp", "+56911")]).addresses,
        updated_at: at(10),
    };
    let join = Change::AddDnd { contact: id(10), entry: dnd(Scope::Campaign(id(1))) };
    assert_eq!(changes, [update, join]);

    store.put(changes).await;
    let mut view = store.view();
    let mut after = (*view.contact(id(10)).await.unwrap().unwrap()).clone();
    after.dnd.clear();
    view.put_contact(after);
    let leave = Change::RemoveDnd { contact: id(10), scope: Scope::Campaign(id(1)) };
    assert_eq!(view.into_commit(None).changes, [leave]);
}

async fn a_commit_carries_everything_that_was_read(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    view.prefetch(vec![Lookup::Contact(id(10)), Lookup::Contact(id(99)), address("free")]).await.unwrap();
    view.put_contact(contact(11, &[("widget", "free")]));
    let mut reads = view.into_commit(None).reads;
    reads.contacts.sort();
    assert_eq!(reads.version, Some(1));
    assert_eq!(reads.contacts, [(id(10), 1), (id(99), 0)]);
    assert_eq!(reads.free_addresses, [("widget".to_owned(), "free".to_owned())]);
}

async fn nothing_staged_is_nothing_to_check(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    view.contact(id(10)).await.unwrap();
    assert!(!view.has_changes());
    let commit = view.into_commit(Some(keyed("k", "{}")));
    assert_eq!((commit.reads, commit.changes), (Reads::default(), vec![]));
    assert_eq!(commit.key, Some(keyed("k", "{}")));
}

async fn two_versions_of_a_contact_are_stale_at_once(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    view.contact(id(10)).await.unwrap();
    store.put(vec![transition(id(20), id(10), RecordState::Ready, RecordState::Sent)]).await;
    assert_eq!(view.newest_ready(id(10), id(1)).await, Err(ViewError::Stale));
}

async fn two_versions_of_the_configuration_are_stale_at_once(store: &Fixture) {
    let mut view = store.view();
    view.tenant().await.unwrap();
    let change = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version: 1 };
    assert!(store.store.configure(&[change]).await.unwrap());
    assert_eq!(view.contact(id(10)).await, Err(ViewError::Stale));
}

async fn reads_of_several_trips_are_checked_again(store: &Fixture) {
    fill(store).await;
    let mut once = store.view();
    let mut twice = store.view();
    let mut absent = store.view();
    once.contact(id(10)).await.unwrap();
    twice.contact(id(10)).await.unwrap();
    twice.contact_at("widget", "b").await.unwrap();
    absent.record(id(30)).await.unwrap();
    absent.contact_at("widget", "b").await.unwrap();
    assert!(twice.still_holds().await.unwrap() && absent.still_holds().await.unwrap());
    store.put(vec![Change::CreateContact(contact(11, &[("widget", "c")]))]).await;
    assert!(twice.still_holds().await.unwrap());
    store.put(vec![Change::CreateRecord(record(30, id(11), id(1)))]).await;
    assert!(!absent.still_holds().await.unwrap());
    store.put(vec![Change::CreateContact(contact(12, &[("widget", "b")]))]).await;
    assert!(!twice.still_holds().await.unwrap());
    store.put(vec![Change::CreateRecord(record(31, id(10), id(1)))]).await;
    assert!(once.still_holds().await.unwrap());
}

async fn own_records_are_the_newest(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    view.put_record(record(30, id(10), id(1)));
    view.put_record(record(31, id(10), id(2)));
    assert_eq!(view.newest_ready(id(10), id(1)).await.unwrap(), Some((record(30, id(10), id(1)).into(), true)));
    assert_eq!(view.newest_ready(id(10), id(2)).await.unwrap(), Some((record(31, id(10), id(2)).into(), false)));
}

async fn records_that_were_taken_away_are_not_ready(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    let page = |view: View| async move {
        let mut view = view;
        let rows = numbers(view.ready_page(id(10), id(1), None, 2).await.unwrap());
        (view, rows)
    };
    for (cancelled, newest, more, left) in
        [(22, Some(21), true, vec![20, 21]), (20, Some(21), false, vec![21]), (21, None, false, vec![])]
    {
        let record = view.record(id(cancelled)).await.unwrap().unwrap();
        view.transition(&record, RecordState::Cancelled, Some("action".to_owned()));
        assert_eq!(view.record(id(cancelled)).await.unwrap().unwrap().state, RecordState::Cancelled);
        let found = view.newest_ready(id(10), id(1)).await.unwrap();
        assert_eq!(found.map(|(record, more)| (record.id.as_u128(), more)), newest.map(|newest| (newest, more)));
        let rows;
        (view, rows) = page(view).await;
        assert_eq!(rows, left);
    }
    assert_eq!(submit(store, view).await, Verdict::Done);
    assert_eq!(store.log(21).await[1].note.as_deref(), Some("action"));
}

async fn own_records_come_last_in_a_page(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    for number in [30, 31] {
        view.put_record(record(number, id(10), id(1)));
    }
    assert_eq!(numbers(view.ready_page(id(10), id(1), None, 2).await.unwrap()), [20, 21]);
    assert_eq!(numbers(view.ready_page(id(10), id(1), None, 4).await.unwrap()), [20, 21, 22, 30]);
    assert_eq!(numbers(view.ready_page(id(10), id(1), Some(id(21)), 9).await.unwrap()), [22, 30, 31]);
    assert_eq!(numbers(view.ready_page(id(10), id(1), Some(id(22)), 1).await.unwrap()), [30]);
    assert_eq!(view.ready_page(id(10), id(1), Some(id(99)), 9).await.unwrap(), None);
}

async fn a_page_begins_after_an_own_record(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    for number in 30..33 {
        view.put_record(record(number, id(10), id(1)));
    }
    assert_eq!(numbers(view.ready_page(id(10), id(1), Some(id(30)), 9).await.unwrap()), [31, 32]);
    assert_eq!(view.ready_page(id(10), id(2), Some(id(30)), 9).await.unwrap(), None);
    let own = view.record(id(31)).await.unwrap().unwrap();
    view.transition(&own, RecordState::Cancelled, None);
    assert_eq!(numbers(view.ready_page(id(10), id(1), Some(id(31)), 9).await.unwrap()), [32]);
    assert_eq!(numbers(view.ready_page(id(10), id(1), Some(id(30)), 9).await.unwrap()), [32]);
}

async fn a_record_is_created_and_cancelled_in_one_commit(store: &Fixture) {
    let mut view = store.view();
    view.put_contact(contact(10, &[]));
    view.put_record(record(20, id(10), id(1)));
    view.put_record(Record { message: Some("Later".to_owned()), ..record(20, id(10), id(1)) });
    let own = view.record(id(20)).await.unwrap().unwrap();
    view.transition(&own, RecordState::Cancelled, None);
    assert_eq!(view.newest_ready(id(10), id(1)).await.unwrap(), None);
    assert_eq!(submit(store, view).await, Verdict::Done);
    let stored = store.record(20).await.unwrap();
    assert_eq!((stored.state, stored.message.as_deref()), (RecordState::Cancelled, Some("Later")));
    let log: Vec<_> = store.log(20).await.into_iter().map(|entry| (entry.from, entry.to)).collect();
    assert_eq!(log, [(None, RecordState::Ready), (Some(RecordState::Ready), RecordState::Cancelled)]);
}

async fn a_replaced_record_is_seen_and_committed(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    let (newest, _) = view.newest_ready(id(10), id(1)).await.unwrap().unwrap();
    view.put_record(Record { schedule: None, ..(*newest).clone() });
    let (newest, more) = view.newest_ready(id(10), id(1)).await.unwrap().unwrap();
    assert_eq!((newest.id, &newest.schedule, more), (id(22), &None, true));
    let rows = view.ready_page(id(10), id(1), None, 9).await.unwrap().unwrap();
    assert_eq!(rows[2], ReadyRecord { id: id(22), schedule: None });
    assert_eq!(submit(store, view).await, Verdict::Done);
    assert_eq!(store.record(22).await.unwrap().schedule, None);
}

async fn a_record_of_a_contact_that_was_not_read_is_checked_too(store: &Fixture) {
    fill(store).await;
    let mut view = store.view();
    view.record(id(20)).await.unwrap();
    view.put_contact(contact(11, &[]));
    store.put(vec![transition(id(20), id(10), RecordState::Ready, RecordState::Sent)]).await;
    assert_eq!(submit(store, view).await, Verdict::Stale);
}

async fn linked_reads_both_contacts(store: &Fixture) {
    let correlated = |number, channel| {
        let mut contact = contact(number, &[(channel, "a")]);
        contact.correlators[0] = Some("1-9".to_owned());
        Change::CreateContact(contact)
    };
    store.put(vec![correlated(10, "widget"), correlated(11, "voice")]).await;
    let mut view = store.view();
    assert_eq!(view.linked(id(10), "voice").await.unwrap().unwrap().id, id(11));
    assert_eq!(view.trips(), 1);
    view.put_contact(contact(12, &[]));
    let mut reads = view.into_commit(None).reads.contacts;
    reads.sort();
    assert_eq!(reads, [(id(10), 1), (id(11), 1)]);
}

/// A reader whose next read fails.
struct Failing(Mutex<Option<StoreError>>, Arc<dyn Reader>);

#[async_trait]
impl Reader for Failing {
    async fn read(&self, request: &ReadRequest) -> Result<Snapshot, StoreError> {
        let error = self.0.lock().unwrap().take();
        match error {
            Some(error) => Err(error),
            None => self.1.read(request).await,
        }
    }
}

#[tokio::test]
async fn a_failed_trip_leaves_the_view_as_it_was() {
    let store = Fixture::memory().await;
    fill(&store).await;
    let error = StoreError::Unavailable("away".to_owned());
    let reader = Failing(Mutex::new(Some(error.clone())), store.reader.clone());
    let mut view = View::new(Arc::new(reader), TENANT, at(10), None);
    assert_eq!(view.contact(id(10)).await, Err(ViewError::Store(error)));
    assert_eq!(view.contact(id(10)).await.unwrap().unwrap().id, id(10));
}
