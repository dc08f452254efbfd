//! The same random operations on the store in memory and on the one in a file: every answer must be the same.

use crate::things::*;
use chrono::TimeDelta;
use flowhost::domain::*;
use flowhost::store::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;
use uuid::Uuid;

const TENANTS: [&str; 2] = ["acme", "other"];
const CHANNELS: [&str; 3] = ["voice", "whatsapp", "widget"];
const CATEGORIES: [&str; 2] = ["Other", "Test"];

#[derive(Debug, Clone)]
enum Operation {
    Configure(Vec<(String, Vec<Campaign>, Age)>),
    /// Each with whether it read what it is about before the batch.
    Commit(Vec<(Commit, bool)>),
    Read(ReadRequest),
    List(Filter, Option<u8>, u32),
    Log(String, Uuid),
}

/// Which version of a configuration a change has read.
#[derive(Debug, Clone, Copy)]
enum Age {
    Current,
    Old,
}

fn a_tenant() -> impl Strategy<Value = String> {
    prop_oneof![5 => Just(TENANTS[0]), 2 => Just(TENANTS[1]), 1 => Just("nobody")].prop_map(str::to_owned)
}

fn a_campaign_id() -> impl Strategy<Value = Uuid> {
    (1_u128..4).prop_map(id)
}

fn a_contact_id() -> impl Strategy<Value = Uuid> {
    (10_u128..16).prop_map(id)
}

fn a_record_id() -> impl Strategy<Value = Uuid> {
    (20_u128..32).prop_map(id)
}

fn an_instant() -> impl Strategy<Value = i64> {
    0_i64..50
}

fn a_text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[ab]{0,2}", 1 => "\\PC{0,6}", 1 => Just("a\0'\"[".to_owned())]
}

fn a_category() -> impl Strategy<Value = String> {
    select(&CATEGORIES[..]).prop_map(str::to_owned)
}

fn a_channel() -> impl Strategy<Value = String> {
    select(&CHANNELS[..]).prop_map(str::to_owned)
}

fn a_state() -> impl Strategy<Value = RecordState> {
    select(&RecordState::ALL[..])
}

fn correlators() -> impl Strategy<Value = [Option<String>; 3]> {
    [option::of("[xy]"), option::of("[xy]"), option::of("[xy]")]
}

fn addresses() -> impl Strategy<Value = Vec<Address>> {
    let address = (a_channel(), select(&["1", "2", "3", "a\0b"][..]), a_text());
    vec(address, 0..3).prop_map(|addresses| {
        let address = |(channel, identifier, typed): (String, &str, String)| Address {
            channel,
            identifier: identifier.to_owned(),
            typed,
        };
        addresses.into_iter().map(address).collect()
    })
}

fn a_scope() -> impl Strategy<Value = Scope> {
    prop_oneof![a_campaign_id().prop_map(Scope::Campaign), a_category().prop_map(Scope::Category)]
}

fn an_entry() -> impl Strategy<Value = DndEntry> {
    (a_scope(), an_instant(), a_text(), option::of(a_text())).prop_map(|(scope, when, by, reason)| DndEntry {
        at: at(when),
        by,
        reason,
        ..dnd(scope)
    })
}

fn a_contact() -> impl Strategy<Value = Contact> {
    (a_contact_id(), a_text(), correlators(), addresses(), vec(an_entry(), 0..2), an_instant()).prop_map(
        |(id, name, correlators, addresses, dnd, when)| Contact {
            name,
            correlators,
            addresses,
            dnd,
            updated_at: at(when),
            ..contact(id.as_u128(), &[])
        },
    )
}

fn a_record() -> impl Strategy<Value = Record> {
    (a_record_id(), a_contact_id(), a_campaign_id(), a_text(), any::<bool>(), option::of(a_text()), an_instant())
        .prop_map(|(id, contact, campaign, message, internal, template, when)| {
            let mut record = record(id.as_u128(), contact, campaign);
            record.message = Some(message);
            record.schedule = record.schedule.filter(|_| internal);
            Record { internal, template, updated_at: at(when), ..record }
        })
}

fn a_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => a_contact().prop_map(Change::CreateContact),
        3 => (a_contact(), an_instant()).prop_map(|(contact, when)| Change::UpdateContact {
            id: contact.id,
            name: contact.name,
            correlators: contact.correlators,
            new_addresses: contact.addresses,
            updated_at: at(when),
        }),
        3 => (a_contact_id(), an_entry()).prop_map(|(contact, entry)| Change::AddDnd { contact, entry }),
        2 => (a_contact_id(), a_scope()).prop_map(|(contact, scope)| Change::RemoveDnd { contact, scope }),
        6 => a_record().prop_map(Change::CreateRecord),
        3 => a_record().prop_map(Change::ReplaceRecord),
        5 => (a_record_id(), a_contact_id(), a_state(), a_state(), option::of(a_text())).prop_map(
            |(record, contact, from, to, note)| Change::Transition { record, contact, from, to, at: at(6), note },
        ),
    ]
}

fn a_commit() -> impl Strategy<Value = Commit> {
    let key = option::of((select(&["k", "l", "m\0"][..]), a_text(), an_instant()));
    let reads = (option::weighted(0.1, 0_u64..3), vec((a_contact_id(), 0_u64..4), 0..2));
    (a_tenant(), vec(a_change(), 0..3), key, reads).prop_map(|(tenant, changes, key, reads)| {
        let keyed = |(key, outcome, expires): (&str, String, i64)| KeyedOutcome {
            expires_at: at(expires),
            ..keyed(key, &outcome)
        };
        let reads = Reads { version: reads.0, contacts: reads.1, free_addresses: Vec::new() };
        Commit { tenant, reads, changes, key: key.map(keyed), now: at(0) }
    })
}

fn a_lookup() -> impl Strategy<Value = Lookup> {
    prop_oneof![
        select(&["k", "l", "m\0"][..]).prop_map(|key| Lookup::Key(key.to_owned())),
        a_campaign_id().prop_map(Lookup::Campaign),
        a_category().prop_map(Lookup::Category),
        a_contact_id().prop_map(Lookup::Contact),
        (a_channel(), select(&["1", "2", "3", "a\0b"][..]))
            .prop_map(|(channel, identifier)| Lookup::Address(channel, identifier.to_owned())),
        (a_contact_id(), a_campaign_id()).prop_map(|(contact, campaign)| Lookup::NewestReady { contact, campaign }),
        (a_contact_id(), a_campaign_id(), option::of(a_record_id()), 0_u32..4)
            .prop_map(|(contact, campaign, after, limit)| Lookup::ReadyPage { contact, campaign, after, limit },),
        (a_contact_id(), a_campaign_id(), 0_u32..4).prop_map(|(contact, campaign, limit)| Lookup::LatestReady {
            contact,
            campaign,
            limit
        }),
        a_record_id().prop_map(Lookup::Record),
        (a_contact_id(), a_channel()).prop_map(|(contact, channel)| Lookup::Linked { contact, channel }),
    ]
}

fn a_filter() -> impl Strategy<Value = Filter> {
    (
        option::of(a_tenant()),
        option::weighted(0.3, a_campaign_id()),
        option::weighted(0.3, a_contact_id()),
        option::weighted(0.3, a_channel()),
        option::weighted(0.3, a_state()),
        option::weighted(0.3, a_category()),
        option::weighted(0.3, a_contact_id()),
    )
        .prop_map(|(tenant, campaign, contact, channel, state, category, linked)| Filter {
            tenant,
            campaign,
            contact,
            channel,
            state,
            category,
            linked,
        })
}

fn an_operation() -> impl Strategy<Value = Operation> {
    let campaign = |tenant: &str, number: u128, category: String| campaign(tenant, number, &category);
    let change =
        (a_tenant(), vec((1_u128..4, a_category()), 0..3), prop_oneof![4 => Just(Age::Current), 1 => Just(Age::Old)])
            .prop_map(move |(tenant, campaigns, age)| {
                let campaigns = campaigns.into_iter().map(|(number, category)| campaign(&tenant, number, category));
                (tenant.clone(), campaigns.collect(), age)
            });
    prop_oneof![
        1 => vec(change, 1..3).prop_map(Operation::Configure),
        9 => vec((a_commit(), any::<bool>()), 1..6).prop_map(Operation::Commit),
        6 => (a_tenant(), option::of(0_u64..3), vec(a_lookup(), 0..6)).prop_map(
            |(tenant, known_version, lookups)| {
                Operation::Read(ReadRequest { tenant, known_version, now: at(0), lookups })
            },
        ),
        3 => (a_filter(), option::of(any::<u8>()), 0_u32..5).prop_map(|(filter, after, limit)| {
            Operation::List(filter, after, limit)
        }),
        1 => (a_tenant(), a_record_id()).prop_map(|(tenant, record)| Operation::Log(tenant, record)),
    ]
}

/// Gives a commit the versions that its contacts have now.
async fn read_first(store: &Fixture, commit: &mut Commit) {
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
    let request = ReadRequest { tenant: commit.tenant.clone(), known_version: None, now: commit.now, lookups };
    let snapshot = store.reader.read(&request).await.unwrap();
    let version = |answer: &Answer| match answer {
        Answer::Contact(Some(found)) => found.version,
        _ => 0,
    };
    let versions = snapshot.answers.iter().map(version);
    commit.reads = Reads {
        version: Some(snapshot.version),
        contacts: contacts.into_iter().zip(versions).collect(),
        free_addresses: Vec::new(),
    };
}

/// The lists' answers as text; `after` chooses among the rows to begin after.
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
    let rows = store.dnd(&everything, &all).await.unwrap();
    let page_of = page(rows.iter().map(DndRow::cursor).collect());
    answers.push(format!("{:?}", store.dnd(filter, &page_of).await));
    answers
}

async fn both_answer_alike(operations: Vec<Operation>) {
    let folder = tempfile::tempdir().unwrap();
    let file = Fixture::empty(Arc::new(open(&folder).await), Some(folder)).await;
    let model = Fixture::empty(Arc::new(MemoryStore::new()), None).await;
    // Time goes on: what has expired may be gone for one that lives in the past.
    for (step, operation) in (0..).zip(operations) {
        match operation {
            Operation::Configure(changes) => {
                let mut configurations = Vec::new();
                for (name, campaigns, age) in changes {
                    let stored = model.store.configuration(&name).await.unwrap().map_or(0, |stored| stored.version);
                    let version = match age {
                        Age::Current => stored,
                        Age::Old => stored.saturating_sub(1),
                    };
                    configurations.push(ConfigurationChange { tenant: tenant(&name), campaigns, version });
                }
                let answers =
                    (model.store.configure(&configurations).await, file.store.configure(&configurations).await);
                assert_eq!(answers.0, answers.1);
            }
            Operation::Commit(commits) => {
                let mut batch = Vec::new();
                for (mut commit, honest) in commits {
                    commit.now = at(step);
                    if let Some(keyed) = &mut commit.key {
                        keyed.expires_at += TimeDelta::seconds(step - 5);
                    }
                    if honest {
                        read_first(&model, &mut commit).await;
                    }
                    batch.push(commit);
                }
                assert_eq!(model.commit_all(batch.clone()).await, file.commit_all(batch).await);
            }
            Operation::Read(mut request) => {
                request.now = at(step);
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
    crate::file::assert_sound(file.folder.as_ref().unwrap()).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_store_answers_alike(operations in vec(an_operation(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Both tenants are there from the start in most cases, since little happens without.
        let start = Operation::Configure(vec![(
            TENANTS[0].to_owned(),
            vec![campaign(TENANTS[0], 1, "Test"), campaign(TENANTS[0], 2, "Other")],
            Age::Current,
        )]);
        runtime.block_on(both_answer_alike(std::iter::once(start).chain(operations).collect()));
    }
}
