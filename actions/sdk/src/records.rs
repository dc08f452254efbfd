//! Campaign records of the session's tenant. Each function is a capability. The host applies the rules about states,
//! schedules, do-not-disturb lists and validity.

use crate::bindings::flow::action::types::Timestamp;
use crate::error::{Argument, Error};
use crate::from_parameter::FromParameter;
use crate::imports::records;
use crate::json::{self, Json};
use crate::value::{CampaignId, ContactId, RecordId};

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:outbound/records";

/// The content of a record to save. [`Draft::new`] returns an external one without optional fields.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The campaign of the record.
    pub campaign: FromParameter<CampaignId>,
    /// The contact of the record.
    pub contact: FromParameter<ContactId>,
    /// The time: `dd/MM/yyyy HH:mm:ss` in the tenant's time zone, or RFC 3339 with an offset.
    pub schedule: FromParameter<Option<String>>,
    /// Whether the record starts a session. Otherwise it sends a message.
    pub internal: FromParameter<bool>,
    /// Whether to create the record although the contact is on a do-not-disturb list.
    pub allow_dnd: bool,
    /// Whether to create a record in any case. Otherwise the newest Ready record is updated, if there is one.
    pub multiple: bool,
    /// The text to send, for a channel that needs one.
    pub message: FromParameter<Option<String>>,
    /// The template to send, for WhatsApp.
    pub template: FromParameter<Option<Template>>,
    /// A map of the entities for the session that the record starts.
    pub data: FromParameter<Option<Json>>,
}

/// A WhatsApp template with its parameters.
#[derive(Debug, Clone)]
pub struct Template {
    /// The name of the template.
    pub name: String,
    /// The workspace that the template belongs to.
    pub namespace: FromParameter<Option<String>>,
    /// The language. The host requires it.
    pub locale: FromParameter<Option<String>>,
    /// The service's number. The host requires it.
    pub whatsapp_number: FromParameter<Option<String>>,
    /// The parameters, by kind of template.
    pub content: Content,
}

/// The two kinds of template.
#[derive(Debug, Clone)]
pub enum Content {
    /// A text message, MTM, with the list of its parameters.
    Text(FromParameter<Json>),
    /// A multimedia message, MMT.
    Media {
        /// The list of the header's parameters.
        header: FromParameter<Json>,
        /// The list of the body's parameters.
        body: FromParameter<Json>,
    },
}

/// The result of [`save`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveResult {
    /// The record.
    pub id: RecordId,
    /// Whether the call created the record. Otherwise it replaced a Ready record, which kept its id.
    pub created: bool,
}

/// A Ready record.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The record.
    pub id: RecordId,
    /// The scheduled time. `None`: as soon as the campaign runs.
    pub scheduled_at: Option<Timestamp>,
}

impl Draft {
    /// An external record without a schedule, which updates the newest Ready record.
    #[must_use]
    pub fn new(campaign: FromParameter<CampaignId>, contact: FromParameter<ContactId>) -> Self {
        Self {
            campaign,
            contact,
            schedule: FromParameter::default(),
            internal: false.into(),
            allow_dnd: false,
            multiple: false,
            message: FromParameter::default(),
            template: FromParameter::default(),
            data: FromParameter::default(),
        }
    }
}

impl Template {
    fn to_json(&self) -> String {
        let json = json::object(|object| {
            object.text("template", &self.name);
            object.optional_text("namespace", self.namespace.as_deref());
            object.optional_text("locale", self.locale.as_deref());
            object.optional_text("whatsapp_number", self.whatsapp_number.as_deref());
            match &self.content {
                Content::Text(data) => object.text("hsm_type", "MTM").json("mtm_data", data),
                Content::Media { header, body } => {
                    object.text("hsm_type", "MMT").json("header_data", header).json("body_data", body)
                }
            };
        });
        json.into_text()
    }

    fn arguments(&self) -> [Argument<'_>; 6] {
        let (text, header, body) = match &self.content {
            Content::Text(data) => (data.parameter(), None, None),
            Content::Media { header, body } => (None, header.parameter(), body.parameter()),
        };
        [
            ("namespace", self.namespace.parameter()),
            ("locale", self.locale.parameter()),
            ("whatsapp_number", self.whatsapp_number.parameter()),
            ("mtm_data", text),
            ("header_data", header),
            ("body_data", body),
        ]
    }
}

/// Updates the newest Ready record of this contact in this campaign. With `multiple`, or if there is none, creates one.
///
/// # Errors
/// `contact-not-found`, `campaign-not-found`, `campaign-expired`, `campaign-ended`, `contact-in-dnd`,
/// `schedule-invalid`, `schedule-in-the-past`, `schedule-out-of-range`, `channel-cannot-send`,
/// `channel-not-enabled`, `channel-not-configured`, `parameter-missing`, `campaign-type-channel`,
/// `internal-depth`, `value-too-large`, `parameter-invalid`.
pub fn save(draft: &Draft) -> Result<SaveResult, Error> {
    let lowered = records::Draft {
        campaign: draft.campaign.as_str().to_owned(),
        contact: draft.contact.as_str().to_owned(),
        schedule: (*draft.schedule).clone(),
        internal: *draft.internal,
        allow_dnd: draft.allow_dnd,
        multiple: draft.multiple,
        message: (*draft.message).clone(),
        template: draft.template.as_ref().map(Template::to_json),
        data: draft.data.as_ref().map(|data| data.as_str().to_owned()),
        extras: Vec::new(),
    };
    match records::save(&lowered) {
        Ok(saved) => Ok(SaveResult { id: saved.id.into(), created: saved.created }),
        Err(error) => {
            let arguments = [
                ("campaign", draft.campaign.parameter()),
                ("contact", draft.contact.parameter()),
                ("schedule", draft.schedule.parameter()),
                ("internal", draft.internal.parameter()),
                ("message", draft.message.parameter()),
                ("template", draft.template.parameter()),
                ("data", draft.data.parameter()),
            ];
            let error = error.map_arguments(&arguments);
            Err(match draft.template.as_ref() {
                Some(template) => error.map_arguments(&template.arguments()),
                None => error,
            })
        }
    }
}

/// Returns the contact's Ready records in the campaign, oldest first. The list begins after the record `after` and has
/// at most `limit` (1 to 1,000) records.
///
/// # Errors
/// `contact-not-found`, `campaign-not-found`, `parameter-invalid`.
pub fn list_ready(
    campaign: &FromParameter<CampaignId>,
    contact: &FromParameter<ContactId>,
    after: Option<&RecordId>,
    limit: u32,
) -> Result<Vec<Summary>, Error> {
    match records::list_ready(campaign.as_str(), contact.as_str(), after.map(RecordId::as_str), limit) {
        Ok(page) => {
            Ok(page.into_iter().map(|each| Summary { id: each.id.into(), scheduled_at: each.scheduled_at }).collect())
        }
        Err(error) => Err(error.map_arguments(&[("campaign", campaign.parameter()), ("contact", contact.parameter())])),
    }
}

/// Returns the state of a record of this contact: `ready`, `sent`, `confirmed`, `error`, `expired`, `dnd` or
/// `cancelled`. Later hosts may return further states.
///
/// # Errors
/// `contact-not-found`, `record-not-found`.
pub fn state(contact: &FromParameter<ContactId>, record: &FromParameter<RecordId>) -> Result<String, Error> {
    records::state(contact.as_str(), record.as_str())
        .map_err(|error| error.map_arguments(&[("contact", contact.parameter()), ("id", record.parameter())]))
}

/// Cancels a Ready record of this contact. Returns whether the call cancelled it; false for any other id.
///
/// # Errors
/// `contact-not-found`.
pub fn cancel(contact: &FromParameter<ContactId>, record: &FromParameter<RecordId>) -> Result<bool, Error> {
    records::cancel(contact.as_str(), record.as_str())
        .map_err(|error| error.map_arguments(&[("contact", contact.parameter()), ("id", record.parameter())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn template(content: Content) -> Template {
        Template {
            name: String::from("reminder"),
            namespace: FromParameter::default(),
            locale: FromParameter::new(None, Cow::Borrowed("LOCALE")),
            whatsapp_number: Some(String::from("56221234567")).into(),
            content,
        }
    }

    fn texts(texts: &[&str]) -> FromParameter<Json> {
        json::list(|list| {
            for text in texts {
                list.text(text);
            }
        })
        .into()
    }

    #[test]
    fn a_text_template_contains_its_list() {
        assert_eq!(
            template(Content::Text(texts(&["Ana", "12"]))).to_json(),
            r#"{"template":"reminder","whatsapp_number":"56221234567","hsm_type":"MTM","mtm_data":["Ana","12"]}"#
        );
    }

    #[test]
    fn a_media_template_contains_header_and_body() {
        let json = template(Content::Media { header: texts(&["a.png"]), body: texts(&[]) }).to_json();
        assert!(json.ends_with(r#""hsm_type":"MMT","header_data":["a.png"],"body_data":[]}"#), "{json}");
    }

    #[test]
    fn a_missing_template_field_names_its_parameter() {
        let template = template(Content::Text(texts(&[])));
        let error = Error::new("parameter-missing", "a template needs a language").with("argument", "locale");
        assert_eq!(error.map_arguments(&template.arguments()).parameter.as_deref(), Some("LOCALE"));
    }
}
