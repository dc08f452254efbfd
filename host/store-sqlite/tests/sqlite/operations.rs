//! Random operations. The ranges of ids are small, so that operations often use the same objects.

use flowhost_domain::*;
use flowhost_store::*;
use flowhost_store_conformance::samples::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::time::Duration;
use uuid::Uuid;

pub(crate) const TENANTS: [&str; 2] = ["acme", "other"];
const CHANNELS: [&str; 3] = ["voice", "whatsapp", "widget"];
const IDENTIFIERS: [&str; 6] = ["1", "2", "3", "4", "5", "a\0b"];
const CATEGORIES: [&str; 2] = ["Other", "Test"];

/// An operation on a store.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Configure(Vec<(String, Vec<Campaign>, ConfigurationVersion)>),
    Commit(Vec<(CommitRequest, Staleness)>),
    Read(ReadRequest),
    /// The filter, the number that selects the row to begin after, and the limit.
    List(Filter, Option<u8>, u32),
    Log(String, Uuid),
}

/// The options that make a random commit more likely to be accepted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Staleness {
    /// The read set has the versions of the changed contacts before the batch.
    pub(crate) has_read: bool,
    /// The changes are valid in the state before the batch.
    pub(crate) is_valid: bool,
}

/// The version of a configuration that a change has read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ConfigurationVersion {
    Current,
    Old,
}

fn a_tenant() -> impl Strategy<Value = String> {
    prop_oneof![12 => Just(TENANTS[0]), 3 => Just(TENANTS[1]), 1 => Just("nobody")].prop_map(str::to_owned)
}

fn a_campaign_id() -> impl Strategy<Value = Uuid> {
    (1_u128..4).prop_map(id)
}

fn a_contact_id() -> impl Strategy<Value = Uuid> {
    (10_u128..14).prop_map(id)
}

fn a_record_id() -> impl Strategy<Value = Uuid> {
    (20_u128..27).prop_map(id)
}

/// In most cases the contact of a record, otherwise any contact.
fn the_contact_of(record: Uuid) -> impl Strategy<Value = Uuid> {
    prop_oneof![9 => Just(id(10 + record.as_u128() % 4)), 1 => a_contact_id()]
}

/// In most cases the campaign of a record, otherwise any campaign.
fn the_campaign_of(record: Uuid) -> impl Strategy<Value = Uuid> {
    prop_oneof![9 => Just(id(1 + record.as_u128() % 2)), 1 => a_campaign_id()]
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
    prop_oneof![1 => Just(RecordState::Ready), 1 => select(&RecordState::ALL[..])]
}

fn correlators() -> impl Strategy<Value = [Option<String>; 3]> {
    [option::of("[xy]"), option::of("[xy]"), option::of("[xy]")]
}

fn addresses() -> impl Strategy<Value = Vec<Address>> {
    let address = (a_channel(), select(&IDENTIFIERS[..]), a_text());
    vec(address, 0..2).prop_map(|addresses| {
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
        actor: by,
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
    let whose = a_record_id().prop_flat_map(|id| (Just(id), the_contact_of(id), the_campaign_of(id)));
    (whose, a_text(), any::<bool>(), option::of(a_text()), an_instant()).prop_map(
        |((id, contact, campaign), message, internal, template, when)| {
            let mut record = record(id.as_u128(), contact, campaign);
            record.message = Some(message);
            record.schedule = record.schedule.filter(|_| internal);
            Record { internal, template, updated_at: at(when), ..record }
        },
    )
}

fn a_change() -> impl Strategy<Value = Change> {
    let whose = a_record_id().prop_flat_map(|id| (Just(id), the_contact_of(id)));
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
        5 => (whose, a_state(), a_state(), option::of(a_text())).prop_map(
            |((record, contact), from, to, note)| Change::Transition { record, contact, from, to, at: at(6), note },
        ),
    ]
}

fn a_commit() -> impl Strategy<Value = CommitRequest> {
    let key = option::weighted(0.3, (select(&["k", "l", "m\0"][..]), a_text(), 0_u64..45));
    let quota = option::weighted(0.3, 0_u64..8_000);
    let reads = (option::weighted(0.05, 0_u64..3), option::weighted(0.1, (a_contact_id(), 0_u64..4)));
    (a_tenant(), vec(a_change(), 0..4), key, reads, quota).prop_map(|(tenant, changes, key, reads, quota)| {
        let keyed = |(key, outcome, lifetime): (&str, String, u64)| NewIdempotencyRecord {
            ttl: Duration::from_secs(lifetime),
            ..new_idempotency_record(key, &outcome)
        };
        let reads =
            ReadSet { version: reads.0, contacts: reads.1.into_iter().collect(), unclaimed_addresses: Vec::new() };
        CommitRequest { tenant, reads, changes, idempotency_record: key.map(keyed), now: at(0), quota }
    })
}

fn any_staleness() -> impl Strategy<Value = Staleness> {
    (proptest::bool::weighted(0.3), proptest::bool::weighted(0.8))
        .prop_map(|(reads, fits)| Staleness { has_read: reads, is_valid: fits })
}

fn a_lookup() -> impl Strategy<Value = Lookup> {
    prop_oneof![
        select(&["k", "l", "m\0"][..]).prop_map(|key| Lookup::IdempotencyKey(key.to_owned())),
        a_campaign_id().prop_map(Lookup::Campaign),
        a_category().prop_map(Lookup::Category),
        a_contact_id().prop_map(Lookup::Contact),
        (a_channel(), select(&IDENTIFIERS[..]))
            .prop_map(|(channel, identifier)| Lookup::Address(channel, identifier.to_owned())),
        (a_contact_id(), a_campaign_id())
            .prop_map(|(contact, campaign)| Lookup::NewestReadyRecord { contact, campaign }),
        (a_contact_id(), a_campaign_id(), option::of(a_record_id()), 0_u32..4)
            .prop_map(|(contact, campaign, after, limit)| Lookup::ReadyPage { contact, campaign, after, limit },),
        (a_contact_id(), a_campaign_id(), 0_u32..4).prop_map(|(contact, campaign, limit)| Lookup::LatestReadyRecords {
            contact,
            campaign,
            limit
        }),
        a_record_id().prop_map(Lookup::Record),
        (option::of(a_category()), option::of(a_campaign_id()), 0_u32..4)
            .prop_map(|(category, after, limit)| Lookup::CampaignPage { category, after, limit }),
        (a_contact_id(), a_channel()).prop_map(|(contact, channel)| Lookup::LinkedContact { contact, channel }),
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

pub(crate) fn an_operation() -> impl Strategy<Value = Operation> {
    let campaign = |tenant: &str, number: u128, category: String| campaign(tenant, number, &category);
    let change = (
        a_tenant(),
        vec((1_u128..4, a_category()), 0..3),
        prop_oneof![4 => Just(ConfigurationVersion::Current), 1 => Just(ConfigurationVersion::Old)],
    )
        .prop_map(move |(tenant, campaigns, age)| {
            let campaigns = campaigns.into_iter().map(|(number, category)| campaign(&tenant, number, category));
            (tenant.clone(), campaigns.collect(), age)
        });
    prop_oneof![
        1 => vec(change, 1..3).prop_map(Operation::Configure),
        9 => vec((a_commit(), any_staleness()), 1..5).prop_map(Operation::Commit),
        6 => (a_tenant(), option::of(0_u64..3), vec(a_lookup(), 0..6)).prop_map(
            |(tenant, known_version, lookups)| {
                Operation::Read(ReadRequest { tenant, known_version, lookups })
            },
        ),
        3 => (a_filter(), option::of(any::<u8>()), 0_u32..5).prop_map(|(filter, after, limit)| {
            Operation::List(filter, after, limit)
        }),
        1 => (a_tenant(), a_record_id()).prop_map(|(tenant, record)| Operation::Log(tenant, record)),
    ]
}
