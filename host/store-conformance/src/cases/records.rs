//! Records, their order, states and logs.

use crate::Fixture;
use crate::samples::*;
use flowhost_domain::*;
use flowhost_store::*;

pub async fn the_newest_ready_record_is_the_last_created(store: &Fixture) {
    let newest = Lookup::NewestReadyRecord { contact: id(10), campaign: id(1) };
    store.commit_ok(vec![Change::CreateContact(contact(10, &[]))]).await;
    assert_eq!(store.lookup(newest.clone()).await, LookupResult::NewestReadyRecord(None));
    for number in [22, 20, 21] {
        store.commit_ok(vec![Change::CreateRecord(record(number, id(10), id(1)))]).await;
    }
    store.commit_ok(vec![Change::CreateRecord(record(23, id(10), id(2)))]).await;
    let last = record(21, id(10), id(1));
    assert_eq!(store.lookup(newest.clone()).await, LookupResult::NewestReadyRecord(Some((last.into(), true))));
    for number in [21, 22] {
        store.commit_ok(vec![transition(id(number), id(10), RecordState::Ready, RecordState::Sent)]).await;
    }
    assert_eq!(
        store.lookup(newest).await,
        LookupResult::NewestReadyRecord(Some((record(20, id(10), id(1)).into(), false)))
    );
}

pub async fn ready_records_are_paged_oldest_first(store: &Fixture) {
    five_records(store).await;
    let page = |after: Option<u128>, limit| {
        store.lookup(Lookup::ReadyPage { contact: id(10), campaign: id(1), after: after.map(id), limit })
    };
    assert_eq!(record_numbers(page(None, 2).await), Some(vec![20, 21]));
    assert_eq!(record_numbers(page(Some(21), 2).await), Some(vec![23, 24]));
    assert_eq!(record_numbers(page(Some(22), 1).await), Some(vec![23]));
    assert_eq!(record_numbers(page(Some(24), 9).await), Some(vec![]));
    assert_eq!(record_numbers(page(None, 0).await), Some(vec![]));
    assert_eq!(record_numbers(page(Some(30), 9).await), None);
    assert_eq!(record_numbers(page(Some(99), 9).await), None);
}

pub async fn the_latest_ready_records_come_newest_first(store: &Fixture) {
    five_records(store).await;
    let latest = |limit| store.lookup(Lookup::LatestReadyRecords { contact: id(10), campaign: id(1), limit });
    assert_eq!(record_numbers(latest(3).await), Some(vec![24, 23, 21]));
    assert_eq!(record_numbers(latest(0).await), Some(vec![]));
}

pub async fn a_replaced_record_keeps_id_creation_and_run(store: &Fixture) {
    store
        .commit_ok(vec![Change::CreateContact(contact(10, &[])), Change::CreateRecord(record(20, id(10), id(1)))])
        .await;
    let new = Record {
        internal: true,
        depth: 2,
        schedule: None,
        message: None,
        template: Some(r#"{"template":"t"}"#.to_owned()),
        data: r#"{"a":1}"#.to_owned(),
        updated_at: at(8),
        ..record(20, id(10), id(1))
    };
    let pretender = Record { run: 9, created_at: at(7), ..new.clone() };
    store.commit_ok(vec![Change::ReplaceRecord(pretender)]).await;
    assert_eq!(store.record(20).await, Some(new));
    assert_eq!(store.log(20).await.len(), 1);
}

pub async fn only_a_ready_record_of_the_same_contact_is_replaced(store: &Fixture) {
    five_records(store).await;
    for other in [record(22, id(10), id(1)), record(20, id(11), id(1)), record(20, id(10), id(2))] {
        assert_eq!(store.commit(vec![Change::ReplaceRecord(other)]).await, CommitOutcome::Conflict);
    }
}

pub async fn a_transition_happens_once_and_is_logged(store: &Fixture) {
    store
        .commit_ok(vec![Change::CreateContact(contact(10, &[])), Change::CreateRecord(record(20, id(10), id(1)))])
        .await;
    let cancel = || commit(vec![transition(id(20), id(10), RecordState::Ready, RecordState::Cancelled)]);
    let of_another = commit(vec![transition(id(20), id(11), RecordState::Ready, RecordState::Cancelled)]);
    assert_eq!(
        store.commit_all(vec![of_another, cancel(), cancel()]).await,
        [CommitOutcome::Conflict, CommitOutcome::Committed, CommitOutcome::Conflict]
    );
    let created = LogEntry { run: 1, at: at(2), from: None, to: RecordState::Ready, note: None };
    let cancelled = LogEntry {
        run: 1,
        at: at(4),
        from: Some(RecordState::Ready),
        to: RecordState::Cancelled,
        note: Some("why".to_owned()),
    };
    assert_eq!(store.log(20).await, [created, cancelled]);
    assert_eq!(store.record(20).await.unwrap().updated_at, at(4));
}

pub async fn a_record_that_is_ready_again_has_a_new_run(store: &Fixture) {
    five_records(store).await;
    store.commit_ok(vec![transition(id(22), id(10), RecordState::Cancelled, RecordState::Ready)]).await;
    let again = store.record(22).await.unwrap();
    assert_eq!((again.state, again.run), (RecordState::Ready, 2));
    let runs: Vec<_> = store.log(22).await.iter().map(|entry| entry.run).collect();
    assert_eq!(runs, [1, 1, 2]);
    let page = Lookup::ReadyPage { contact: id(10), campaign: id(1), after: None, limit: 9 };
    assert_eq!(record_numbers(store.lookup(page).await), Some(vec![20, 21, 22, 23, 24]));
}

pub async fn one_commit_may_hold_many_changes(store: &Fixture) {
    let mut changes = vec![Change::CreateContact(contact(10, &[]))];
    changes.extend((0..11_000).map(|number| Change::CreateRecord(record(1_000 + number, id(10), id(1)))));
    store.commit_ok(changes).await;
    let mut all = Vec::new();
    loop {
        let page =
            Lookup::ReadyPage { contact: id(10), campaign: id(1), after: all.last().copied().map(id), limit: 999 };
        let more = record_numbers(store.lookup(page).await).unwrap();
        if more.is_empty() {
            break;
        }
        all.extend(more);
    }
    assert!(all.iter().copied().eq(1_000..12_000));
    let lookups: Vec<_> = (1_000..12_000).map(|number| Lookup::Record(id(number))).collect();
    let answers = store.read(lookups).await.results;
    assert!(answers.iter().all(|answer| matches!(answer, LookupResult::Record(Some(_)))));
}

/// Creates records 20 to 24 of contact 10 in campaign 1; record 22 is not Ready. Record 30 belongs to contact 11.
pub(super) async fn five_records(store: &Fixture) {
    let mut changes = vec![Change::CreateContact(contact(10, &[])), Change::CreateContact(contact(11, &[]))];
    changes.extend((20..25).map(|number| Change::CreateRecord(record(number, id(10), id(1)))));
    changes.push(Change::CreateRecord(record(30, id(11), id(1))));
    changes.push(transition(id(22), id(10), RecordState::Ready, RecordState::Cancelled));
    store.commit_ok(changes).await;
}

/// Returns the numbers of a page's records.
fn record_numbers(answer: LookupResult) -> Option<Vec<u128>> {
    let LookupResult::ReadyRecords(rows) = answer else { panic!("another answer") };
    rows.map(|rows| rows.iter().map(|row| row.id.as_u128()).collect())
}
