//! What every store does with a read and a commit.

use crate::on_every_store;
use crate::things::*;
use flowhost::domain::*;
use flowhost::store::*;

on_every_store![
    a_tenant_comes_with_its_version,
    an_unknown_tenant_has_nothing,
    a_contact_is_read_back_as_it_was_written,
    an_address_finds_its_contact,
    an_address_belongs_to_one_contact,
    a_batch_is_applied_in_its_order,
    a_commit_is_all_or_nothing,
    a_contact_that_changed_since_makes_a_commit_stale,
    a_contact_that_appeared_since_makes_a_commit_stale,
    a_configuration_that_changed_since_makes_a_commit_stale,
    every_change_gives_its_contact_one_new_version,
    an_update_keeps_addresses_and_adds_new_ones,
    a_second_address_in_a_channel_is_stale,
    changes_to_what_is_not_there_are_stale,
    a_tenant_that_is_not_there_takes_no_changes,
    dnd_entries_come_and_go,
    a_campaigns_entry_has_the_category_that_the_campaign_has_now,
    the_newest_ready_record_is_the_last_created,
    ready_records_are_paged_oldest_first,
    the_latest_ready_records_come_newest_first,
    a_replaced_record_keeps_id_creation_and_run,
    only_a_ready_record_of_the_same_contact_is_replaced,
    a_transition_happens_once_and_is_logged,
    a_record_that_is_ready_again_has_a_new_run,
    a_key_is_taken_until_it_expires,
    a_taken_key_comes_before_a_stale_read,
    the_first_of_a_batch_takes_the_key,
    linked_is_the_oldest_in_the_channel,
    a_link_follows_its_correlator,
    one_read_answers_everything_in_order,
    hostile_texts_come_back_unharmed,
    another_tenants_things_are_nobodys,
    instants_are_kept_to_the_microsecond,
    many_things_go_into_one_commit,
];

async fn a_tenant_comes_with_its_version(store: &Fixture) {
    let snapshot = store.read(vec![]).await;
    assert_eq!((snapshot.version, snapshot.tenant.as_deref()), (1, Some(&tenant(TENANT))));
    let known = ReadRequest { tenant: TENANT.to_owned(), known_version: Some(1), now: at(0), lookups: vec![] };
    assert_eq!(store.reader.read(&known).await.unwrap().tenant, None);
    let answer = store.answer(Lookup::Campaign(id(1))).await;
    assert_eq!(answer, Answer::Campaign(Some(campaign(TENANT, 1, "Test").into())));
}

async fn an_unknown_tenant_has_nothing(store: &Fixture) {
    let lookups = vec![Lookup::Campaign(id(1)), Lookup::Category("Test".to_owned()), Lookup::Contact(id(1))];
    let request = ReadRequest { tenant: "nobody".to_owned(), known_version: Some(1), now: at(0), lookups };
    let snapshot = store.reader.read(&request).await.unwrap();
    assert_eq!((snapshot.version, snapshot.tenant), (0, None));
    assert_eq!(snapshot.answers, [Answer::Campaign(None), Answer::Category(false), Answer::Contact(None)]);
}

async fn a_contact_is_read_back_as_it_was_written(store: &Fixture) {
    let mut ana = contact(10, &[("voice", "+56911"), ("whatsapp", "+56911")]);
    ana.correlators = [Some("1-9".to_owned()), None, Some("x".to_owned())];
    ana.dnd = vec![dnd(Scope::Campaign(id(1))), dnd(Scope::Category("Other".to_owned()))];
    store.put(vec![Change::CreateContact(ana.clone())]).await;
    assert_eq!(store.contact(10).await.unwrap(), Versioned { contact: ana.into(), version: 1 });
}

async fn an_address_finds_its_contact(store: &Fixture) {
    store.put(vec![Change::CreateContact(contact(10, &[("whatsapp", "+56911")]))]).await;
    let found = store.answer(Lookup::Address("whatsapp".to_owned(), "+56911".to_owned())).await;
    assert_eq!(found, Answer::Contact(store.contact(10).await));
    let other = store.answer(Lookup::Address("voice".to_owned(), "+56911".to_owned())).await;
    assert_eq!(other, Answer::Contact(None));
}

async fn an_address_belongs_to_one_contact(store: &Fixture) {
    store.put(vec![Change::CreateContact(contact(10, &[("whatsapp", "+56911")]))]).await;
    let same = Change::CreateContact(contact(11, &[("voice", "+56911"), ("whatsapp", "+56911")]));
    assert_eq!(store.commit(vec![same]).await, Verdict::Stale);
    assert_eq!(store.contact(11).await, None);
    let mut reader = commit(vec![]);
    reader.reads.free_addresses = vec![("whatsapp".to_owned(), "+56911".to_owned())];
    assert_eq!(store.commit_all(vec![reader]).await, [Verdict::Stale]);
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

async fn an_update_keeps_addresses_and_adds_new_ones(store: &Fixture) {
    let mut ana = contact(10, &[("whatsapp", "+56911")]);
    store.put(vec![Change::CreateContact(ana.clone())]).await;
    let added = contact(0, &[("voice", "+56911")]).addresses;
    let update = Change::UpdateContact {
        id: id(10),
        name: "Ana".to_owned(),
        correlators: [Some("1-9".to_owned()), None, None],
        new_addresses: added.clone(),
        updated_at: at(9),
    };
    store.put(vec![update]).await;
    ana.name = "Ana".to_owned();
    ana.correlators = [Some("1-9".to_owned()), None, None];
    ana.addresses.insert(0, added[0].clone());
    ana.updated_at = at(9);
    assert_eq!(store.contact(10).await.unwrap(), Versioned { contact: ana.into(), version: 2 });
    let found = store.answer(Lookup::Address("voice".to_owned(), "+56911".to_owned())).await;
    assert_eq!(found, Answer::Contact(store.contact(10).await));
}

async fn a_second_address_in_a_channel_is_stale(store: &Fixture) {
    store.put(vec![Change::CreateContact(contact(10, &[("whatsapp", "+56911")]))]).await;
    let update = Change::UpdateContact {
        id: id(10),
        name: String::new(),
        correlators: [None, None, None],
        new_addresses: contact(0, &[("whatsapp", "+56922")]).addresses,
        updated_at: at(9),
    };
    assert_eq!(store.commit(vec![update]).await, Verdict::Stale);
    let twice = contact(11, &[("widget", "a"), ("widget", "b")]);
    assert_eq!(store.commit(vec![Change::CreateContact(twice)]).await, Verdict::Stale);
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

async fn dnd_entries_come_and_go(store: &Fixture) {
    store.put(vec![Change::CreateContact(contact(10, &[]))]).await;
    let scope = Scope::Category("Test".to_owned());
    let first = dnd(scope.clone());
    let second = DndEntry { by: "another".to_owned(), ..first.clone() };
    store.put(vec![Change::AddDnd { contact: id(10), entry: first.clone() }]).await;
    store.put(vec![Change::AddDnd { contact: id(10), entry: second.clone() }]).await;
    assert_eq!(store.contact(10).await.unwrap().contact.dnd, [first]);
    let remove = Change::RemoveDnd { contact: id(10), scope };
    store.put(vec![remove.clone(), Change::AddDnd { contact: id(10), entry: second.clone() }]).await;
    assert_eq!(store.contact(10).await.unwrap().contact.dnd, [second]);
    store.put(vec![remove.clone()]).await;
    store.put(vec![remove]).await;
    assert_eq!(store.contact(10).await.unwrap().contact.dnd, []);
}

async fn a_campaigns_entry_has_the_category_that_the_campaign_has_now(store: &Fixture) {
    let mut ana = contact(10, &[]);
    ana.dnd = vec![DndEntry { category: "Before".to_owned(), ..dnd(Scope::Campaign(id(1))) }];
    store.put(vec![Change::CreateContact(ana)]).await;
    assert_eq!(store.contact(10).await.unwrap().contact.dnd[0].category, "Test");
    let campaigns = vec![campaign(TENANT, 1, "Moved")];
    assert!(
        store.store.configure(&[ConfigurationChange { tenant: tenant(TENANT), campaigns, version: 1 }]).await.unwrap()
    );
    assert_eq!(store.contact(10).await.unwrap().contact.dnd[0].category, "Moved");
}

async fn the_newest_ready_record_is_the_last_created(store: &Fixture) {
    let newest = Lookup::NewestReady { contact: id(10), campaign: id(1) };
    store.put(vec![Change::CreateContact(contact(10, &[]))]).await;
    assert_eq!(store.answer(newest.clone()).await, Answer::NewestReady(None));
    for number in [22, 20, 21] {
        store.put(vec![Change::CreateRecord(record(number, id(10), id(1)))]).await;
    }
    store.put(vec![Change::CreateRecord(record(23, id(10), id(2)))]).await;
    let last = record(21, id(10), id(1));
    assert_eq!(store.answer(newest.clone()).await, Answer::NewestReady(Some((last.into(), true))));
    for number in [21, 22] {
        store.put(vec![transition(id(number), id(10), RecordState::Ready, RecordState::Sent)]).await;
    }
    assert_eq!(store.answer(newest).await, Answer::NewestReady(Some((record(20, id(10), id(1)).into(), false))));
}

/// Records 20 to 24 of contact 10 in campaign 1, of which 22 isn't Ready.
async fn five_records(store: &Fixture) {
    let mut changes = vec![Change::CreateContact(contact(10, &[])), Change::CreateContact(contact(11, &[]))];
    changes.extend((20..25).map(|number| Change::CreateRecord(record(number, id(10), id(1)))));
    changes.push(Change::CreateRecord(record(30, id(11), id(1))));
    changes.push(transition(id(22), id(10), RecordState::Ready, RecordState::Cancelled));
    store.put(changes).await;
}

fn numbers(answer: Answer) -> Option<Vec<u128>> {
    let Answer::Ready(rows) = answer else { panic!("another answer") };
    rows.map(|rows| rows.iter().map(|row| row.id.as_u128()).collect())
}

async fn ready_records_are_paged_oldest_first(store: &Fixture) {
    five_records(store).await;
    let page = |after: Option<u128>, limit| {
        store.answer(Lookup::ReadyPage { contact: id(10), campaign: id(1), after: after.map(id), limit })
    };
    assert_eq!(numbers(page(None, 2).await), Some(vec![20, 21]));
    assert_eq!(numbers(page(Some(21), 2).await), Some(vec![23, 24]));
    assert_eq!(numbers(page(Some(22), 1).await), Some(vec![23]));
    assert_eq!(numbers(page(Some(24), 9).await), Some(vec![]));
    assert_eq!(numbers(page(None, 0).await), Some(vec![]));
    assert_eq!(numbers(page(Some(30), 9).await), None);
    assert_eq!(numbers(page(Some(99), 9).await), None);
}

async fn the_latest_ready_records_come_newest_first(store: &Fixture) {
    five_records(store).await;
    let latest = |limit| store.answer(Lookup::LatestReady { contact: id(10), campaign: id(1), limit });
    assert_eq!(numbers(latest(3).await), Some(vec![24, 23, 21]));
    assert_eq!(numbers(latest(0).await), Some(vec![]));
}

async fn a_replaced_record_keeps_id_creation_and_run(store: &Fixture) {
    store.put(vec![Change::CreateContact(contact(10, &[])), Change::CreateRecord(record(20, id(10), id(1)))]).await;
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
    store.put(vec![Change::ReplaceRecord(pretender)]).await;
    assert_eq!(store.record(20).await, Some(new));
    assert_eq!(store.log(20).await.len(), 1);
}

async fn only_a_ready_record_of_the_same_contact_is_replaced(store: &Fixture) {
    five_records(store).await;
    for other in [record(22, id(10), id(1)), record(20, id(11), id(1)), record(20, id(10), id(2))] {
        assert_eq!(store.commit(vec![Change::ReplaceRecord(other)]).await, Verdict::Stale);
    }
}

async fn a_transition_happens_once_and_is_logged(store: &Fixture) {
    store.put(vec![Change::CreateContact(contact(10, &[])), Change::CreateRecord(record(20, id(10), id(1)))]).await;
    let cancel = || commit(vec![transition(id(20), id(10), RecordState::Ready, RecordState::Cancelled)]);
    let of_another = commit(vec![transition(id(20), id(11), RecordState::Ready, RecordState::Cancelled)]);
    assert_eq!(
        store.commit_all(vec![of_another, cancel(), cancel()]).await,
        [Verdict::Stale, Verdict::Done, Verdict::Stale]
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

async fn a_record_that_is_ready_again_has_a_new_run(store: &Fixture) {
    five_records(store).await;
    store.put(vec![transition(id(22), id(10), RecordState::Cancelled, RecordState::Ready)]).await;
    let again = store.record(22).await.unwrap();
    assert_eq!((again.state, again.run), (RecordState::Ready, 2));
    let runs: Vec<_> = store.log(22).await.iter().map(|entry| entry.run).collect();
    assert_eq!(runs, [1, 1, 2]);
    let page = Lookup::ReadyPage { contact: id(10), campaign: id(1), after: None, limit: 9 };
    assert_eq!(numbers(store.answer(page).await), Some(vec![20, 21, 22, 23, 24]));
}

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

fn correlated(number: u128, slot: usize, value: &str, addresses: &[(&str, &str)]) -> Change {
    let mut contact = contact(number, addresses);
    contact.correlators[slot] = Some(value.to_owned());
    Change::CreateContact(contact)
}

async fn linked_to(store: &Fixture, number: u128, channel: &str) -> Option<u128> {
    let answer = store.answer(Lookup::Linked { contact: id(number), channel: channel.to_owned() }).await;
    let Answer::Contact(found) = answer else { panic!("another answer") };
    found.map(|found| found.contact.id.as_u128())
}

async fn linked_is_the_oldest_in_the_channel(store: &Fixture) {
    store
        .put(vec![
            correlated(13, 0, "1-9", &[("widget", "a")]),
            correlated(12, 1, "1-9", &[("whatsapp", "+1")]),
            correlated(11, 0, "1-9", &[("whatsapp", "+2"), ("voice", "+2")]),
            correlated(10, 0, "1-9", &[("whatsapp", "+3")]),
        ])
        .await;
    assert_eq!(linked_to(store, 13, "whatsapp").await, Some(11));
    assert_eq!(linked_to(store, 11, "whatsapp").await, Some(10));
    assert_eq!(linked_to(store, 11, "widget").await, Some(13));
    assert_eq!(linked_to(store, 13, "widget").await, None);
    assert_eq!(linked_to(store, 12, "widget").await, None);
    assert_eq!(linked_to(store, 99, "widget").await, None);
}

async fn a_link_follows_its_correlator(store: &Fixture) {
    store.put(vec![correlated(10, 0, "a", &[("widget", "a")]), correlated(11, 0, "b", &[("whatsapp", "+1")])]).await;
    let update = |value: &str, new_addresses| Change::UpdateContact {
        id: id(10),
        name: "Ana".to_owned(),
        correlators: [Some(value.to_owned()), None, None],
        new_addresses,
        updated_at: at(9),
    };
    store.put(vec![update("b", vec![])]).await;
    assert_eq!(linked_to(store, 11, "widget").await, Some(10));
    assert_eq!(linked_to(store, 11, "voice").await, None);
    store.put(vec![update("b", contact(0, &[("voice", "+2")]).addresses)]).await;
    assert_eq!(linked_to(store, 11, "voice").await, Some(10));
    store.put(vec![update("c", vec![])]).await;
    assert_eq!(linked_to(store, 11, "widget").await, None);
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
    let request = ReadRequest { tenant: "other".to_owned(), known_version: None, now: at(0), lookups };
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

async fn many_things_go_into_one_commit(store: &Fixture) {
    let mut changes = vec![Change::CreateContact(contact(10, &[]))];
    changes.extend((0..2_500).map(|number| Change::CreateRecord(record(1_000 + number, id(10), id(1)))));
    store.put(changes).await;
    let mut all = Vec::new();
    loop {
        let page =
            Lookup::ReadyPage { contact: id(10), campaign: id(1), after: all.last().copied().map(id), limit: 999 };
        let more = numbers(store.answer(page).await).unwrap();
        if more.is_empty() {
            break;
        }
        all.extend(more);
    }
    assert!(all.iter().copied().eq(1_000..3_500));
    let lookups: Vec<_> = (1_000..3_500).map(|number| Lookup::Record(id(number))).collect();
    let answers = store.read(lookups).await.answers;
    assert!(answers.iter().all(|answer| matches!(answer, Answer::Record(Some(_)))));
}
