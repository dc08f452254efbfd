//! The rules for saving a campaign record.

use super::campaign::{Campaign, CampaignKind};
use super::contact::Contact;
use super::dnd;
use super::record::{Record, RecordState};
use super::refusal::{Refusal, Warning};
use super::schedule;
use super::template::Template;
use super::tenant::{Channel, Tenant, VOICE, WHATSAPP};
use super::text::reject_nul;
use chrono::{DateTime, Utc};
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Maximum bytes of a message.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// Maximum bytes of a record's additional data as JSON.
pub const MAX_DATA_BYTES: usize = 256 * 1024;
/// Maximum depth of a session. A session of this depth may not create an internal record.
pub const MAX_SESSION_DEPTH: u32 = 8;

/// The given values for a record.
#[derive(Debug, Clone, Copy, Default)]
pub struct RecordDraft<'a> {
    /// `dd/MM/yyyy HH:mm:ss` in the tenant's zone, or RFC 3339 with an offset. None or empty: as soon as the campaign
    /// runs.
    pub schedule: Option<&'a str>,
    /// Whether the record starts a session instead of sending a message. An internal record stores neither message nor
    /// template.
    pub internal: bool,
    /// Whether to create the record although the contact is on a DND list.
    pub allow_dnd: bool,
    /// Whether to always create a record instead of updating the newest Ready one.
    pub multiple: bool,
    /// The text to send. Empty counts as none.
    pub message: Option<&'a str>,
    /// WhatsApp's template, see [`Template::parse`]. The record stores it if the contact has a WhatsApp address.
    pub template: Option<&'a str>,
    /// Entities for the session that the record leads to: a JSON object.
    pub data: Option<&'a str>,
}

/// The tenant, campaign, contact and time for which a draft is saved.
#[derive(Debug, Clone, Copy)]
pub struct SaveContext<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The campaign of the record.
    pub campaign: &'a Campaign,
    /// The contact of the record.
    pub contact: &'a Contact,
    /// The contact's newest Ready record in the campaign, and whether there are more. A `multiple` draft does not need
    /// it.
    pub newest_ready: Option<(&'a Record, bool)>,
    /// The depth of the calling session: 0 for a session that a user began.
    pub depth: u32,
    /// The id of a new record.
    pub new_id: Uuid,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// The result of saving a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRecord {
    /// The record to create, or to store in place of the Ready record with the same id.
    pub record: Record,
    /// Whether the record is new. False: it replaces one.
    pub created: bool,
    /// The warnings: `schedule-ignored`, `schedule-waits`, `multiple-ready`.
    pub warnings: Vec<Warning>,
}

/// Returns the record to store for `draft`.
///
/// | an external record for a contact of | needs | else |
/// |---|---|---|
/// | WhatsApp | a template with locale and number | `channel-not-configured`, `parameter-missing` |
/// | Voice | nothing | |
/// | both | like WhatsApp if a template is given, else like Voice | as above |
/// | any other channel that can send | a message | `channel-not-configured` |
///
/// If the contact has several other channels, the needs of one of them suffice.
///
/// Errors: `campaign-expired`, `campaign-ended`, `internal-depth`, `contact-in-dnd`, `channel-not-enabled`,
/// `channel-cannot-send`, `channel-not-configured`, `parameter-missing`, `campaign-type-channel` (a template in a
/// Multiple Message campaign), `schedule-invalid`, `schedule-in-the-past`, `schedule-out-of-range`, `value-too-large`,
/// `parameter-invalid` (not a JSON object).
pub fn save_record(draft: &RecordDraft<'_>, context: &SaveContext<'_>) -> Result<SavedRecord, Refusal> {
    let SaveContext { tenant, campaign, contact, now, .. } = *context;
    campaign.check_accepts_records(tenant.time_zone, now)?;
    if !draft.allow_dnd && dnd::blocks_campaign(contact, campaign) {
        return Err(dnd_refusal(contact, campaign));
    }
    let (depth, message, template) = if draft.internal {
        (next_depth(context.depth)?, None, None)
    } else {
        let message = validate_message(draft.message)?;
        (0, message, template_to_store(draft, message, context)?)
    };
    let (due, warning) = schedule::resolve(draft.schedule, campaign, tenant.time_zone, now)?;
    let mut warnings: Vec<Warning> = warning.into_iter().collect();
    let replaced = context.newest_ready.filter(|_| !draft.multiple);
    if let Some((record, true)) = replaced {
        let message = format!(
            "the contact has several Ready records in the campaign {}; the newest, {}, was updated and the others stay",
            quote(&campaign.name),
            record.id
        );
        warnings.push(Warning::new(ErrorCode::MultipleReady, message, "multiple"));
    }
    let record = Record {
        id: replaced.map_or(context.new_id, |(record, _)| record.id),
        campaign: campaign.id,
        contact: contact.id,
        state: RecordState::Ready,
        internal: draft.internal,
        depth,
        schedule: due,
        message: message.map(str::to_owned),
        template,
        data: validate_data(draft.data)?,
        run: replaced.map_or(1, |(record, _)| record.run),
        created_at: replaced.map_or(now, |(record, _)| record.created_at),
        updated_at: now,
    };
    Ok(SavedRecord { record, created: replaced.is_none(), warnings })
}

fn dnd_refusal(contact: &Contact, campaign: &Campaign) -> Refusal {
    let message = format!(
        "the contact {} is on the do-not-disturb list of the campaign {} or of its category {}; remove it, or allow \
         such contacts",
        contact.id,
        quote(&campaign.name),
        quote(&campaign.category)
    );
    Refusal::new(ErrorCode::ContactInDnd, message).about_argument("contact")
}

fn next_depth(depth: u32) -> Result<u32, Refusal> {
    if depth < MAX_SESSION_DEPTH {
        return Ok(depth + 1);
    }
    let message = format!(
        "a session of depth {depth} may not create an internal record, the limit is {MAX_SESSION_DEPTH}; check for a \
         flow that starts itself"
    );
    Err(Refusal::new(ErrorCode::InternalDepth, message)
        .about_argument("internal")
        .with_detail("limit", MAX_SESSION_DEPTH.to_string()))
}

fn validate_message(given: Option<&str>) -> Result<Option<&str>, Refusal> {
    let Some(text) = given.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.len() > MAX_MESSAGE_BYTES {
        return Err(Refusal::too_large("the message", MAX_MESSAGE_BYTES, "bytes").about_argument("message"));
    }
    reject_nul(text, "the message", "message", ErrorCode::ParameterInvalid)?;
    Ok(Some(text))
}

fn validate_data(given: Option<&str>) -> Result<String, Refusal> {
    let Some(json) = given.filter(|json| !json.is_empty()) else {
        return Ok("{}".to_owned());
    };
    if json.len() > MAX_DATA_BYTES {
        return Err(Refusal::too_large("the additional data", MAX_DATA_BYTES, "bytes of JSON").about_argument("data"));
    }
    parse_object(json, "the additional data", "data")?;
    // The stored text stays as given, since serialising it again could change its numbers.
    Ok(json.to_owned())
}

/// Parses a JSON object. The errors name `argument`: `parameter-invalid`.
pub(super) fn parse_object(json: &str, what: &str, argument: &'static str) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_str(json) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(format!("{what} must be a JSON object, as in {{\"name\": \"Ana\"}}")),
        Err(error) => Err(format!("{what} is not JSON: {error}; it must be an object, as in {{\"name\": \"Ana\"}}")),
    }
    .map_err(|message| Refusal::new(ErrorCode::ParameterInvalid, message).about_argument(argument))
}

/// Returns the template to store with an external record, after checking that a channel of the contact can carry the
/// record.
fn template_to_store(
    draft: &RecordDraft<'_>,
    message: Option<&str>,
    context: &SaveContext<'_>,
) -> Result<Option<String>, Refusal> {
    let template = draft.template.filter(|json| !json.is_empty()).map(Template::parse).transpose()?.flatten();
    let channels = sendable_channels(context.tenant, context.contact)?;
    let has = |name: &str| channels.iter().any(|channel| channel.name == name);
    match template.filter(|_| has(WHATSAPP)) {
        Some(_) if context.campaign.kind == CampaignKind::Multiple => {
            let message = format!(
                "the campaign {} is of type Multiple Message, which does not allow WhatsApp's templates; use a Simple \
                 Message campaign or omit the template",
                quote(&context.campaign.name)
            );
            Err(Refusal::new(ErrorCode::CampaignTypeChannel, message).about_argument("template"))
        }
        Some(template) => template.validate_and_serialise().map(Some),
        None if has(VOICE) || message.is_some() && channels.iter().any(|channel| channel.takes_message()) => Ok(None),
        None => Err(channel_not_configured(&channels, context.campaign.kind)),
    }
}

/// Returns the contact's channels that can send.
fn sendable_channels<'a>(tenant: &'a Tenant, contact: &Contact) -> Result<Vec<&'a Channel>, Refusal> {
    let in_both = [WHATSAPP, VOICE].iter().all(|channel| contact.address_in(channel).is_some());
    if in_both {
        tenant.require_channel(WHATSAPP)?;
        tenant.require_channel(VOICE)?;
    }
    let names = || contact.addresses.iter().map(|address| address.channel.as_str());
    let enabled: Vec<&Channel> = names().filter_map(|name| tenant.channel(name)).collect();
    if enabled.is_empty()
        && let Some(name) = names().next()
    {
        tenant.require_channel(name)?;
    }
    let sending: Vec<&Channel> = enabled.into_iter().filter(|channel| channel.can_send).collect();
    if sending.is_empty() {
        let channels = names().collect::<Vec<_>>().join(", ");
        let message = format!(
            "no message can be sent in the contact's channel {channels}; make the record internal, or use the \
             contact's address in another channel"
        );
        return Err(Refusal::new(ErrorCode::ChannelCannotSend, message).about_argument("contact"));
    }
    Ok(sending)
}

fn channel_not_configured(channels: &[&Channel], kind: CampaignKind) -> Refusal {
    let names = channels.iter().map(|channel| channel.name.as_str()).collect::<Vec<_>>().join(", ");
    let only_whatsapp = channels.iter().all(|channel| channel.name == WHATSAPP);
    let (needs, argument) = match kind {
        _ if !only_whatsapp => ("a message; give one for it", "message"),
        CampaignKind::Simple => ("a template; give one with its locale and number", "template"),
        CampaignKind::Multiple => ("a template, and so a campaign of type Simple Message; use one", "template"),
    };
    let message = format!("a record for the contact's channel {names} needs {needs}");
    Refusal::new(ErrorCode::ChannelNotConfigured, message).about_argument(argument)
}

#[cfg(test)]
mod tests;
