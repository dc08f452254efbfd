use crate::Fixture;
use chrono::{DateTime, Utc};
use flowhost_store::{AccessKey, AccessKeys, KeyOwner, Role};
use uuid::Uuid;

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 123_000).unwrap()
}

fn key(id: &str, tenant: Option<&str>) -> AccessKey {
    AccessKey {
        id: id.to_owned(),
        tenant: tenant.map(str::to_owned),
        name: "bot".to_owned(),
        role: if tenant.is_some() { Role::Runtime } else { Role::Operator },
        campaigns: None,
        rate_limit: None,
        hash: [7; 32],
        created_at: time(1_000),
        created_by: "cli:ana".to_owned(),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

fn keys(fixture: &Fixture) -> &dyn AccessKeys {
    fixture.store.access_keys().expect("the store has access keys")
}

pub async fn a_key_is_read_back_as_it_was_created(fixture: &Fixture) {
    let editor = AccessKey {
        role: Role::Editor,
        campaigns: Some(vec![Uuid::from_u128(1), Uuid::from_u128(2)]),
        rate_limit: Some(u32::MAX),
        expires_at: Some(time(2_000)),
        name: "Ana's \u{1f511}\" key".to_owned(),
        ..key("b", Some("acme"))
    };
    for created in [&editor, &key("a", None)] {
        assert!(keys(fixture).create_key(created).await.unwrap());
        assert!(!keys(fixture).create_key(created).await.unwrap());
    }
    let ids = ["b", "none", "a"].map(str::to_owned);
    let mut found = keys(fixture).find_keys(&ids).await.unwrap();
    found.sort_by(|left, right| left.id.cmp(&right.id));
    assert_eq!(found, [key("a", None), editor]);
    assert_eq!(keys(fixture).find_keys(&[]).await.unwrap(), []);
}

pub async fn keys_are_listed_by_owner_in_pages(fixture: &Fixture) {
    for (id, tenant) in
        [("d", Some("acme")), ("a", Some("acme")), ("b", None), ("c", Some("other")), ("e", Some("acme"))]
    {
        assert!(keys(fixture).create_key(&key(id, tenant)).await.unwrap());
    }
    let acme = KeyOwner::Tenant("acme".to_owned());
    for (owner, after, limit, expected) in [
        (Some(&acme), None, 10, &["a", "d", "e"][..]),
        (Some(&acme), None, 2, &["a", "d"]),
        (Some(&acme), Some("a"), 1, &["d"]),
        // The key at which a page ended may be gone.
        (Some(&acme), Some("c"), 10, &["d", "e"]),
        (Some(&KeyOwner::Operators), None, 10, &["b"]),
        (None, None, 10, &["a", "b", "c", "d", "e"]),
        (None, Some("e"), 10, &[]),
    ] {
        let listed = keys(fixture).list_keys(owner, after, limit).await.unwrap();
        assert_eq!(listed.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), expected, "{owner:?} {after:?}");
    }
}

pub async fn a_key_is_revoked_once_and_by_its_owner(fixture: &Fixture) {
    assert!(keys(fixture).create_key(&key("a", Some("acme"))).await.unwrap());
    assert!(keys(fixture).create_key(&key("o", None)).await.unwrap());
    let (acme, other) = (KeyOwner::Tenant("acme".to_owned()), KeyOwner::Tenant("other".to_owned()));
    for (owner, id, revoked) in [
        (Some(&other), "a", false),
        (Some(&KeyOwner::Operators), "a", false),
        (Some(&acme), "o", false),
        (Some(&acme), "none", false),
        (Some(&acme), "a", true),
        (Some(&acme), "a", false),
        (None, "o", true),
    ] {
        assert_eq!(keys(fixture).revoke_key(owner, id, time(3_000)).await.unwrap(), revoked, "{owner:?} {id}");
    }
    let found = keys(fixture).find_keys(&["a".to_owned()]).await.unwrap();
    assert_eq!(found[0].revoked_at, Some(time(3_000)));
}

pub async fn the_last_use_of_many_keys_is_stored(fixture: &Fixture) {
    for id in ["a", "b", "c"] {
        assert!(keys(fixture).create_key(&key(id, Some("acme"))).await.unwrap());
    }
    let used = [("a".to_owned(), time(60)), ("none".to_owned(), time(60)), ("c".to_owned(), time(120))];
    keys(fixture).touch_keys(&used).await.unwrap();
    keys(fixture).touch_keys(&[]).await.unwrap();
    let listed = keys(fixture).list_keys(None, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|key| key.last_used_at).collect::<Vec<_>>(), [Some(time(60)), None, Some(time(120))]);
}
