//! Tenants, contacts and records for tests, and stores that contain them.

use chrono::{DateTime, TimeDelta, Utc};
use flowhost::domain::record::Schedule;
use flowhost::domain::*;
use flowhost::store::*;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Mutex;
use uuid::Uuid;

pub(crate) const TENANT: &str = "acme";

/// The time `seconds` after a fixed start.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn tenant(id: &str) -> Tenant {
    let channel = |name: &str, identifier, can_send| Channel { name: name.to_owned(), identifier, can_send };
    Tenant {
        id: id.to_owned(),
        name: format!("Tenant {id}"),
        time_zone: chrono_tz::America::Santiago,
        phone_region: "CL".to_owned(),
        default_intention: "menu".to_owned(),
        channels: vec![
            channel("whatsapp", IdentifierKind::Phone, true),
            channel("widget", IdentifierKind::Opaque, false),
        ],
        quota_campaigns: None,
    }
}

pub(crate) fn campaign(tenant: &str, number: u128, category: &str) -> Campaign {
    Campaign {
        id: id(number),
        tenant: tenant.to_owned(),
        name: format!("Campaign {number}"),
        kind: CampaignKind::Multiple,
        mode: CampaignMode::AlwaysOn,
        category: category.to_owned(),
        valid_until: Some(Validity::Day("2027-01-31".parse().unwrap())),
        validity_hours: 24,
        intention: "pay".to_owned(),
        starts_at: Some(at(0)),
        ends_at: None,
        grace_minutes: 60,
    }
}

pub(crate) fn contact(number: u128, addresses: &[(&str, &str)]) -> Contact {
    let address = |(channel, identifier): &(&str, &str)| Address {
        channel: (*channel).to_owned(),
        identifier: (*identifier).to_owned(),
        typed: format!(" {identifier}"),
    };
    Contact {
        id: id(number),
        name: format!("Contact {number}"),
        correlators: [None, None, None],
        addresses: addresses.iter().map(address).collect(),
        dnd: Vec::new(),
        created_at: at(1),
        updated_at: at(1),
    }
}

pub(crate) fn record(number: u128, contact: Uuid, campaign: Uuid) -> Record {
    Record {
        id: id(number),
        campaign,
        contact,
        state: RecordState::Ready,
        internal: false,
        depth: 0,
        schedule: Some(Schedule { at: at(3_600), text: "01/02/2027 10:00:00".to_owned() }),
        message: Some(format!("Message {number}")),
        template: None,
        data: "{}".to_owned(),
        run: 1,
        created_at: at(2),
        updated_at: at(2),
    }
}

pub(crate) fn dnd(scope: Scope) -> DndEntry {
    let category = match &scope {
        Scope::Category(category) => category.clone(),
        Scope::Campaign(_) => "Test".to_owned(),
    };
    DndEntry { scope, category, at: at(3), actor: "action/session".to_owned(), reason: Some("asked".to_owned()) }
}

pub(crate) fn transition(record: Uuid, contact: Uuid, from: RecordState, to: RecordState) -> Change {
    Change::Transition { record, contact, from, to, at: at(4), note: Some("why".to_owned()) }
}

/// A commit of [`TENANT`] with an empty read set.
pub(crate) fn commit(changes: Vec<Change>) -> CommitRequest {
    CommitRequest {
        tenant: TENANT.to_owned(),
        reads: ReadSet::default(),
        changes,
        idempotency_record: None,
        now: at(0),
        quota: None,
    }
}

pub(crate) fn new_idempotency_record(key: &str, outcome: &str) -> NewIdempotencyRecord {
    let lifetime = Duration::from_secs(100);
    NewIdempotencyRecord { key: key.to_owned(), fingerprint: [7; 32], outcome: outcome.to_owned(), ttl: lifetime }
}

/// A clock that a test sets. It starts at [`at`] 0.
#[derive(Debug, Default)]
pub(crate) struct ManualClock(std::sync::Mutex<(TimeDelta, Duration)>);

impl ManualClock {
    /// Advances the time of day and the elapsed time.
    pub(crate) fn advance(&self, seconds: u32) {
        self.0.lock().unwrap().1 += Duration::from_secs(seconds.into());
    }

    /// Changes the time of day only, like an administrator who sets the clock.
    pub(crate) fn jump(&self, by: TimeDelta) {
        self.0.lock().unwrap().0 += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        let (set, elapsed) = *self.0.lock().unwrap();
        at(0) + set + elapsed
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().1
    }
}

/// A store with tenant `acme`. Its campaigns are 1 and 2 of category Test, and 3 of category Other.
pub(crate) struct Fixture {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) committer: Mutex<Box<dyn Committer>>,
    pub(crate) folder: Option<TempDir>,
    pub(crate) clock: Arc<ManualClock>,
}

impl Fixture {
    pub(crate) async fn memory() -> Self {
        let clock = Arc::<ManualClock>::default();
        let store = MemoryStore::with_clock(Arc::<ManualClock>::clone(&clock));
        Self { clock, ..Self::filled(Arc::new(store), None).await }
    }

    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::<ManualClock>::default();
        let store = open_with(&folder, Arc::<ManualClock>::clone(&clock)).await;
        Self { clock, ..Self::filled(Arc::new(store), Some(folder)).await }
    }

    pub(crate) async fn empty(store: Arc<dyn Store>, folder: Option<TempDir>) -> Self {
        let reader = Arc::from(store.reader().await.unwrap());
        let committer = Mutex::new(store.committer().await.unwrap());
        Self { store, reader, committer, folder, clock: Arc::default() }
    }

    async fn filled(store: Arc<dyn Store>, folder: Option<TempDir>) -> Self {
        let campaigns = vec![campaign(TENANT, 1, "Test"), campaign(TENANT, 2, "Test"), campaign(TENANT, 3, "Other")];
        let change = ConfigurationChange { tenant: tenant(TENANT), campaigns, version: 0 };
        assert!(store.configure(&[change]).await.unwrap());
        Self::empty(store, folder).await
    }

    pub(crate) async fn commit(&self, changes: Vec<Change>) -> CommitOutcome {
        self.commit_all(vec![commit(changes)]).await.pop().unwrap()
    }

    pub(crate) async fn commit_all(&self, batch: Vec<CommitRequest>) -> Vec<CommitOutcome> {
        self.committer.lock().await.commit(&batch).await.unwrap()
    }

    /// Commits the changes and asserts that the store accepts them.
    pub(crate) async fn commit_ok(&self, changes: Vec<Change>) {
        assert_eq!(self.commit(changes).await, CommitOutcome::Committed);
    }

    pub(crate) async fn read(&self, lookups: Vec<Lookup>) -> Snapshot {
        let request = ReadRequest { tenant: TENANT.to_owned(), known_version: None, lookups };
        self.reader.read(&request).await.unwrap()
    }

    pub(crate) async fn lookup(&self, lookup: Lookup) -> LookupResult {
        self.read(vec![lookup]).await.results.remove(0)
    }

    pub(crate) async fn contact(&self, number: u128) -> Option<VersionedContact> {
        let LookupResult::Contact(found) = self.lookup(Lookup::Contact(id(number))).await else {
            panic!("another answer")
        };
        found
    }

    pub(crate) async fn record(&self, number: u128) -> Option<Record> {
        let LookupResult::Record(found) = self.lookup(Lookup::Record(id(number))).await else {
            panic!("another answer")
        };
        found.map(|(record, _)| (*record).clone())
    }

    pub(crate) async fn log(&self, number: u128) -> Vec<LogEntry> {
        self.store.record_log(TENANT, id(number)).await.unwrap()
    }

    pub(crate) fn transaction(&self) -> Transaction {
        Transaction::new(self.reader.clone(), TENANT, at(10), None)
    }
}

/// Opens the store of a test's folder.
pub(crate) async fn open(folder: &TempDir) -> SqliteStore {
    open_with(folder, Arc::new(SystemClock)).await
}

/// Opens the store of a test's folder with this clock.
pub(crate) async fn open_with(folder: &TempDir, clock: Arc<dyn Clock>) -> SqliteStore {
    let options = SqliteOptions { synchronous: sqlite::Synchronous::Normal, clock, ..SqliteOptions::default() };
    SqliteStore::open(folder.path().join("store.db"), options).await.unwrap()
}

/// Creates records 20 to 24 of contact 10 in campaign 1; record 22 is not Ready. Record 30 belongs to contact 11.
pub(crate) async fn five_records(store: &Fixture) {
    let mut changes = vec![Change::CreateContact(contact(10, &[])), Change::CreateContact(contact(11, &[]))];
    changes.extend((20..25).map(|number| Change::CreateRecord(record(number, id(10), id(1)))));
    changes.push(Change::CreateRecord(record(30, id(11), id(1))));
    changes.push(transition(id(22), id(10), RecordState::Ready, RecordState::Cancelled));
    store.commit_ok(changes).await;
}

/// The numbers of a page's records.
pub(crate) fn record_numbers(answer: LookupResult) -> Option<Vec<u128>> {
    let LookupResult::ReadyRecords(rows) = answer else { panic!("another answer") };
    rows.map(|rows| rows.iter().map(|row| row.id.as_u128()).collect())
}
