//! Tests that every statement finds its rows by an index, so that its time does not grow with the file.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::{SqliteOptions, SqliteStore};
use chrono::{DateTime, Utc};
use flowhost_domain::record::Schedule;
use flowhost_domain::*;
use flowhost_store::*;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Row};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

thread_local! {
    static RECORDED_STATEMENTS: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Records a statement that this thread runs.
pub(super) fn record_statement(sql: &str) {
    RECORDED_STATEMENTS.with_borrow_mut(|recorded| recorded.insert(sql.to_owned()));
}

/// Tables and aliases that no statement may scan.
const TABLES: [&str; 20] = [
    "tenants",
    "campaigns",
    "contacts",
    "addresses",
    "links",
    "dnd",
    "records",
    "record_log",
    "keys",
    "usage",
    "u",
    "t",
    "k",
    "c",
    "a",
    "l",
    "d",
    "r",
    "y",
    "e",
];

#[tokio::test]
async fn no_statement_scans_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path, SqliteOptions::default()).await.unwrap();
    run_every_statement(&store).await;

    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let recorded = RECORDED_STATEMENTS.take();
    let statements: BTreeSet<&str> = recorded
        .iter()
        .flat_map(|sql| sql.split(';'))
        .map(str::trim)
        .filter(|statement| !["", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"].contains(statement))
        .collect();
    assert!(statements.len() > 40, "there are only {} statements", statements.len());
    for statement in statements {
        let plan = format!("EXPLAIN QUERY PLAN {statement}");
        for row in connection.fetch_all(AssertSqlSafe(plan)).await.unwrap() {
            let step: String = row.get("detail");
            let scanned = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
            assert!(!scanned.is_some_and(|table| TABLES.contains(&table)), "{step}: {statement}");
            // SQLite builds an automatic index from a whole table.
            assert!(!step.contains("AUTOMATIC"), "{step}: {statement}");
        }
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// Runs every statement of the store.
async fn run_every_statement(store: &SqliteStore) {
    configure(store).await;
    run_every_change(store).await;
    run_every_lookup(store).await;
    run_every_list(store).await;
}

async fn configure(store: &SqliteStore) {
    let tenant = Tenant {
        id: "acme".to_owned(),
        name: String::new(),
        time_zone: chrono_tz::UTC,
        phone_region: "CL".to_owned(),
        default_intention: String::new(),
        channels: Vec::new(),
        quota_campaigns: None,
    };
    let campaign = Campaign {
        id: id(1),
        tenant: tenant.id.clone(),
        name: String::new(),
        kind: CampaignKind::Simple,
        mode: CampaignMode::Manual,
        category: "Test".to_owned(),
        valid_until: None,
        validity_hours: 1,
        intention: String::new(),
        starts_at: None,
        ends_at: None,
        grace_minutes: 0,
    };
    let change = ConfigurationChange { tenant, campaigns: vec![campaign], version: 0 };
    assert!(store.configure(&[change]).await.unwrap());
    store.configuration("acme").await.unwrap();
}

fn contact(number: u128, channel: &str) -> Contact {
    let scope = Scope::Campaign(id(1));
    let entry = DndEntry { scope, category: "Test".to_owned(), at: at(0), actor: String::new(), reason: None };
    Contact {
        id: id(number),
        name: String::new(),
        correlators: [Some("1".to_owned()), None, None],
        addresses: vec![Address { channel: channel.to_owned(), identifier: number.to_string(), typed: String::new() }],
        dnd: vec![entry],
        created_at: at(0),
        updated_at: at(0),
    }
}

fn record(number: u128) -> Record {
    Record {
        id: id(number),
        campaign: id(1),
        contact: id(10),
        state: RecordState::Ready,
        internal: false,
        depth: 0,
        schedule: Some(Schedule { at: at(0), text: String::new() }),
        message: None,
        template: None,
        data: "{}".to_owned(),
        run: 1,
        created_at: at(0),
        updated_at: at(0),
    }
}

async fn run_every_change(store: &SqliteStore) {
    let update = Change::UpdateContact {
        id: id(10),
        name: "Ana".to_owned(),
        correlators: [Some("2".to_owned()), None, None],
        new_addresses: Vec::new(),
        updated_at: at(0),
    };
    let (from, to) = (RecordState::Ready, RecordState::Sent);
    let mut committer = store.committer().await.unwrap();
    for changes in [
        vec![Change::CreateContact(contact(10, "voice")), Change::CreateContact(contact(11, "sms"))],
        vec![Change::CreateRecord(record(20)), Change::CreateRecord(record(21))],
        vec![update, Change::ReplaceRecord(record(20))],
        vec![Change::Transition { record: id(21), contact: id(10), from, to, at: at(0), note: None }],
        vec![Change::RemoveDnd { contact: id(10), scope: Scope::Campaign(id(1)) }],
    ] {
        let outcome = String::new();
        let lifetime = Duration::from_secs(9);
        let key = NewIdempotencyRecord { key: format!("{changes:?}"), fingerprint: [0; 32], outcome, ttl: lifetime };
        let (tenant, reads) = ("acme".to_owned(), ReadSet::default());
        let commit =
            CommitRequest { tenant, reads, changes, idempotency_record: Some(key), now: at(0), quota: Some(1 << 20) };
        assert_eq!(committer.commit(&[commit]).await.unwrap(), [CommitOutcome::Committed]);
    }
}

/// Reads all lookups at once, then each alone.
async fn run_every_lookup(store: &SqliteStore) {
    let (contact, campaign) = (id(10), id(1));
    let lookups = vec![
        Lookup::IdempotencyKey("k".to_owned()),
        Lookup::Campaign(campaign),
        Lookup::Category("Test".to_owned()),
        Lookup::Contact(contact),
        Lookup::Address("voice".to_owned(), "10".to_owned()),
        Lookup::NewestReadyRecord { contact, campaign },
        Lookup::ReadyPage { contact, campaign, after: Some(id(20)), limit: 5 },
        Lookup::LatestReadyRecords { contact, campaign, limit: 5 },
        Lookup::Record(id(20)),
        Lookup::LinkedContact { contact, channel: "sms".to_owned() },
        Lookup::CampaignPage { category: None, after: None, limit: 5 },
        Lookup::CampaignPage { category: Some("Test".to_owned()), after: Some(campaign), limit: 5 },
    ];
    let reader = store.reader().await.unwrap();
    let request = ReadRequest { tenant: "acme".to_owned(), known_version: None, lookups };
    reader.read(&request).await.unwrap();
    for lookup in &request.lookups {
        reader.read(&ReadRequest { lookups: vec![lookup.clone()], ..request.clone() }).await.unwrap();
    }
}

async fn run_every_list(store: &SqliteStore) {
    let all = Filter::default();
    let filters = [
        all.clone(),
        Filter { tenant: Some("acme".to_owned()), ..all.clone() },
        Filter { campaign: Some(id(1)), ..all.clone() },
        Filter { contact: Some(id(10)), ..all.clone() },
        Filter { channel: Some("voice".to_owned()), ..all.clone() },
        Filter { state: Some(RecordState::Ready), ..all.clone() },
        Filter { category: Some("Test".to_owned()), ..all.clone() },
        Filter { linked: Some(id(10)), ..all },
    ];
    let page = |after: Option<String>| Page { after, limit: 9 };
    for filter in &filters {
        for after in [None, Some("acme".to_owned())] {
            store.tenants(filter, &page(after)).await.unwrap();
        }
        for after in [None, Some(id(1).to_string())] {
            store.campaigns(filter, &page(after)).await.unwrap();
        }
        for after in [None, Some(id(10).to_string())] {
            store.contacts(filter, &page(after)).await.unwrap();
        }
        for after in [None, Some(id(20).to_string())] {
            store.records(filter, &page(after)).await.unwrap();
        }
        for after in [None, Some(format!("{}/{}", id(11), id(1))), Some(format!("{}/Test", id(11)))] {
            store.dnd(filter, &page(after)).await.unwrap();
        }
    }
    store.record_log("acme", id(20)).await.unwrap();
}
