//! The rows of the lists as JSON objects for programs.

use crate::{ContactRow, DndRow};
use chrono::{DateTime, SecondsFormat, Utc};
use flowhost_domain::{Record, Scope};
use serde_json::{Value as Json, json};

impl ContactRow {
    /// Returns the row as an object.
    pub fn to_json(&self) -> Json {
        let Self { tenant, contact } = self;
        let addresses = contact.addresses.iter();
        let addresses =
            addresses.map(|address| json!({ "channel": address.channel, "identifier": address.identifier }));
        json!({
            "id": contact.id,
            "tenant": tenant,
            "name": contact.name,
            "addresses": addresses.collect::<Vec<_>>(),
            "correlators": contact.correlators,
            "created_at": rfc3339(contact.created_at),
            "updated_at": rfc3339(contact.updated_at),
        })
    }
}

/// Returns a record of a tenant as an object.
pub fn record_to_json(tenant: &str, record: &Record) -> Json {
    json!({
        "id": record.id,
        "tenant": tenant,
        "campaign": record.campaign,
        "contact": record.contact,
        "state": record.state.as_str(),
        "internal": record.internal,
        "scheduled_at": record.schedule.as_ref().map(|schedule| rfc3339(schedule.at)),
        "message": record.message,
        "template": record.template.as_deref().map(parse_stored_json),
        "data": parse_stored_json(&record.data),
        "run": record.run,
        "created_at": rfc3339(record.created_at),
        "updated_at": rfc3339(record.updated_at),
    })
}

impl DndRow {
    /// Returns the row as an object.
    pub fn to_json(&self) -> Json {
        let Self { tenant, contact, entry } = self;
        match &entry.scope {
            Scope::Campaign(campaign) => json!({ "tenant": tenant, "contact": contact, "campaign": campaign }),
            Scope::Category(category) => json!({ "tenant": tenant, "contact": contact, "category": category }),
        }
    }
}

/// Parses JSON of the store; null if it is not valid.
fn parse_stored_json(json: &str) -> Json {
    serde_json::from_str(json).unwrap_or_default()
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
