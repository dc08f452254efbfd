//! The quota of a tenant's stored bytes.

use crate::on_every_store;
use crate::things::*;
use flowhost::domain::*;
use flowhost::store::*;

on_every_store![
    a_commit_beyond_the_quota_leaves_no_trace,
    a_batch_meets_the_quota_where_it_is_full,
    what_adds_nothing_is_done_beyond_the_quota,
    what_is_replaced_or_removed_counts_no_more,
    a_quota_is_a_tenants_own,
];

fn within(quota: u64, changes: Vec<Change>) -> Commit {
    Commit { quota: Some(quota), ..commit(changes) }
}

fn named(number: u128, name: &str) -> Change {
    Change::CreateContact(Contact { name: name.to_owned(), ..contact(number, &[("widget", &number.to_string())]) })
}

/// Whether a key with an outcome of so many bytes has room.
async fn has_room(store: &Fixture, quota: u64, bytes: usize) -> bool {
    let key = KeyedOutcome { lifetime: std::time::Duration::ZERO, ..keyed("probe", &"x".repeat(bytes)) };
    let verdict = store.commit_all(vec![Commit { key: Some(key), ..within(quota, vec![]) }]).await.remove(0);
    assert!([Verdict::Done, Verdict::OverQuota].contains(&verdict), "{verdict:?}");
    verdict == Verdict::Done
}

async fn a_commit_beyond_the_quota_leaves_no_trace(store: &Fixture) {
    let mut large =
        within(10_000, vec![named(10, &"x".repeat(10_000)), Change::CreateRecord(record(20, id(10), id(1)))]);
    large.key = Some(keyed("k", "{}"));
    assert_eq!(store.commit_all(vec![large.clone()]).await, [Verdict::OverQuota]);
    assert!(store.contact(10).await.is_none() && store.record(20).await.is_none());
    assert_eq!(store.answer(Lookup::Key("k".to_owned())).await, Answer::Key(None));
    assert_eq!(store.answer(Lookup::Address("widget".to_owned(), "10".to_owned())).await, Answer::Contact(None));
    large.quota = Some(20_000);
    assert_eq!(store.commit_all(vec![large]).await, [Verdict::Done]);
}

async fn a_batch_meets_the_quota_where_it_is_full(store: &Fixture) {
    let create = |number| within(3_000, vec![named(number, &"x".repeat(1_000))]);
    let small = within(3_000, vec![named(13, "")]);
    let verdicts = store.commit_all(vec![create(10), create(11), create(12), small]).await;
    assert_eq!(verdicts, [Verdict::Done, Verdict::Done, Verdict::OverQuota, Verdict::Done]);
}

async fn what_adds_nothing_is_done_beyond_the_quota(store: &Fixture) {
    let mut ana = contact(10, &[]);
    ana.dnd = vec![dnd(Scope::Campaign(id(1)))];
    store.put(vec![Change::CreateContact(ana), Change::CreateRecord(record(20, id(10), id(1)))]).await;
    let leave = Change::RemoveDnd { contact: id(10), scope: Scope::Campaign(id(1)) };
    let shorten = Change::ReplaceRecord(Record { message: None, ..record(20, id(10), id(1)) });
    let lengthen = Change::ReplaceRecord(Record { message: Some("x".repeat(100)), ..record(20, id(10), id(1)) });
    let verdicts =
        store.commit_all(vec![within(0, vec![lengthen]), within(0, vec![leave]), within(0, vec![shorten])]).await;
    assert_eq!(verdicts, [Verdict::OverQuota, Verdict::Done, Verdict::Done]);
}

async fn what_is_replaced_or_removed_counts_no_more(store: &Fixture) {
    store.put(vec![named(10, "Ana"), Change::CreateRecord(record(20, id(10), id(1)))]).await;
    let rename = |name: String| Change::UpdateContact {
        id: id(10),
        name,
        correlators: [None, None, None],
        new_addresses: vec![],
        updated_at: at(5),
    };
    let say = |message: String| Change::ReplaceRecord(Record { message: Some(message), ..record(20, id(10), id(1)) });
    let reason = Some("x".repeat(10_000));
    let entry = DndEntry { reason, ..dnd(Scope::Category("Test".to_owned())) };
    let join = || Change::AddDnd { contact: id(10), entry: entry.clone() };
    for large in [rename("x".repeat(10_000)), say("x".repeat(10_000)), join()] {
        assert!(has_room(store, 11_000, 8_000).await, "before {large:?}");
        store.put(vec![large.clone()]).await;
        assert!(!has_room(store, 11_000, 8_000).await, "after {large:?}");
        // The same change again adds nothing.
        assert_eq!(store.commit_all(vec![within(0, vec![large.clone()])]).await, [Verdict::Done]);
        let leave = Change::RemoveDnd { contact: id(10), scope: entry.scope.clone() };
        store.put(vec![rename(String::new()), say(String::new()), leave]).await;
    }
}

async fn a_quota_is_a_tenants_own(store: &Fixture) {
    let other = ConfigurationChange { tenant: tenant("other"), campaigns: vec![], version: 0 };
    assert!(store.store.configure(&[other]).await.unwrap());
    store.put(vec![named(10, &"x".repeat(10_000))]).await;
    let mut theirs = within(2_000, vec![named(10, &"x".repeat(1_000))]);
    theirs.tenant = "other".to_owned();
    let ours = within(2_000, vec![named(11, "")]);
    assert_eq!(store.commit_all(vec![ours, theirs]).await, [Verdict::OverQuota, Verdict::Done]);
}
