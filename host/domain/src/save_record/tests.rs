#![allow(clippy::unwrap_used)]

use super::*;
use crate::campaign::tests::campaign;
use crate::contact::tests::contact as known_in_messenger;
use crate::dnd::DndReason;
use crate::tenant::tests::tenant;
use crate::{Address, CampaignMode};
use flowhost_error::ErrorCode;

const TEMPLATE: &str = r#"{"template":"hi","locale":"es","whatsapp_number":"562"}"#;
const PLAIN: RecordDraft<'_> = RecordDraft {
    schedule: None,
    internal: false,
    allow_dnd: false,
    multiple: false,
    message: Some("hello"),
    template: None,
    data: None,
};
const MUTE: RecordDraft<'_> = RecordDraft { message: None, ..PLAIN };
const WITH_TEMPLATE: RecordDraft<'_> = RecordDraft { message: None, template: Some(TEMPLATE), ..PLAIN };
const INTERNAL: RecordDraft<'_> = RecordDraft { message: None, internal: true, ..PLAIN };

/// The arguments of a save.
struct Fixture {
    tenant: Tenant,
    campaign: Campaign,
    contact: Contact,
    ready: Option<(Record, bool)>,
    depth: u32,
}

impl Fixture {
    fn new() -> Self {
        Self { tenant: tenant(), campaign: campaign(), contact: known_in_messenger(), ready: None, depth: 0 }
    }

    fn with_channels(channels: &[&str]) -> Self {
        let address = |channel: &&str| Address {
            channel: (*channel).into(),
            identifier: "+56987654321".into(),
            typed: "987654321".into(),
        };
        let contact = Contact { addresses: channels.iter().map(address).collect(), ..known_in_messenger() };
        Self { contact, ..Self::new() }
    }

    fn save(&self, draft: &RecordDraft<'_>) -> Result<SavedRecord, Refusal> {
        let setting = SaveContext {
            tenant: &self.tenant,
            campaign: &self.campaign,
            contact: &self.contact,
            newest_ready: self.ready.as_ref().map(|(record, more)| (record, *more)),
            depth: self.depth,
            new_id: Uuid::from_u128(9),
            now: "2026-06-01T00:00:00Z".parse().unwrap(),
        };
        save_record(draft, &setting)
    }

    fn refusal_of(&self, draft: &RecordDraft<'_>) -> (ErrorCode, Option<&'static str>) {
        let refusal = self.save(draft).unwrap_err();
        (refusal.code, refusal.argument)
    }
}

#[test]
fn a_new_record_is_ready_in_its_first_run() {
    let saved = Fixture::new().save(&PLAIN).unwrap();
    assert!(saved.created && saved.warnings.is_empty());
    assert_eq!((saved.record.id, saved.record.state, saved.record.run), (Uuid::from_u128(9), RecordState::Ready, 1));
    assert_eq!((saved.record.message.as_deref(), saved.record.data.as_str()), (Some("hello"), "{}"));
}

#[test]
fn the_newest_ready_record_is_updated() {
    let mut fixture = Fixture::new();
    let old = fixture.save(&RecordDraft { schedule: Some("02/06/2026 10:00:00"), ..PLAIN }).unwrap().record;
    let old = Record { id: Uuid::from_u128(1), run: 3, created_at: DateTime::UNIX_EPOCH, ..old };
    fixture.ready = Some((old, false));
    let saved = fixture.save(&INTERNAL).unwrap();
    assert!(!saved.created && saved.warnings.is_empty());
    let Record { id, run, created_at, internal, message, schedule, .. } = saved.record;
    assert_eq!((id, run, created_at), (Uuid::from_u128(1), 3, DateTime::UNIX_EPOCH));
    assert_eq!((internal, message, schedule), (true, None, None));
}

#[test]
fn several_ready_records_warn() {
    let mut fixture = Fixture::new();
    fixture.ready = Some((fixture.save(&PLAIN).unwrap().record, true));
    assert_eq!(fixture.save(&PLAIN).unwrap().warnings.first().unwrap().code, "multiple-ready");
}

#[test]
fn multiple_always_creates_a_record() {
    let mut fixture = Fixture::new();
    let old = fixture.save(&PLAIN).unwrap().record;
    fixture.ready = Some((Record { id: Uuid::from_u128(1), ..old }, true));
    let saved = fixture.save(&RecordDraft { multiple: true, ..PLAIN }).unwrap();
    assert_eq!((saved.created, saved.record.id, saved.warnings.len()), (true, Uuid::from_u128(9), 0));
}

#[test]
fn required_content_per_channel() {
    let refused = |channels: &[&str], draft| Fixture::with_channels(channels).refusal_of(draft);
    assert_eq!(refused(&["messenger"], &MUTE), (ErrorCode::ChannelNotConfigured, Some("message")));
    assert_eq!(refused(&["messenger"], &WITH_TEMPLATE), (ErrorCode::ChannelNotConfigured, Some("message")));
    assert_eq!(refused(&["whatsapp"], &PLAIN), (ErrorCode::ChannelNotConfigured, Some("template")));
    assert_eq!(refused(&["widget"], &MUTE), (ErrorCode::ChannelCannotSend, Some("contact")));
    for (channels, draft) in [
        (&["whatsapp"][..], &WITH_TEMPLATE),
        (&["voice"], &MUTE),
        (&["voice", "whatsapp"], &MUTE),
        (&["voice", "whatsapp"], &WITH_TEMPLATE),
        (&["messenger", "whatsapp"], &PLAIN),
        (&["messenger", "widget"], &PLAIN),
        (&["sms"], &PLAIN),
    ] {
        assert!(Fixture::with_channels(channels).save(draft).is_ok(), "{channels:?} {draft:?}");
    }
}

#[test]
fn an_empty_message_counts_as_missing() {
    assert_eq!(Fixture::new().refusal_of(&RecordDraft { message: Some(""), ..PLAIN }).0, "channel-not-configured");
}

#[test]
fn a_template_is_stored_for_whatsapp_only() {
    let template = |channels: &[&str]| {
        let draft = RecordDraft { message: Some("hello"), ..WITH_TEMPLATE };
        Fixture::with_channels(channels).save(&draft).unwrap().record.template.is_some()
    };
    assert!(template(&["whatsapp"]) && template(&["voice", "whatsapp"]));
    assert!(!template(&["messenger"]));
}

#[test]
fn a_template_needs_its_locale_and_number() {
    let draft = RecordDraft { template: Some(r#"{"template":"hi","locale":"es"}"#), ..MUTE };
    for channels in [&["whatsapp"][..], &["voice", "whatsapp"]] {
        assert_eq!(
            Fixture::with_channels(channels).refusal_of(&draft),
            (ErrorCode::ParameterMissing, Some("whatsapp_number"))
        );
    }
}

#[test]
fn templates_need_a_simple_message_campaign() {
    let mut fixture = Fixture::with_channels(&["voice", "whatsapp"]);
    fixture.campaign.kind = CampaignKind::Multiple;
    assert_eq!(fixture.refusal_of(&WITH_TEMPLATE), (ErrorCode::CampaignTypeChannel, Some("template")));
    assert!(fixture.save(&MUTE).is_ok());
}

#[test]
fn a_disabled_channel_is_rejected() {
    let mut fixture = Fixture::with_channels(&["voice", "whatsapp"]);
    fixture.tenant.channels.retain(|channel| channel.name != "whatsapp");
    assert_eq!(fixture.refusal_of(&MUTE).0, "channel-not-enabled");
    let mut fixture = Fixture::new();
    fixture.tenant.channels.retain(|channel| channel.name != "messenger");
    assert_eq!(fixture.refusal_of(&PLAIN).0, "channel-not-enabled");
}

#[test]
fn an_internal_record_needs_no_channel_and_keeps_no_message() {
    let saved = Fixture::with_channels(&["widget"]).save(&INTERNAL).unwrap();
    assert_eq!((saved.record.internal, saved.record.depth), (true, 1));
    let with_content = RecordDraft { internal: true, message: Some("hello"), ..WITH_TEMPLATE };
    let record = Fixture::with_channels(&["whatsapp"]).save(&with_content).unwrap().record;
    assert_eq!((record.message, record.template), (None, None));
}

#[test]
fn internal_records_stop_at_depth_8() {
    let at_depth = |depth| Fixture { depth, ..Fixture::new() };
    assert_eq!(at_depth(7).save(&INTERNAL).unwrap().record.depth, 8);
    assert_eq!(at_depth(8).refusal_of(&INTERNAL), (ErrorCode::InternalDepth, Some("internal")));
    assert_eq!(at_depth(u32::MAX).refusal_of(&INTERNAL).0, "internal-depth");
    assert_eq!(at_depth(8).save(&PLAIN).unwrap().record.depth, 0);
}

#[test]
fn a_listed_contact_is_refused_unless_allowed() {
    let mut fixture = Fixture::new();
    let reason = DndReason { actor: "test", reason: None, now: DateTime::UNIX_EPOCH };
    fixture.contact = dnd::set_category(&fixture.contact, "Test", true, &reason).unwrap().contact;
    assert_eq!(fixture.refusal_of(&PLAIN), (ErrorCode::ContactInDnd, Some("contact")));
    assert_eq!(fixture.refusal_of(&INTERNAL).0, "contact-in-dnd");
    assert!(fixture.save(&RecordDraft { allow_dnd: true, ..PLAIN }).is_ok());
}

#[test]
fn an_ended_campaign_accepts_no_records() {
    let mut fixture = Fixture::new();
    let past = Some("2026-05-31T00:00:00Z".parse().unwrap());
    fixture.campaign.ends_at = past;
    assert_eq!(fixture.refusal_of(&PLAIN).0, "campaign-ended");
    fixture.campaign.valid_until = past.map(crate::Validity::Instant);
    assert_eq!(fixture.refusal_of(&PLAIN).0, "campaign-expired");
}

#[test]
fn schedule_rules_apply() {
    let mut fixture = Fixture::new();
    let due = |text| RecordDraft { schedule: Some(text), ..PLAIN };
    assert_eq!(fixture.refusal_of(&due("31/02/2027 10:00:00")).0, "schedule-invalid");
    assert_eq!(fixture.refusal_of(&due("31/01/2026 10:00:00")).0, "schedule-in-the-past");
    fixture.campaign.mode = CampaignMode::Manual;
    let saved = fixture.save(&due("31/01/2026 10:00:00")).unwrap();
    assert_eq!((saved.record.schedule, saved.warnings.first().unwrap().code), (None, ErrorCode::ScheduleIgnored));
}

#[test]
fn sizes_are_limited() {
    let fixture = Fixture::new();
    let long = "x".repeat(MAX_MESSAGE_BYTES + 1);
    assert_eq!(
        fixture.refusal_of(&RecordDraft { message: Some(&long), ..PLAIN }),
        (ErrorCode::ValueTooLarge, Some("message"))
    );
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_DATA_BYTES));
    assert_eq!(
        fixture.refusal_of(&RecordDraft { data: Some(&large), ..PLAIN }),
        (ErrorCode::ValueTooLarge, Some("data"))
    );
}

#[test]
fn data_is_a_json_object_stored_verbatim() {
    let fixture = Fixture::new();
    for bad in ["[]", "1", "{", "{\"a\":1e999}", &"[".repeat(1000)] {
        assert_eq!(
            fixture.refusal_of(&RecordDraft { data: Some(bad), ..PLAIN }),
            (ErrorCode::ParameterInvalid, Some("data")),
            "{bad}"
        );
    }
    let exact = r#"{"z":1.0,"a":12345678901234567890}"#;
    assert_eq!(fixture.save(&RecordDraft { data: Some(exact), ..PLAIN }).unwrap().record.data, exact);
}
