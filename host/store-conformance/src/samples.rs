//! Tenants, contacts, records and commits for tests.

use chrono::{DateTime, TimeDelta, Utc};
use flowhost_domain::record::Schedule;
use flowhost_domain::*;
use flowhost_store::*;
use std::time::Duration;
use uuid::Uuid;

/// The id of the configured tenant.
pub const TENANT: &str = "acme";

/// Returns the time `seconds` after a fixed start.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

/// Returns the id with this number.
pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Returns a tenant in America/Santiago with the channels `whatsapp` and `widget`.
pub fn tenant(id: &str) -> Tenant {
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

/// Returns the configuration of [`TENANT`] with the campaigns 1 and 2 of category Test, and 3 of category Other.
pub fn filled_configuration() -> ConfigurationChange {
    let campaigns = vec![campaign(TENANT, 1, "Test"), campaign(TENANT, 2, "Test"), campaign(TENANT, 3, "Other")];
    ConfigurationChange { tenant: tenant(TENANT), campaigns, version: 0 }
}

/// Returns a campaign with the id [`id`]`(number)`, which is always on.
pub fn campaign(tenant: &str, number: u128, category: &str) -> Campaign {
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

/// Returns a contact with the id [`id`]`(number)`. An address is a channel and an identifier.
pub fn contact(number: u128, addresses: &[(&str, &str)]) -> Contact {
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

/// Returns a Ready record with the id [`id`]`(number)` and a schedule.
pub fn record(number: u128, contact: Uuid, campaign: Uuid) -> Record {
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

/// Returns an entry on the do-not-disturb list of this scope.
pub fn dnd(scope: Scope) -> DndEntry {
    let category = match &scope {
        Scope::Category(category) => category.clone(),
        Scope::Campaign(_) => "Test".to_owned(),
    };
    DndEntry { scope, category, at: at(3), actor: "action/session".to_owned(), reason: Some("asked".to_owned()) }
}

/// Returns the transition of a record from one state to another.
pub fn transition(record: Uuid, contact: Uuid, from: RecordState, to: RecordState) -> Change {
    Change::Transition { record, contact, from, to, at: at(4), note: Some("why".to_owned()) }
}

/// Returns a commit of [`TENANT`] with an empty read set.
pub fn commit(changes: Vec<Change>) -> CommitRequest {
    CommitRequest {
        tenant: TENANT.to_owned(),
        reads: ReadSet::default(),
        changes,
        idempotency_record: None,
        now: at(0),
        quota: None,
    }
}

/// Returns an outcome under a key, with a time to live of 100 s.
pub fn new_idempotency_record(key: &str, outcome: &str) -> NewIdempotencyRecord {
    let lifetime = Duration::from_secs(100);
    NewIdempotencyRecord { key: key.to_owned(), fingerprint: [7; 32], outcome: outcome.to_owned(), ttl: lifetime }
}
