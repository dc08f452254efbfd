//! What every store does with a read and a commit.

use crate::on_every_store;
use crate::things::*;
use flowhost::domain::*;
use flowhost::store::*;

on_every_store![
    a_tenant_comes_with_its_version,
    an_unknown_tenant_has_nothing,
    a_batch_is_applied_in_its_order,
    a_commit_is_all_or_nothing,
    a_contact_that_changed_since_makes_a_commit_stale,
    a_contact_that_appeared_since_makes_a_commit_stale,
    a_configuration_that_changed_since_makes_a_commit_stale,
    every_change_gives_its_contact_one_new_version,
    changes_to_what_is_not_there_are_stale,
    a_tenant_that_is_not_there_takes_no_changes,
    one_read_answers_everything_in_order,
    hostile_texts_come_back_unharmed,
    another_tenants_things_are_nobodys,
    instants_are_kept_to_the_microsecond,
];

async fn a_tenant_comes_with_its_version(store: &Fixture) {
    let snapshot = store.read(vec![]).await;
    assert_eq!((snapshot.version, snapshot.tenant.as_deref()), (1, Some(&tenant(TENANT))));
    let known = ReadRequest { tenant: TENANT.to_owned(), known_version: Some(1), lookups: vec![] };
    assert_eq!(store.reader.read(&known).await.unwrap().tenant, None);
    let answer = store.answer(Lookup::Campaign(id(1))).await;
    assert_eq!(answer, Answer::Campaign(Some(campaign(TENANT, 1, "Test").into())));
}

async fn an_unknown_tenant_has_nothing(store: &Fixture) {
    let lookups = vec![Lookup::Campaign(id(1)), Lookup::Category("Test".to_owned()), Lookup::Contact(id(1))];
    let request = ReadRequest { tenant: "nobody".to_owned(), known_version: Some(1), lookups };
    let snapshot = store.reader.read(&request).await.unwrap();
    assert_eq!((snapshot.version, snapshot.tenant), (0, None));
    assert_eq!(snapshot.answers, [Answer::Campaign(None), Answer::Category(false), Answer::Contact(None)]);
}

async fn a_batch_is_applied_in_its_order(store: &Fixture) {
    let create = |number| commit(vec![Change::CreateContact(contact(number, &[("whatsapp", "+56911")]))]);
    let mut read_before = create(12);
    read_before.reads.contacts = vec![(id(10), 0)];
    let mut after = commit(vec![Change::CreateRecord(record(20, id(10), id(1)))]);
    after.reads.contacts = vec![(id(10), 1)];
    let verdicts = store.commit_all(vec![create(10), create(11), read_before, after]).await;
    assert_eq!(verdicts, [Verdict::Done, Verdict::Stale, Verdict::Stale, Verdict::Done]);
    assert_eq!(store.contact(10).await.unwrap().version, 2);
    assert_eq!(store.contact(11).await, None);
}

async fn a_commit_is_all_or_nothing(store: &Fixture) {
    store.put(vec![Change::CreateContact(contact(10, &[("whatsapp", "+56911")]))]).await;
    let before = store.contact(10).await;
    let mut half = commit(vec![
        Change::CreateContact(contact(11, &[("widget", "w")])),
        Change::AddDnd { contact: id(10), entry: dnd(Scope::Category("Test".to_owned())) },
        Change::CreateRecord(record(20, id(10), id(1))),
        Change::CreateRecord(record(21, id(99), id(1))),
    ]);
    half.key = Some(keyed("k", "{}"));
    let whole = commit(vec![Change::CreateContact(contact(12, &[("widget", "w")]))]);
    assert_eq!(store.commit_all(vec![half, whole]).await, [Verdict::Stale, Verdict::Done]);
    assert_eq!(store.contact(10).await, before);
    assert_eq!((store.contact(11).await, store.record(20).await), (None, None));
    assert_eq!(store.answer(Lookup::Key("k".to_owned())).await, Answer::Key(None));
    assert_eq!(store.contact(12).await.unwrap().contact.addresses.len(), 1);
}

async fn a_contact_that_changed_since_makes_a_commit_stale(store: &Fixture) {
    store.put(vec![Change::CreateContact(contact(10, &[("whatsapp", "+56911")]))]).await;
    store.put(vec![Change::CreateRecord(record(20, id(10), id(1)))]).await;
    let mut late = commit(vec![Change::CreateRecord(record(21, id(10), id(1)))]);
    late.reads.contacts = vec![(id(10), 1)];
    assert_eq!(store.commit_all(vec![late.clone()]).await, [Verdict::Stale]);
    late.reads.contacts = vec![(id(10), 2)];
    assert_eq!(store.commit_all(vec![late]).await, [Verdict::Done]);
}

async fn a_contact_that_appeared_since_makes_a_commit_stale(store: &Fixture) {
    let mut late = commit(vec![Change::CreateContact(contact(11, &[]))]);
    late.reads.contacts = vec![(id(10), 0)];
    store.put(vec![Change::CreateContact(contact(10, &[]))]).await;
    assert_eq!(store.commit_all(vec![late]).await, [Verdict::Stale]);
}

async fn a_configuration_that_changed_since_makes_a_commit_stale(store: &Fixture) {
    let change = ConfigurationChange { tenant: tenant(TENANT), campaigns: vec![], version: 1 };
    assert!(store.store.configure(std::slice::from_ref(&change)).await.unwrap());
    assert!(!store.store.configure(&[change]).await.unwrap());
    let mut late = commit(vec![Change::CreateContact(contact(10, &[]))]);
    late.reads.version = Some(1);
    assert_eq!(store.commit_all(vec![late.clone()]).await, [Verdict::Stale]);
    late.reads.version = Some(2);
    assert_eq!(store.commit_all(vec![late]).await, [Verdict::Done]);
}

async fn every_change_gives_its_contact_one_new_version(store: &Fixture) {
    store.put(vec![Change::CreateContact(contact(10, &[])), Change::CreateRecord(record(20, id(10), id(1)))]).await;
    assert_eq!(store.contact(10).await.unwrap().version, 1);
    let both = vec![
        Change::AddDnd { contact: id(10), entry: dnd(Scope::Campaign(id(1))) },
        transition(id(20), id(10), RecordState::Ready, RecordState::Cancelled),
    ];
    store.put(both).await;
    assert_eq!(store.contact(10).await.unwrap().version, 2);
}

async fn changes_to_what_is_not_there_are_stale(store: &Fixture) {
    store.put(vec![Change::CreateContact(contact(10, &[]))]).await;
    let changes = [
        Change::CreateContact(contact(10, &[])),
        Change::AddDnd { contact: id(99), entry: dnd(Scope::Campaign(id(1))) },
        Change::RemoveDnd { contact: id(99), scope: Scope::Campaign(id(1)) },
        Change::CreateRecord(record(20, id(99), id(1))),
        Change::ReplaceRecord(record(20, id(10), id(1))),
        transition(id(20), id(10), RecordState::Ready, RecordState::Sent),
    ];
    for change in changes {
        assert_eq!(store.commit(vec![change.clone()]).await, Verdict::Stale, "{change:?}");
    }
}

async fn a_tenant_that_is_not_there_takes_no_changes(store: &Fixture) {
    let mut lost = commit(vec![Change::CreateContact(contact(10, &[]))]);
    lost.tenant = "nobody".to_owned();
    let mut only_key = lost.clone();
    only_key.changes.clear();
    only_key.key = Some(keyed("k", "refused"));
    assert_eq!(store.commit_all(vec![lost, only_key]).await, [Verdict::Stale, Verdict::Done]);
}

async fn one_read_answers_everything_in_order(store: &Fixture) {
    five_records(store).await;
    let lookups = vec![
        Lookup::Record(id(30)),
        Lookup::Contact(id(11)),
        Lookup::Category("Other".to_owned()),
        Lookup::Contact(id(99)),
        Lookup::Contact(id(10)),
        Lookup::Campaign(id(3)),
        Lookup::Record(id(20)),
        Lookup::LatestReady { contact: id(11), campaign: id(1), limit: 1 },
        Lookup::Category("None".to_owned()),
        Lookup::Contact(id(10)),
    ];
    let together = store.read(lookups.clone()).await.answers;
    assert_eq!(together.len(), lookups.len());
    for (lookup, answer) in lookups.into_iter().zip(together) {
        assert_eq!(store.answer(lookup).await, answer);
    }
}

async fn hostile_texts_come_back_unharmed(store: &Fixture) {
    for (number, text) in
        (40..).zip(["", "'; DROP TABLE contacts; --", "a\0b", "\u{1F600}\"\\\n\u{7f}", "\u{FEFF}[\"x\"]"])
    {
        let mut hostile = contact(number, &[("widget", text)]);
        hostile.name = text.to_owned();
        hostile.correlators = [Some(text.to_owned()), None, None];
        hostile.dnd = vec![DndEntry { reason: Some(text.to_owned()), ..dnd(Scope::Category(text.to_owned())) }];
        let mut said = record(number + 100, id(number), id(1));
        said.message = Some(text.to_owned());
        let key = KeyedOutcome { outcome: text.to_owned(), ..keyed(text, text) };
        let mut all = commit(vec![Change::CreateContact(hostile.clone()), Change::CreateRecord(said.clone())]);
        all.key = Some(key);
        assert_eq!(store.commit_all(vec![all]).await, [Verdict::Done], "{text:?}");
        let found = store.answer(Lookup::Address("widget".to_owned(), text.to_owned())).await;
        assert_eq!(found, Answer::Contact(Some(Versioned { contact: hostile.into(), version: 1 })), "{text:?}");
        assert_eq!(store.record(number + 100).await, Some(said), "{text:?}");
        let stored = StoredOutcome { digest: [7; 32], outcome: text.to_owned() };
        assert_eq!(store.answer(Lookup::Key(text.to_owned())).await, Answer::Key(Some(stored)), "{text:?}");
    }
}

async fn another_tenants_things_are_nobodys(store: &Fixture) {
    five_records(store).await;
    let other = ConfigurationChange { tenant: tenant("other"), campaigns: vec![], version: 0 };
    assert!(store.store.configure(&[other]).await.unwrap());
    let lookups = vec![
        Lookup::Contact(id(10)),
        Lookup::Record(id(20)),
        Lookup::Campaign(id(1)),
        Lookup::NewestReady { contact: id(10), campaign: id(1) },
    ];
    let request = ReadRequest { tenant: "other".to_owned(), known_version: None, lookups };
    let answers = store.reader.read(&request).await.unwrap().answers;
    assert_eq!(
        answers,
        [Answer::Contact(None), Answer::Record(None), Answer::Campaign(None), Answer::NewestReady(None)]
    );
    let mut same_id = commit(vec![Change::CreateContact(contact(10, &[]))]);
    same_id.tenant = "other".to_owned();
    let mut stranger = commit(vec![transition(id(20), id(10), RecordState::Ready, RecordState::Cancelled)]);
    stranger.tenant = "other".to_owned();
    assert_eq!(store.commit_all(vec![same_id, stranger]).await, [Verdict::Done, Verdict::Stale]);
    assert_eq!(store.record(20).await.unwrap().state, RecordState::Ready);
}

async fn instants_are_kept_to_the_microsecond(store: &Fixture) {
    let fine = at(5) + chrono::TimeDelta::nanoseconds(1_999);
    let kept = at(5) + chrono::TimeDelta::microseconds(1);
    let mut ana = contact(10, &[]);
    ana.created_at = fine;
    ana.dnd = vec![DndEntry { at: fine, ..dnd(Scope::Campaign(id(1))) }];
    let early = Record { created_at: chrono::DateTime::<chrono::Utc>::MIN_UTC, ..record(20, id(10), id(1)) };
    store.put(vec![Change::CreateContact(ana), Change::CreateRecord(early.clone())]).await;
    let found = store.contact(10).await.unwrap().contact;
    assert_eq!((found.created_at, found.dnd[0].at), (kept, kept));
    assert_eq!(store.record(20).await, Some(early));
}
