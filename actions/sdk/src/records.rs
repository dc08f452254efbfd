//! Campaign records of the session's tenant. Each function is a capability; the rules about states, schedules, DND
//! and validity are the host's.

use crate::bindings::flow::outbound::records;
use crate::error::{Argument, Error};
use crate::from_parameter::FromParameter;
use crate::json::{self, Json};
use crate::value::{CampaignId, ContactId, RecordId};

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:outbound/records";

/// What a record should be. [`Draft::new`] makes an external one without anything optional.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The campaign that owes it.
    pub campaign: FromParameter<CampaignId>,
    /// The contact that it is for.
    pub contact: FromParameter<ContactId>,
    /// `dd/MM/yyyy HH:mm:ss` in the tenant's zone, or RFC 3339 with an offset.
    pub schedule: FromParameter<Option<String>>,
    /// Start a session in place of sending a message.
    pub internal: FromParameter<bool>,
    /// Create it though the contact is on a do-not-disturb list.
    pub allow_dnd: bool,
    /// Always a new record, in place of updating the newest Ready one.
    pub multiple: bool,
    /// The text to send, for a channel that needs one.
    pub message: FromParameter<Option<String>>,
    /// What to send, for WhatsApp.
    pub template: FromParameter<Option<Template>>,
    /// Entities to hand on to the session that the record leads to: a map.
    pub data: FromParameter<Option<Json>>,
}

/// A WhatsApp template with what fills it.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// The workspace that it belongs to.
    pub namespace: FromParameter<Option<String>>,
    /// Its language; the host requires it.
    pub locale: FromParameter<Option<String>>,
    /// The service's number; the host requires it.
    pub whatsapp_number: FromParameter<Option<String>>,
    /// What it is made of.
    pub content: Content,
}

/// The two kinds of template.
#[derive(Debug, Clone)]
pub enum Content {
    /// A text message, MTM, with a list of the texts that fill it.
    Text(FromParameter<Json>),
    /// A multimedia message, MMT.
    Media {
        /// A list of the texts that fill its header.
        header: FromParameter<Json>,
        /// A list of the texts that fill its body.
        body: FromParameter<Json>,
    },
}

/// What [`save`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveResult {
    /// The record.
    pub id: RecordId,
    /// False: an existing Ready record was replaced and kept its id.
    pub created: bool,
}

/// A Ready record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The record.
    pub id: RecordId,
    /// `dd/MM/yyyy HH:mm:ss` in the tenant's zone. `None`: as soon as the campaign runs.
    pub schedule: Option<String>,
}

impl Draft {
    /// An external record, as soon as the campaign runs, that updates the newest Ready one.
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

/// Creates a record, or updates the newest Ready one of this contact in this campaign, as `multiple` says.
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

/// The contact's Ready records in the campaign, in order of creation, oldest first: at most `limit` (1 to 1,000) of those
/// after the record `after`.
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
        Ok(page) => Ok(page.into_iter().map(|each| Summary { id: each.id.into(), schedule: each.schedule }).collect()),
        Err(error) => Err(error.map_arguments(&[("campaign", campaign.parameter()), ("contact", contact.parameter())])),
    }
}

/// True only for the call that made a Ready record of this contact Cancelled; any other id is false.
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
    fn a_text_template_holds_its_list() {
        assert_eq!(
            template(Content::Text(texts(&["Ana", "12"]))).to_json(),
            r#"{"template":"reminder","whatsapp_number":"56221234567","hsm_type":"MTM","mtm_data":["Ana","12"]}"#
        );
    }

    #[test]
    fn a_media_template_holds_header_and_body() {
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
