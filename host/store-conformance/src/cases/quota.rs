//! The quota of a tenant's stored bytes.

use crate::Fixture;
use crate::samples::*;
use flowhost_domain::*;
use flowhost_store::*;

fn commit_with_quota(quota: u64, changes: Vec<Change>) -> CommitRequest {
    CommitRequest { quota: Some(quota), ..commit(changes) }
}

fn contact_with_name(number: u128, name: &str) -> Change {
    Change::CreateContact(Contact { name: name.to_owned(), ..contact(number, &[("widget", &number.to_string())]) })
}

/// Whether the quota permits a key with an outcome of `bytes` bytes.
async fn has_room(store: &Fixture, quota: u64, bytes: usize) -> bool {
    let key =
        NewIdempotencyRecord { ttl: std::time::Duration::ZERO, ..new_idempotency_record("probe", &"x".repeat(bytes)) };
    let verdict = store
        .commit_all(vec![CommitRequest { idempotency_record: Some(key), ..commit_with_quota(quota, vec![]) }])
        .await
        .remove(0);
    assert!([CommitOutcome::Committed, CommitOutcome::QuotaExceeded].contains(&verdict), "{verdict:?}");
    verdict == CommitOutcome::Committed
}

pub async fn a_commit_beyond_the_quota_leaves_no_trace(store: &Fixture) {
    let mut large = commit_with_quota(
        10_000,
        vec![contact_with_name(10, &"x".repeat(10_000)), Change::CreateRecord(record(20, id(10), id(1)))],
    );
    large.idempotency_record = Some(new_idempotency_record("k", "{}"));
    assert_eq!(store.commit_all(vec![large.clone()]).await, [CommitOutcome::QuotaExceeded]);
    assert!(store.contact(10).await.is_none() && store.record(20).await.is_none());
    assert_eq!(store.lookup(Lookup::IdempotencyKey("k".to_owned())).await, LookupResult::IdempotencyKey(None));
    assert_eq!(store.lookup(Lookup::Address("widget".to_owned(), "10".to_owned())).await, LookupResult::Contact(None));
    large.quota = Some(20_000);
    assert_eq!(store.commit_all(vec![large]).await, [CommitOutcome::Committed]);
}

pub async fn a_batch_is_rejected_from_the_quota_on(store: &Fixture) {
    let create = |number| commit_with_quota(3_000, vec![contact_with_name(number, &"x".repeat(1_000))]);
    let small = commit_with_quota(3_000, vec![contact_with_name(13, "")]);
    let verdicts = store.commit_all(vec![create(10), create(11), create(12), small]).await;
    assert_eq!(
        verdicts,
        [CommitOutcome::Committed, CommitOutcome::Committed, CommitOutcome::QuotaExceeded, CommitOutcome::Committed]
    );
}

pub async fn changes_that_add_nothing_ignore_the_quota(store: &Fixture) {
    let mut ana = contact(10, &[]);
    ana.dnd = vec![dnd(Scope::Campaign(id(1)))];
    store.commit_ok(vec![Change::CreateContact(ana), Change::CreateRecord(record(20, id(10), id(1)))]).await;
    let leave = Change::RemoveDnd { contact: id(10), scope: Scope::Campaign(id(1)) };
    let shorten = Change::ReplaceRecord(Record { message: None, ..record(20, id(10), id(1)) });
    let lengthen = Change::ReplaceRecord(Record { message: Some("x".repeat(100)), ..record(20, id(10), id(1)) });
    let verdicts = store
        .commit_all(vec![
            commit_with_quota(0, vec![lengthen]),
            commit_with_quota(0, vec![leave]),
            commit_with_quota(0, vec![shorten]),
        ])
        .await;
    assert_eq!(verdicts, [CommitOutcome::QuotaExceeded, CommitOutcome::Committed, CommitOutcome::Committed]);
}

pub async fn replaced_and_removed_bytes_are_not_counted(store: &Fixture) {
    store.commit_ok(vec![contact_with_name(10, "Ana"), Change::CreateRecord(record(20, id(10), id(1)))]).await;
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
        store.commit_ok(vec![large.clone()]).await;
        assert!(!has_room(store, 11_000, 8_000).await, "after {large:?}");
        // The same change again adds nothing.
        assert_eq!(store.commit_all(vec![commit_with_quota(0, vec![large.clone()])]).await, [CommitOutcome::Committed]);
        let leave = Change::RemoveDnd { contact: id(10), scope: entry.scope.clone() };
        store.commit_ok(vec![rename(String::new()), say(String::new()), leave]).await;
    }
}

pub async fn quotas_are_per_tenant(store: &Fixture) {
    let other = ConfigurationChange { tenant: tenant("other"), campaigns: vec![], version: 0 };
    assert!(store.store.configure(&[other]).await.unwrap());
    store.commit_ok(vec![contact_with_name(10, &"x".repeat(10_000))]).await;
    let mut theirs = commit_with_quota(2_000, vec![contact_with_name(10, &"x".repeat(1_000))]);
    theirs.tenant = "other".to_owned();
    let ours = commit_with_quota(2_000, vec![contact_with_name(11, "")]);
    assert_eq!(store.commit_all(vec![ours, theirs]).await, [CommitOutcome::QuotaExceeded, CommitOutcome::Committed]);
}
