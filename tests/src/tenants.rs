//! Tenants, campaigns and requests for tests.

use serde_json::{Value as Json, json};

/// A simple, always-on campaign of `acme`, category Test.
pub const ALWAYS_ON: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dc";
/// Another one of `acme`, category Other.
pub const OTHER_CAMPAIGN: &str = "b1f1d0c6-6d0f-4d55-8f0f-0c4d6c1a2b3c";
/// A campaign of `acme` whose validity has passed.
pub const EXPIRED: &str = "c2a2e1d7-7e10-4e66-9a1a-1d5e7d2b3c4d";
/// A campaign of `rival`, category Secret.
pub const RIVAL_CAMPAIGN: &str = "d3b3f2e8-8f21-4f77-8b2b-2e6f8e3c4d5e";

/// An apply file with the tenants `acme` in Santiago and `rival` in Buenos Aires.
pub fn apply() -> Json {
    let campaign = |tenant: &str, id: &str, name: &str, category: &str, valid_until: Json| {
        json!({
            "tenant": tenant, "id": id, "name": name, "type": "simple", "mode": "always-on", "category": category,
            "valid_until": valid_until, "validity_hours": 24, "intention": "pay"
        })
    };
    json!({
        "tenants": [
            {
                "id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
                "default_intention": "menu", "channels": ["whatsapp", "voice", "messenger", "widget"]
            },
            {
                "id": "rival", "name": "Rival", "time_zone": "America/Argentina/Buenos_Aires", "phone_region": "AR",
                "default_intention": "menu", "channels": ["messenger"]
            }
        ],
        "campaigns": [
            campaign("acme", ALWAYS_ON, "DemoOutboundTest", "Test", Json::Null),
            campaign("acme", OTHER_CAMPAIGN, "Other", "Other", Json::Null),
            campaign("acme", EXPIRED, "Expired", "Test", json!("2020-01-31")),
            campaign("rival", RIVAL_CAMPAIGN, "Secret", "Secret", Json::Null)
        ]
    })
}

/// A session of `user` in messenger.
pub fn session(tenant: &str, user: &str, entities: Json) -> Json {
    json!({ "id": format!("s-{user}"), "tenant": tenant, "channel": "messenger", "user": user, "entities": entities })
}

/// A request that creates a contact for the session's user and sets the entity `contact_id` to its id.
pub fn contact_request(tenant: &str, user: &str) -> Json {
    json!({
        "action": "campaign-contact-manager",
        "session": session(tenant, user, json!({})),
        "parameters": { "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "contact_id" }
    })
}

/// A request that saves a record for the contact in the entity `contact_id`. `change` is merged into its parameters.
pub fn record_request(tenant: &str, contact: &Json, change: &Json) -> Json {
    let mut parameters = json!({
        "CAMPAIGN_ID": ALWAYS_ON,
        "CONTACT_IDENTIFIER_ENTITY": "contact_id",
        "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "'Hola'",
        "RECORD_ID_ENTITY": "record_id",
        "OPERATION_ENTITY": "operation"
    });
    let changes = change.as_object().into_iter().flatten();
    changes.for_each(|(name, value)| parameters[name.as_str()] = value.clone());
    json!({
        "action": "campaign-record-administration",
        "session": session(tenant, "u-1", json!({ "contact_id": contact, "record_id": "stale" })),
        "parameters": parameters
    })
}
