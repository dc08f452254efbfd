//! The contract of reads and commits that every store fulfils.

use super::records::five_records;
use crate::Fixture;
use crate::samples::*;
use flowhost_domain::*;
use flowhost_store::*;

pub async fn a_tenant_is_read_with_its_version(store: &Fixture) {
    let snapshot = store.read(vec![]).await;
    assert_eq!((snapshot.version, snapshot.tenant.as_deref()), (1, Some(&tenant(TENANT))));
    let known = ReadRequest { tenant: TENANT.to_owned(), known_version: Some(1), lookups: vec![] };
    assert_eq!(store.reader.read(&known).await.unwrap().tenant, None);
    let answer = store.lookup(Lookup::Campaign(id(1))).await;
    assert_eq!(answer, LookupResult::Campaign(Some(campaign(TENANT, 1, "Test").into())));
}

pub async fn an_unknown_tenant_has_nothing(store: &Fixture) {
    let lookups = vec![Lookup::Campaign(id(1)), Lookup::Category("Test".to_owned()), Lookup::Contact(id(1))];
    let request = ReadRequest { tenant: "nobody".to_owned(), known_version: Some(1), lookups };
    let snapshot = store.reader.read(&request).await.unwrap();
    assert_eq!((snapshot.version, snapshot.tenant), (0, None));
    assert_eq!(
        snapshot.results,
        [LookupResult::Campaign(None), LookupResult::Category(false), LookupResult::Contact(None)]
    );
}

pub async fn a_batch_is_applied_in_its_order(store: &Fixture) {
    let create = |number| commit(vec![Change::CreateContact(contact(number, &[("whatsapp", "+56911")]))]);
    let mut read_before = create(12);
    read_before.reads.contacts = vec![(id(10), 0)];
    let mut after = commit(vec![Change::CreateRecord(record(20, id(10), id(1)))]);
    after.reads.contacts = vec![(id(10), 1)];
    let verdicts = store.commit_all(vec![create(10), create(11), read_before, after]).await;
    assert_eq!(
        verdicts,
        [CommitOutcome::Committed, CommitOutcome::Conflict, CommitOutcome::Conflict, CommitOutcome::Committed]
    );
    assert_eq!(store.contact(10).await.unwrap().version, 2);
    assert_eq!(store.contact(11).await, None);
}

pub async fn a_commit_is_all_or_nothing(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[("whatsapp", "+56911")]))]).await;
    let before = store.contact(10).await;
    let mut half = commit(vec![
        Change::CreateContact(contact(11, &[("widget", "w")])),
        Change::AddDnd { contact: id(10), entry: dnd(Scope::Category("Test".to_owned())) },
        Change::CreateRecord(record(20, id(10), id(1))),
        Change::CreateRecord(record(21, id(99), id(1))),
    ]);
    half.idempotency_record = Some(new_idempotency_record("k", "{}"));
    let whole = commit(vec![Change::CreateContact(contact(12, &[("widget", "w")]))]);
    assert_eq!(store.commit_all(vec![half, whole]).await, [CommitOutcome::Conflict, CommitOutcome::Committed]);
    assert_eq!(store.contact(10).await, before);
    assert_eq!((store.contact(11).await, store.record(20).await), (None, None));
    assert_eq!(store.lookup(Lookup::IdempotencyKey("k".to_owned())).await, LookupResult::IdempotencyKey(None));
    assert_eq!(store.contact(12).await.unwrap().contact.addresses.len(), 1);
}

pub async fn a_changed_contact_causes_a_conflict(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[("whatsapp", "+56911")]))]).await;
    store.commit_ok(vec![Change::CreateRecord(record(20, id(10), id(1)))]).await;
    let mut late = commit(vec![Change::CreateRecord(record(21, id(10), id(1)))]);
    late.reads.contacts = vec![(id(10), 1)];
    assert_eq!(store.commit_all(vec![late.clone()]).await, [CommitOutcome::Conflict]);
    late.reads.contacts = vec![(id(10), 2)];
    assert_eq!(store.commit_all(vec![late]).await, [CommitOutcome::Committed]);
}

pub async fn a_created_contact_causes_a_conflict(store: &Fixture) {
    let mut late = commit(vec![Change::CreateContact(contact(11, &[]))]);
    late.reads.contacts = vec![(id(10), 0)];
    store.commit_ok(vec![Change::CreateContact(contact(10, &[]))]).await;
    assert_eq!(store.commit_all(vec![late]).await, [CommitOutcome::Conflict]);
}

pub async fn a_changed_configuration_causes_a_conflict(store: &Fixture) {
    let change = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version: 1 };
    assert!(store.store.configure(std::slice::from_ref(&change)).await.unwrap());
    assert!(!store.store.configure(&[change]).await.unwrap());
    let mut late = commit(vec![Change::CreateContact(contact(10, &[]))]);
    late.reads.version = Some(1);
    assert_eq!(store.commit_all(vec![late.clone()]).await, [CommitOutcome::Conflict]);
    late.reads.version = Some(2);
    assert_eq!(store.commit_all(vec![late]).await, [CommitOutcome::Committed]);
}

pub async fn every_change_gives_its_contact_one_new_version(store: &Fixture) {
    store
        .commit_ok(vec![Change::CreateContact(contact(10, &[])), Change::CreateRecord(record(20, id(10), id(1)))])
        .await;
    assert_eq!(store.contact(10).await.unwrap().version, 1);
    let both = vec![
        Change::AddDnd { contact: id(10), entry: dnd(Scope::Campaign(id(1))) },
        transition(id(20), id(10), RecordState::Ready, RecordState::Cancelled),
    ];
    store.commit_ok(both).await;
    assert_eq!(store.contact(10).await.unwrap().version, 2);
}

pub async fn changes_to_missing_rows_conflict(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[]))]).await;
    let changes = [
        Change::CreateContact(contact(10, &[])),
        Change::AddDnd { contact: id(99), entry: dnd(Scope::Campaign(id(1))) },
        Change::RemoveDnd { contact: id(99), scope: Scope::Campaign(id(1)) },
        Change::CreateRecord(record(20, id(99), id(1))),
        Change::ReplaceRecord(record(20, id(10), id(1))),
        transition(id(20), id(10), RecordState::Ready, RecordState::Sent),
    ];
    for change in changes {
        assert_eq!(store.commit(vec![change.clone()]).await, CommitOutcome::Conflict, "{change:?}");
    }
}

pub async fn a_missing_tenant_accepts_no_changes(store: &Fixture) {
    let mut lost = commit(vec![Change::CreateContact(contact(10, &[]))]);
    lost.tenant = "nobody".to_owned();
    let mut only_key = lost.clone();
    only_key.changes.clear();
    only_key.idempotency_record = Some(new_idempotency_record("k", "refused"));
    assert_eq!(store.commit_all(vec![lost, only_key]).await, [CommitOutcome::Conflict, CommitOutcome::Committed]);
}

pub async fn one_read_answers_everything_in_order(store: &Fixture) {
    five_records(store).await;
    let lookups = vec![
        Lookup::Record(id(30)),
        Lookup::Contact(id(11)),
        Lookup::Category("Other".to_owned()),
        Lookup::Contact(id(99)),
        Lookup::Contact(id(10)),
        Lookup::Campaign(id(3)),
        Lookup::Record(id(20)),
        Lookup::LatestReadyRecords { contact: id(11), campaign: id(1), limit: 1 },
        Lookup::Category("None".to_owned()),
        Lookup::Contact(id(10)),
    ];
    let together = store.read(lookups.clone()).await.results;
    assert_eq!(together.len(), lookups.len());
    for (lookup, answer) in lookups.into_iter().zip(together) {
        assert_eq!(store.lookup(lookup).await, answer);
    }
}

pub async fn hostile_texts_are_stored_unchanged(store: &Fixture) {
    for (number, text) in
        (40..).zip(["", "'; DROP TABLE contacts; --", "a\0b", "\u{1F600}\"\\\n\u{7f}", "\u{FEFF}[\"x\"]"])
    {
        let mut hostile = contact(number, &[("widget", text)]);
        hostile.name = text.to_owned();
        hostile.correlators = [Some(text.to_owned()), None, None];
        hostile.dnd = vec![DndEntry { reason: Some(text.to_owned()), ..dnd(Scope::Category(text.to_owned())) }];
        let mut said = record(number + 100, id(number), id(1));
        said.message = Some(text.to_owned());
        let key = NewIdempotencyRecord { outcome: text.to_owned(), ..new_idempotency_record(text, text) };
        let mut all = commit(vec![Change::CreateContact(hostile.clone()), Change::CreateRecord(said.clone())]);
        all.idempotency_record = Some(key);
        assert_eq!(store.commit_all(vec![all]).await, [CommitOutcome::Committed], "{text:?}");
        let found = store.lookup(Lookup::Address("widget".to_owned(), text.to_owned())).await;
        assert_eq!(
            found,
            LookupResult::Contact(Some(VersionedContact { contact: hostile.into(), version: 1 })),
            "{text:?}"
        );
        assert_eq!(store.record(number + 100).await, Some(said), "{text:?}");
        let stored = IdempotencyRecord { fingerprint: [7; 32], outcome: text.to_owned() };
        assert_eq!(
            store.lookup(Lookup::IdempotencyKey(text.to_owned())).await,
            LookupResult::IdempotencyKey(Some(stored)),
            "{text:?}"
        );
    }
}

pub async fn data_of_another_tenant_is_invisible(store: &Fixture) {
    five_records(store).await;
    let other = ConfigurationChange { tenant: tenant("other"), campaigns: vec![], version: 0 };
    assert!(store.store.configure(&[other]).await.unwrap());
    let lookups = vec![
        Lookup::Contact(id(10)),
        Lookup::Record(id(20)),
        Lookup::Campaign(id(1)),
        Lookup::NewestReadyRecord { contact: id(10), campaign: id(1) },
    ];
    let request = ReadRequest { tenant: "other".to_owned(), known_version: None, lookups };
    let answers = store.reader.read(&request).await.unwrap().results;
    assert_eq!(
        answers,
        [
            LookupResult::Contact(None),
            LookupResult::Record(None),
            LookupResult::Campaign(None),
            LookupResult::NewestReadyRecord(None)
        ]
    );
    let mut same_id = commit(vec![Change::CreateContact(contact(10, &[]))]);
    same_id.tenant = "other".to_owned();
    let mut stranger = commit(vec![transition(id(20), id(10), RecordState::Ready, RecordState::Cancelled)]);
    stranger.tenant = "other".to_owned();
    assert_eq!(store.commit_all(vec![same_id, stranger]).await, [CommitOutcome::Committed, CommitOutcome::Conflict]);
    assert_eq!(store.record(20).await.unwrap().state, RecordState::Ready);
}

pub async fn timestamps_are_stored_in_microseconds(store: &Fixture) {
    let fine = at(5) + chrono::TimeDelta::nanoseconds(1_999);
    let kept = at(5) + chrono::TimeDelta::microseconds(1);
    let mut ana = contact(10, &[]);
    ana.created_at = fine;
    ana.dnd = vec![DndEntry { at: fine, ..dnd(Scope::Campaign(id(1))) }];
    let early = Record { created_at: chrono::DateTime::<chrono::Utc>::MIN_UTC, ..record(20, id(10), id(1)) };
    store.commit_ok(vec![Change::CreateContact(ana), Change::CreateRecord(early.clone())]).await;
    let found = store.contact(10).await.unwrap().contact;
    assert_eq!((found.created_at, found.dnd[0].at), (kept, kept));
    assert_eq!(store.record(20).await, Some(early));
}
