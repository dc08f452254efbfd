//! Requests whose partial effects are visible in the database, and their tenant.
//!
//! The key of a request is also the id of its session, and the name, message or note of its effect. The database
//! therefore shows the key of each effect.

use serde_json::{Value as Json, json};

/// The campaign of records.
const CAMPAIGN: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dc";
const EXPIRED: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dd";

/// Further campaigns, for do-not-disturb lists.
pub(crate) const LISTS: usize = 16;

/// The effect of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Creates a contact.
    Contact,
    /// Creates a contact with two addresses.
    Pair,
    /// Creates a contact with three correlators: one address and six links.
    Linked,
    /// Creates a record and the first entry of its log.
    Record,
    /// Adds a contact to a do-not-disturb list.
    Dnd,
    /// Cancels a record.
    Cancel,
    /// Is refused; the refusal is stored under the key.
    Refused,
    /// Changes nothing; the outcome is stored with a later commit.
    ReadOnly,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Pair => "pair",
            Self::Linked => "linked",
            Self::Record => "record",
            Self::Dnd => "dnd",
            Self::Cancel => "cancel",
            Self::Refused => "refused",
            Self::ReadOnly => "read-only",
        }
    }

    /// Whether the outcome is stored before the answer.
    pub(crate) fn is_durable(self) -> bool {
        self != Self::ReadOnly
    }

    /// A text that the answer contains.
    pub(crate) fn expected_text(self) -> &'static str {
        match self {
            Self::Refused => "\"code\":\"campaign-expired\"",
            Self::ReadOnly => "\"blocked\":false",
            Self::Cancel => "\"cancelled\":true",
            _ => "\"port\":\"next\"",
        }
    }

    /// The request with this number. `contact` is the contact of requests that do not create one. `other` is the record
    /// to cancel, or the campaign of the do-not-disturb list.
    pub(crate) fn request(self, number: usize, contact: &str, other: &str) -> Json {
        let key = format!("{}/{number}", self.name());
        let quoted = format!("'{key}'");
        let out = "made_id";
        let of_contact = |more: Json| with(json!({ "CONTACT_IDENTIFIER_ENTITY": "contact_id" }), &more);
        let record_for = |campaign: &str| {
            of_contact(json!({
                "CAMPAIGN_ID": campaign, "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": quoted, "MULTIPLE_ACTIVE_RECORDS": "YES",
                "RECORD_ID_ENTITY": out, "OPERATION_ENTITY": "operation"
            }))
        };
        let named =
            |more: Json| with(json!({ "CONTACT_NAME_EXPRESSION": quoted, "CONTACT_IDENTIFIER_ENTITY": out }), &more);
        let (action, parameters) = match self {
            Self::Contact => ("campaign-contact-manager", named(json!({}))),
            Self::Pair => (
                "campaign-whatsapp-voice-contact-manager",
                named(json!({ "CONTACT_NUMBER_EXPRESSION": format!("'+569{:08}'", 10_000_000 + number) })),
            ),
            Self::Linked => (
                "campaign-dynamic-contact-manager",
                named(json!({
                    "CONTACT_CHANNEL": "widget", "CONTACT_IDENTIFIER_EXPRESSION": quoted,
                    "CORRELATION_1_EXPRESSION": quoted, "CORRELATION_2_EXPRESSION": quoted,
                    "CORRELATION_3_EXPRESSION": quoted
                })),
            ),
            Self::Record => ("campaign-record-administration", record_for(CAMPAIGN)),
            Self::Refused => ("campaign-record-administration", record_for(EXPIRED)),
            Self::Dnd => {
                ("campaign-dnd-manager", of_contact(json!({ "CAMPAIGN_ID": other, "DND_CONTACT_EXPRESSION": "true" })))
            }
            Self::Cancel => (
                "cancel-campaign-records-by-contact",
                of_contact(json!({ "CAMPAIGN_RECORD_ID": "record_id", "CANCEL_RESULT": "cancelled" })),
            ),
            Self::ReadOnly => (
                "campaign-dnd-validator",
                of_contact(json!({ "CAMPAIGN_ID": CAMPAIGN, "DND_VALIDATION_RESULT": "blocked" })),
            ),
        };
        json!({
            "action": action,
            "session": {
                "id": key, "tenant": "acme", "channel": "messenger", "user": key,
                "entities": { "contact_id": contact, "record_id": other }
            },
            "parameters": parameters,
            "key": key
        })
    }
}

fn with(mut parameters: Json, more: &Json) -> Json {
    let more = more.as_object().into_iter().flatten();
    more.for_each(|(name, value)| parameters[name.as_str()] = value.clone());
    parameters
}

/// A request without a key that creates a contact for other requests.
pub(crate) fn contact_request(number: usize) -> Json {
    let mut request = Kind::Contact.request(number, "", "");
    request["session"]["user"] = json!(format!("someone-{number}"));
    request["parameters"]["CONTACT_NAME_EXPRESSION"] = json!("'Ana'");
    without_key(request)
}

/// A request without a key that creates a record for a later cancellation.
pub(crate) fn record_request(contact: &str) -> Json {
    let mut request = Kind::Record.request(0, contact, "");
    request["parameters"]["OUTBOUND_MESSAGE_EXPRESSION_MESSENGER"] = json!("'Hola'");
    without_key(request)
}

fn without_key(mut request: Json) -> Json {
    request.as_object_mut().unwrap().remove("key");
    request
}

/// The id of the campaign of the n-th do-not-disturb list.
pub(crate) fn list(number: usize) -> String {
    format!("d47be8af-d40d-452c-9a3e-{number:012}")
}

/// The tenant and its campaigns, as an apply file.
pub(crate) fn configuration() -> Json {
    let campaign = |id: &str, category: &str, valid_until: Json| {
        json!({
            "tenant": "acme", "id": id, "name": id, "type": "simple", "mode": "always-on", "category": category,
            "valid_until": valid_until, "validity_hours": 24, "intention": "pay"
        })
    };
    let mut campaigns: Vec<_> = (0..LISTS).map(|number| campaign(&list(number), "Lists", Json::Null)).collect();
    campaigns.push(campaign(CAMPAIGN, "Test", Json::Null));
    campaigns.push(campaign(EXPIRED, "Test", json!("2020-01-31")));
    json!({
        "tenants": [{
            "id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
            "default_intention": "menu", "channels": ["whatsapp", "voice", "messenger", "widget"]
        }],
        "campaigns": campaigns
    })
}
