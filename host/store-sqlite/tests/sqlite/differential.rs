//! A differential test: the store in memory and the SQLite store give the same results for the same random operations.

use crate::operations::*;
use crate::store_file::StoreFile;
use flowhost_domain::*;
use flowhost_store::*;
use flowhost_store_conformance::samples::*;
use flowhost_store_conformance::{Handle, ManualClock, StoreUnderTest as _};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;
use tracing::{Event, Level, Metadata, Subscriber, span};
use uuid::Uuid;

/// Sets the read set of a commit to the current versions of its contacts.
async fn fill_versions(store: &Handle, commit: &mut CommitRequest) {
    let contacts: Vec<Uuid> = commit
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::UpdateContact { id, .. } => Some(*id),
            Change::AddDnd { contact, .. } | Change::RemoveDnd { contact, .. } => Some(*contact),
            Change::CreateRecord(record) | Change::ReplaceRecord(record) => Some(record.contact),
            _ => None,
        })
        .collect();
    let lookups = contacts.iter().copied().map(Lookup::Contact).collect();
    let request = ReadRequest { tenant: commit.tenant.clone(), known_version: None, lookups };
    let snapshot = store.reader.read(&request).await.unwrap();
    let version = |answer: &LookupResult| match answer {
        LookupResult::Contact(Some(found)) => found.version,
        _ => 0,
    };
    let versions = snapshot.results.iter().map(version);
    commit.reads = ReadSet {
        version: Some(snapshot.version),
        contacts: contacts.into_iter().zip(versions).collect(),
        unclaimed_addresses: Vec::new(),
    };
}

/// Adapts the changes of a commit so that each is valid in the current state.
async fn make_valid(store: &Handle, commit: &mut CommitRequest) {
    for change in &mut commit.changes {
        let lookup = match &*change {
            Change::CreateContact(Contact { id, .. }) | Change::UpdateContact { id, .. } => Lookup::Contact(*id),
            Change::CreateRecord(Record { id, .. }) | Change::ReplaceRecord(Record { id, .. }) => Lookup::Record(*id),
            Change::Transition { record, .. } => Lookup::Record(*record),
            Change::AddDnd { .. } | Change::RemoveDnd { .. } => continue,
        };
        let request = ReadRequest { tenant: commit.tenant.clone(), known_version: None, lookups: vec![lookup] };
        let answer = store.reader.read(&request).await.unwrap().results.remove(0);
        match (change, answer) {
            (change @ Change::CreateContact(_), LookupResult::Contact(Some(found))) => {
                let Change::CreateContact(Contact { id, name, correlators, mut addresses, updated_at, .. }) =
                    change.clone()
                else {
                    continue;
                };
                addresses.retain(|address| found.contact.address_in(&address.channel).is_none());
                *change = Change::UpdateContact { id, name, correlators, new_addresses: addresses, updated_at };
            }
            (Change::UpdateContact { new_addresses, .. }, LookupResult::Contact(Some(found))) => {
                new_addresses.retain(|address| found.contact.address_in(&address.channel).is_none());
            }
            (change @ (Change::CreateRecord(_) | Change::ReplaceRecord(_)), LookupResult::Record(found)) => {
                let (Change::CreateRecord(record) | Change::ReplaceRecord(record)) = change.clone() else { continue };
                *change = match found {
                    Some((found, _)) => {
                        let (contact, campaign) = (found.contact, found.campaign);
                        Change::ReplaceRecord(Record { contact, campaign, ..record })
                    }
                    None => Change::CreateRecord(record),
                };
            }
            (Change::Transition { contact, from, .. }, LookupResult::Record(Some((found, _)))) => {
                *contact = found.contact;
                *from = found.state;
            }
            _ => {}
        }
    }
}

/// The results of all lists as text. `after` selects the row that the page begins after.
async fn lists(store: &dyn Store, filter: &Filter, after: Option<u8>, limit: u32) -> Vec<String> {
    let all = Page { after: None, limit: 100 };
    let page = |cursors: Vec<String>| {
        let chosen = after.map(|after| {
            let unknown = id(77).to_string();
            cursors.get(usize::from(after) % (cursors.len() + 1)).cloned().unwrap_or(unknown)
        });
        Page { after: chosen, limit }
    };
    let everything = Filter { tenant: filter.tenant.clone(), ..Filter::default() };
    let mut answers = Vec::new();
    let rows = store.tenants(&everything, &all).await.unwrap();
    let page_of = page(rows.iter().map(|tenant| tenant.id.clone()).collect());
    answers.push(format!("{:?}", store.tenants(filter, &page_of).await));
    let rows = store.campaigns(&everything, &all).await.unwrap();
    let page_of = page(rows.iter().map(|campaign| campaign.id.to_string()).collect());
    answers.push(format!("{:?}", store.campaigns(filter, &page_of).await));
    let rows = store.contacts(&everything, &all).await.unwrap();
    let page_of = page(rows.iter().map(|row| row.contact.id.to_string()).collect());
    answers.push(format!("{:?}", store.contacts(filter, &page_of).await));
    let rows = store.records(&everything, &all).await.unwrap();
    let page_of = page(rows.iter().map(|(_, record)| record.id.to_string()).collect());
    answers.push(format!("{:?}", store.records(filter, &page_of).await));
    // A list can continue after an entry that does not exist.
    let scope = [id(1).to_string(), id(2).to_string(), "Other".to_owned(), "Test".to_owned()];
    let entries = (10..14).flat_map(|contact| scope.iter().map(move |scope| format!("{}/{scope}", id(contact))));
    let page_of = page(entries.collect());
    answers.push(format!("{:?}", store.dnd(filter, &page_of).await));
    answers
}

async fn assert_same_answers(operations: Vec<Operation>) {
    let clock = Arc::<ManualClock>::default();
    let store_file = StoreFile::create(Arc::<ManualClock>::clone(&clock)).await;
    let file = Handle::open(store_file.open().await).await;
    let store = MemoryStore::with_clock(Arc::<ManualClock>::clone(&clock));
    let model = Handle::open(Arc::new(store)).await;
    for operation in operations {
        clock.advance(1);
        match operation {
            Operation::Configure(changes) => {
                let mut configurations = Vec::new();
                for (name, campaigns, age) in changes {
                    let stored = model.store.configuration(&name).await.unwrap().map_or(0, |stored| stored.version);
                    let version = match age {
                        ConfigurationVersion::Current => stored,
                        ConfigurationVersion::Old => stored.saturating_sub(1),
                    };
                    configurations.push(ConfigurationChange { tenant: tenant(&name), campaigns, version });
                }
                let answers =
                    (model.store.configure(&configurations).await, file.store.configure(&configurations).await);
                assert_eq!(answers.0, answers.1);
            }
            Operation::Commit(commits) => {
                let mut batch = Vec::new();
                for (mut commit, staleness) in commits {
                    if staleness.is_valid {
                        make_valid(&model, &mut commit).await;
                    }
                    if staleness.has_read {
                        fill_versions(&model, &mut commit).await;
                    }
                    batch.push(commit);
                }
                let verdicts = model.commit_all(batch.clone()).await;
                assert_eq!(verdicts, file.commit_all(batch).await);
            }
            Operation::Read(request) => {
                let answers = (model.reader.read(&request).await.unwrap(), file.reader.read(&request).await.unwrap());
                assert_eq!(format!("{:?}", answers.0), format!("{:?}", answers.1));
            }
            Operation::List(filter, after, limit) => {
                let answers = (
                    lists(&*model.store, &filter, after, limit).await,
                    lists(&*file.store, &filter, after, limit).await,
                );
                assert_eq!(answers.0, answers.1);
            }
            Operation::Log(tenant, record) => {
                let answers =
                    (model.store.record_log(&tenant, record).await, file.store.record_log(&tenant, record).await);
                assert_eq!(answers.0, answers.1);
            }
        }
    }
    for tenant in TENANTS {
        assert_eq!(model.store.configuration(tenant).await, file.store.configuration(tenant).await);
    }
    let everything = Filter::default();
    assert_eq!(lists(&*model.store, &everything, None, 100).await, lists(&*file.store, &everything, None, 100).await);
    for tenant in TENANTS {
        for record in (20..27).map(id) {
            let logs = (model.store.record_log(tenant, record).await, file.store.record_log(tenant, record).await);
            assert_eq!(logs.0, logs.1);
        }
    }
    store_file.assert_consistent().await;
}

/// A subscriber that panics at every logged error: SQLite must accept every batch that the validation accepted.
struct PanicOnError;

impl Subscriber for PanicOnError {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        panic!("{event:?}");
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn all_stores_give_the_same_answers(operations in vec(an_operation(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Most operations have no effect on an empty store.
        let campaigns = vec![campaign(TENANTS[0], 1, "Test"), campaign(TENANTS[0], 2, "Other")];
        let mut changes: Vec<_> = (10..13).map(|number| Change::CreateContact(contact(number, &[]))).collect();
        changes.extend((20..24).map(|number| Change::CreateRecord(record(number, id(10 + number % 3), id(1)))));
        let start = [
            Operation::Configure(vec![(TENANTS[0].to_owned(), campaigns, ConfigurationVersion::Current)]),
            Operation::Commit(vec![(commit(changes), Staleness { has_read: false, is_valid: false })]),
        ];
        let operations = start.into_iter().chain(operations).collect();
        tracing::subscriber::with_default(PanicOnError, || runtime.block_on(assert_same_answers(operations)));
    }
}
