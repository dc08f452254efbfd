//! Contacts, their addresses, do-not-disturb entries and links.

use crate::Fixture;
use crate::samples::*;
use flowhost_domain::*;
use flowhost_store::*;

pub async fn a_contact_is_read_back_as_it_was_written(store: &Fixture) {
    let mut ana = contact(10, &[("voice", "+56911"), ("whatsapp", "+56911")]);
    ana.correlators = [Some("1-9".to_owned()), None, Some("x".to_owned())];
    ana.dnd = vec![dnd(Scope::Campaign(id(1))), dnd(Scope::Category("Other".to_owned()))];
    store.commit_ok(vec![Change::CreateContact(ana.clone())]).await;
    assert_eq!(store.contact(10).await.unwrap(), VersionedContact { contact: ana.into(), version: 1 });
}

pub async fn an_address_finds_its_contact(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[("whatsapp", "+56911")]))]).await;
    let found = store.lookup(Lookup::Address("whatsapp".to_owned(), "+56911".to_owned())).await;
    assert_eq!(found, LookupResult::Contact(store.contact(10).await));
    let other = store.lookup(Lookup::Address("voice".to_owned(), "+56911".to_owned())).await;
    assert_eq!(other, LookupResult::Contact(None));
}

pub async fn an_address_belongs_to_one_contact(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[("whatsapp", "+56911")]))]).await;
    let same = Change::CreateContact(contact(11, &[("voice", "+56911"), ("whatsapp", "+56911")]));
    assert_eq!(store.commit(vec![same]).await, CommitOutcome::Conflict);
    assert_eq!(store.contact(11).await, None);
    let mut reader = commit(vec![]);
    reader.reads.unclaimed_addresses = vec![("whatsapp".to_owned(), "+56911".to_owned())];
    assert_eq!(store.commit_all(vec![reader]).await, [CommitOutcome::Conflict]);
}

pub async fn an_update_keeps_addresses_and_adds_new_ones(store: &Fixture) {
    let mut ana = contact(10, &[("whatsapp", "+56911")]);
    store.commit_ok(vec![Change::CreateContact(ana.clone())]).await;
    let added = contact(0, &[("voice", "+56911")]).addresses;
    let update = Change::UpdateContact {
        id: id(10),
        name: "Ana".to_owned(),
        correlators: [Some("1-9".to_owned()), None, None],
        new_addresses: added.clone(),
        updated_at: at(9),
    };
    store.commit_ok(vec![update]).await;
    ana.name = "Ana".to_owned();
    ana.correlators = [Some("1-9".to_owned()), None, None];
    ana.addresses.insert(0, added[0].clone());
    ana.updated_at = at(9);
    assert_eq!(store.contact(10).await.unwrap(), VersionedContact { contact: ana.into(), version: 2 });
    let found = store.lookup(Lookup::Address("voice".to_owned(), "+56911".to_owned())).await;
    assert_eq!(found, LookupResult::Contact(store.contact(10).await));
}

pub async fn a_second_address_in_a_channel_conflicts(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[("whatsapp", "+56911")]))]).await;
    let update = Change::UpdateContact {
        id: id(10),
        name: String::new(),
        correlators: [None, None, None],
        new_addresses: contact(0, &[("whatsapp", "+56922")]).addresses,
        updated_at: at(9),
    };
    assert_eq!(store.commit(vec![update]).await, CommitOutcome::Conflict);
    let twice = contact(11, &[("widget", "a"), ("widget", "b")]);
    assert_eq!(store.commit(vec![Change::CreateContact(twice)]).await, CommitOutcome::Conflict);
}

pub async fn dnd_entries_are_added_and_removed(store: &Fixture) {
    store.commit_ok(vec![Change::CreateContact(contact(10, &[]))]).await;
    let scope = Scope::Category("Test".to_owned());
    let first = dnd(scope.clone());
    let second = DndEntry { actor: "another".to_owned(), ..first.clone() };
    store.commit_ok(vec![Change::AddDnd { contact: id(10), entry: first.clone() }]).await;
    store.commit_ok(vec![Change::AddDnd { contact: id(10), entry: second.clone() }]).await;
    assert_eq!(store.contact(10).await.unwrap().contact.dnd, [first]);
    let remove = Change::RemoveDnd { contact: id(10), scope };
    store.commit_ok(vec![remove.clone(), Change::AddDnd { contact: id(10), entry: second.clone() }]).await;
    assert_eq!(store.contact(10).await.unwrap().contact.dnd, [second]);
    store.commit_ok(vec![remove.clone()]).await;
    store.commit_ok(vec![remove]).await;
    assert_eq!(store.contact(10).await.unwrap().contact.dnd, []);
}

pub async fn a_campaigns_entry_has_the_category_that_the_campaign_has_now(store: &Fixture) {
    let mut ana = contact(10, &[]);
    ana.dnd = vec![DndEntry { category: "Before".to_owned(), ..dnd(Scope::Campaign(id(1))) }];
    store.commit_ok(vec![Change::CreateContact(ana)]).await;
    assert_eq!(store.contact(10).await.unwrap().contact.dnd[0].category, "Test");
    let campaigns = vec![campaign(TENANT, 1, "Moved")];
    assert!(
        store.store.configure(&[ConfigurationChange { tenant: tenant(TENANT), campaigns, version: 1 }]).await.unwrap()
    );
    assert_eq!(store.contact(10).await.unwrap().contact.dnd[0].category, "Moved");
}

fn correlated(number: u128, slot: usize, value: &str, addresses: &[(&str, &str)]) -> Change {
    let mut contact = contact(number, addresses);
    contact.correlators[slot] = Some(value.to_owned());
    Change::CreateContact(contact)
}

async fn linked_contact(store: &Fixture, number: u128, channel: &str) -> Option<u128> {
    let answer = store.lookup(Lookup::LinkedContact { contact: id(number), channel: channel.to_owned() }).await;
    let LookupResult::Contact(found) = answer else { panic!("another answer") };
    found.map(|found| found.contact.id.as_u128())
}

pub async fn linked_is_the_oldest_in_the_channel(store: &Fixture) {
    store
        .commit_ok(vec![
            correlated(13, 0, "1-9", &[("widget", "a")]),
            correlated(12, 1, "1-9", &[("whatsapp", "+1")]),
            correlated(11, 0, "1-9", &[("whatsapp", "+2"), ("voice", "+2")]),
            correlated(10, 0, "1-9", &[("whatsapp", "+3")]),
        ])
        .await;
    assert_eq!(linked_contact(store, 13, "whatsapp").await, Some(11));
    assert_eq!(linked_contact(store, 11, "whatsapp").await, Some(10));
    assert_eq!(linked_contact(store, 11, "widget").await, Some(13));
    assert_eq!(linked_contact(store, 13, "widget").await, None);
    assert_eq!(linked_contact(store, 12, "widget").await, None);
    assert_eq!(linked_contact(store, 99, "widget").await, None);
}

pub async fn a_link_follows_its_correlator(store: &Fixture) {
    store
        .commit_ok(vec![correlated(10, 0, "a", &[("widget", "a")]), correlated(11, 0, "b", &[("whatsapp", "+1")])])
        .await;
    let update = |value: &str, new_addresses| Change::UpdateContact {
        id: id(10),
        name: "Ana".to_owned(),
        correlators: [Some(value.to_owned()), None, None],
        new_addresses,
        updated_at: at(9),
    };
    store.commit_ok(vec![update("b", vec![])]).await;
    assert_eq!(linked_contact(store, 11, "widget").await, Some(10));
    assert_eq!(linked_contact(store, 11, "voice").await, None);
    store.commit_ok(vec![update("b", contact(0, &[("voice", "+2")]).addresses)]).await;
    assert_eq!(linked_contact(store, 11, "voice").await, Some(10));
    store.commit_ok(vec![update("c", vec![])]).await;
    assert_eq!(linked_contact(store, 11, "widget").await, None);
}
