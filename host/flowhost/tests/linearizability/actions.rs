//! Operations: invocations of the ten actions by sessions of one user, for one contact, one record and one campaign.

use chrono::{DateTime, TimeDelta, Utc};
use flowhost::{Outcome, Session};
use serde_json::{Value as Json, json};

pub(crate) const CAMPAIGN: &str = "a47be8af-d40d-452c-9a3e-bcf668fcd1dc";

pub(crate) const ACTIONS: [&str; 10] = [
    "campaign-contact-manager",
    "campaign-whatsapp-voice-contact-manager",
    "campaign-dynamic-contact-manager",
    "campaign-record-administration",
    "campaign-dnd-manager",
    "campaign-dnd-manager-by-category",
    "campaign-dnd-validator",
    "campaign-dnd-validator-by-category",
    "list-campaign-records-by-contact",
    "cancel-campaign-records-by-contact",
];

/// An invocation of an action by a session.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) action: &'static str,
    pub(crate) parameters: Json,
    pub(crate) session: Session,
}

/// The ids of the contact and the record that operations use. `None`: it does not exist yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    pub(crate) contact: Option<String>,
    pub(crate) record: Option<String>,
}

/// The operation with this number. `variant` selects the options of the action. Every written text contains the number.
pub(crate) fn operation(action: &'static str, ids: &Ids, number: usize, variant: usize) -> Operation {
    let yes = |every: usize| if variant.is_multiple_of(every) { "YES" } else { "NO" };
    let parameters = match action {
        "campaign-contact-manager" => json!({
            "CONTACT_NAME_EXPRESSION": "mark", "UPDATE_CONTACT_NAME": yes(2), "CONTACT_IDENTIFIER_ENTITY": "id",
        }),
        "campaign-whatsapp-voice-contact-manager" => json!({
            "CONTACT_NAME_EXPRESSION": "mark", "UPDATE_CONTACT_NAME": yes(2), "CONTACT_IDENTIFIER_ENTITY": "id",
            "CONTACT_NUMBER_EXPRESSION": "'9 8765 4321'",
        }),
        "campaign-dynamic-contact-manager" => json!({
            "CONTACT_NAME_EXPRESSION": "mark", "UPDATE_CONTACT_NAME": yes(3), "CONTACT_IDENTIFIER_ENTITY": "id",
            "CONTACT_CHANNEL": if variant.is_multiple_of(4) { "voice" } else { "whatsapp" },
            "CONTACT_IDENTIFIER_EXPRESSION": "'+56 9 8765 4321'",
            "CORRELATION_1_EXPRESSION": "mark", "UPDATE_CORRELATION_1": yes(2), "CORRELATION_2_EXPRESSION": "mark",
        }),
        "campaign-record-administration" => json!({
            "CAMPAIGN_ID": CAMPAIGN, "CONTACT_IDENTIFIER_ENTITY": "contact", "RECORD_ID_ENTITY": "id",
            "OPERATION_ENTITY": "operation", "TEMPLATE": "reminder", "LOCALE": "es_CL",
            "WHATSAPP_NUMBER": "56221234567", "HSM_MTM_DATA": ["mark"], "ALLOW_DND_CONTACT": yes(2),
            "MULTIPLE_ACTIVE_RECORDS": yes(4),
        }),
        "campaign-dnd-manager" => json!({
            "CAMPAIGN_ID": CAMPAIGN, "CONTACT_IDENTIFIER_ENTITY": "contact",
            "DND_CONTACT_EXPRESSION": variant.is_multiple_of(2).to_string(),
        }),
        "campaign-dnd-manager-by-category" => json!({
            "CAMPAIGN_CATEGORY": "Collections", "CONTACT_IDENTIFIER_ENTITY": "contact",
            "DND_CONTACT_EXPRESSION": variant.is_multiple_of(3).to_string(),
        }),
        "campaign-dnd-validator" => json!({
            "CAMPAIGN_ID": CAMPAIGN, "CONTACT_IDENTIFIER_ENTITY": "contact", "DND_VALIDATION_RESULT": "blocked",
        }),
        "campaign-dnd-validator-by-category" => json!({
            "CAMPAIGN_CATEGORY": "Collections", "CONTACT_IDENTIFIER_ENTITY": "contact",
            "DND_VALIDATION_RESULT": "blocked",
        }),
        "list-campaign-records-by-contact" => json!({
            "CAMPAIGN_ID": CAMPAIGN, "CONTACT_IDENTIFIER_ENTITY": "contact", "RECORDS_RESULT": "records",
        }),
        "cancel-campaign-records-by-contact" => json!({
            "CAMPAIGN_RECORD_ID": "record", "CONTACT_IDENTIFIER_ENTITY": "contact", "CANCEL_RESULT": "cancelled",
        }),
        _ => panic!("there is no action {action}"),
    };
    let mut session = Session::new("acme", "whatsapp", "56987654321");
    session.id = format!("s-{number}");
    session.at = Some(operation_time(number));
    session.seed = Some(number as u64);
    let ids = [("contact", &ids.contact), ("record", &ids.record)];
    let ids = ids.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id.as_ref()?.as_str().into())));
    session.entities = ids.chain([("mark".to_owned(), format!("mark {number}").into())]).collect();
    Operation { action, parameters, session }
}

/// The time of the operation with this number. It identifies the operation of a commit.
pub(crate) fn operation_time(number: usize) -> DateTime<Utc> {
    let noon: DateTime<Utc> = "2027-03-01T12:00:00Z".parse().unwrap();
    noon + TimeDelta::microseconds(i64::try_from(number).unwrap())
}

impl Operation {
    /// Whether an operation with this outcome changes nothing in any state.
    pub(crate) fn is_read_only(&self, outcome: &Outcome) -> bool {
        let reads =
            ["campaign-dnd-validator", "campaign-dnd-validator-by-category", "list-campaign-records-by-contact"];
        reads.contains(&self.action)
            || outcome.error.is_some()
            || outcome.entities.get("cancelled") == Some(&json!(false))
    }

    /// The key of equal operations with equal outcomes: everything except the session and the time. It contains the
    /// mark if the operation writes it.
    pub(crate) fn equivalence_class(&self, outcome: &Outcome) -> String {
        let told = observable(outcome);
        let mark = if self.is_read_only(outcome) { &Json::Null } else { &self.session.entities["mark"] };
        let is_marked = self.parameters.to_string().contains("\"mark\"");
        format!("{} {} {told} {}", self.action, self.parameters, if is_marked { mark } else { &Json::Null })
    }
}

/// The outcome as JSON without its usage.
pub(crate) fn observable(outcome: &Outcome) -> Json {
    let mut told = serde_json::to_value(outcome).unwrap();
    told.as_object_mut().unwrap().remove("usage");
    told
}

/// The tenant and its campaign.
pub(crate) fn configuration() -> String {
    json!({
        "tenants": [{
            "id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
            "default_intention": "menu", "channels": ["whatsapp", "voice"],
        }],
        "campaigns": [{
            "tenant": "acme", "id": CAMPAIGN, "name": "Recovery", "type": "simple", "mode": "always-on",
            "category": "Collections", "valid_until": "2030-01-31", "validity_hours": 24, "intention": "pay",
        }],
    })
    .to_string()
}
