#![allow(clippy::unwrap_used)]

use super::*;
use crate::domain::campaign::tests::campaign;
use crate::domain::contact::tests::contact as known_in_messenger;
use crate::domain::dnd::Cause;
use crate::domain::tenant::tests::tenant;
use crate::domain::{Address, Mode};

const TEMPLATE: &str = r#"{"template":"hi","locale":"es","whatsapp_number":"562"}"#;
const PLAIN: Draft<'_> = Draft {
    schedule: None,
    internal: false,
    allow_dnd: false,
    multiple: false,
    message: Some("hello"),
    template: None,
    data: None,
};
const MUTE: Draft<'_> = Draft { message: None, ..PLAIN };
const WITH_TEMPLATE: Draft<'_> = Draft { message: None, template: Some(TEMPLATE), ..PLAIN };
const INTERNAL: Draft<'_> = Draft { message: None, internal: true, ..PLAIN };

/// A world to save in.
struct World {
    tenant: Tenant,
    campaign: Campaign,
    contact: Contact,
    ready: Option<(Record, bool)>,
    depth: u32,
}

impl World {
    fn new() -> Self {
        Self { tenant: tenant(), campaign: campaign(), contact: known_in_messenger(), ready: None, depth: 0 }
    }

    fn of(channels: &[&str]) -> Self {
        let address = |channel: &&str| Address {
            channel: (*channel).into(),
            identifier: "+56987654321".into(),
            typed: "987654321".into(),
        };
        let contact = Contact { addresses: channels.iter().map(address).collect(), ..known_in_messenger() };
        Self { contact, ..Self::new() }
    }

    fn save(&self, draft: &Draft<'_>) -> Result<Saved, Refusal> {
        let setting = Setting {
            tenant: &self.tenant,
            campaign: &self.campaign,
            contact: &self.contact,
            newest_ready: self.ready.as_ref().map(|(record, more)| (record, *more)),
            depth: self.depth,
            new_id: Uuid::from_u128(9),
            now: "2026-06-01T00:00:00Z".parse().unwrap(),
        };
        save(draft, &setting)
    }

    fn refuses(&self, draft: &Draft<'_>) -> (&'static str, Option<&'static str>) {
        let refusal = self.save(draft).unwrap_err();
        (refusal.code, refusal.argument)
    }
}

#[test]
fn a_new_record_is_ready_in_its_first_run() {
    let saved = World::new().save(&PLAIN).unwrap();
    assert!(saved.created && saved.warnings.is_empty());
    assert_eq!((saved.record.id, saved.record.state, saved.record.run), (Uuid::from_u128(9), RecordState::Ready, 1));
    assert_eq!((saved.record.message.as_deref(), saved.record.data.as_str()), (Some("hello"), "{}"));
}

#[test]
fn the_newest_ready_record_is_updated() {
    let mut world = World::new();
    let old = world.save(&Draft { schedule: Some("02/06/2026 10:00:00"), ..PLAIN }).unwrap().record;
    let old = Record { id: Uuid::from_u128(1), run: 3, created_at: DateTime::UNIX_EPOCH, ..old };
    world.ready = Some((old, false));
    let saved = world.save(&INTERNAL).unwrap();
    assert!(!saved.created && saved.warnings.is_empty());
    let Record { id, run, created_at, internal, message, schedule, .. } = saved.record;
    assert_eq!((id, run, created_at), (Uuid::from_u128(1), 3, DateTime::UNIX_EPOCH));
    assert_eq!((internal, message, schedule), (true, None, None));
}

#[test]
fn several_ready_records_warn() {
    let mut world = World::new();
    world.ready = Some((world.save(&PLAIN).unwrap().record, true));
    assert_eq!(world.save(&PLAIN).unwrap().warnings.first().unwrap().code, "multiple-ready");
}

#[test]
fn multiple_always_makes_a_new_one() {
    let mut world = World::new();
    let old = world.save(&PLAIN).unwrap().record;
    world.ready = Some((Record { id: Uuid::from_u128(1), ..old }, true));
    let saved = world.save(&Draft { multiple: true, ..PLAIN }).unwrap();
    assert_eq!((saved.created, saved.record.id, saved.warnings.len()), (true, Uuid::from_u128(9), 0));
}

#[test]
fn what_each_channel_needs() {
    let refused = |channels: &[&str], draft| World::of(channels).refuses(draft);
    assert_eq!(refused(&["messenger"], &MUTE), ("channel-not-configured", Some("message")));
    assert_eq!(refused(&["messenger"], &WITH_TEMPLATE), ("channel-not-configured", Some("message")));
    assert_eq!(refused(&["whatsapp"], &PLAIN), ("channel-not-configured", Some("template")));
    assert_eq!(refused(&["widget"], &MUTE), ("channel-cannot-send", Some("contact")));
    for (channels, draft) in [
        (&["whatsapp"][..], &WITH_TEMPLATE),
        (&["voice"], &MUTE),
        (&["voice", "whatsapp"], &MUTE),
        (&["voice", "whatsapp"], &WITH_TEMPLATE),
        (&["messenger", "whatsapp"], &PLAIN),
        (&["messenger", "widget"], &PLAIN),
        (&["sms"], &PLAIN),
    ] {
        assert!(World::of(channels).save(draft).is_ok(), "{channels:?} {draft:?}");
    }
}

#[test]
fn an_empty_message_is_none() {
    assert_eq!(World::new().refuses(&Draft { message: Some(""), ..PLAIN }).0, "channel-not-configured");
}

#[test]
fn a_template_is_kept_for_whatsapp_only() {
    let template = |channels: &[&str]| {
        let draft = Draft { message: Some("hello"), ..WITH_TEMPLATE };
        World::of(channels).save(&draft).unwrap().record.template.is_some()
    };
    assert!(template(&["whatsapp"]) && template(&["voice", "whatsapp"]));
    assert!(!template(&["messenger"]));
}

#[test]
fn a_template_needs_its_locale_and_number() {
    let draft = Draft { template: Some(r#"{"template":"hi","locale":"es"}"#), ..MUTE };
    for channels in [&["whatsapp"][..], &["voice", "whatsapp"]] {
        assert_eq!(World::of(channels).refuses(&draft), ("parameter-missing", Some("whatsapp_number")));
    }
}

#[test]
fn templates_go_with_simple_messages_only() {
    let mut world = World::of(&["voice", "whatsapp"]);
    world.campaign.kind = CampaignKind::Multiple;
    assert_eq!(world.refuses(&WITH_TEMPLATE), ("campaign-type-channel", Some("template")));
    assert!(world.save(&MUTE).is_ok());
}

#[test]
fn a_disabled_channel_carries_nothing() {
    let mut world = World::of(&["voice", "whatsapp"]);
    world.tenant.channels.retain(|channel| channel.name != "whatsapp");
    assert_eq!(world.refuses(&MUTE).0, "channel-not-enabled");
    let mut world = World::new();
    world.tenant.channels.retain(|channel| channel.name != "messenger");
    assert_eq!(world.refuses(&PLAIN).0, "channel-not-enabled");
}

#[test]
fn an_internal_record_needs_no_channel_and_keeps_no_message() {
    let saved = World::of(&["widget"]).save(&INTERNAL).unwrap();
    assert_eq!((saved.record.internal, saved.record.depth), (true, 1));
    let whole = Draft { internal: true, message: Some("hello"), ..WITH_TEMPLATE };
    let record = World::of(&["whatsapp"]).save(&whole).unwrap().record;
    assert_eq!((record.message, record.template), (None, None));
}

#[test]
fn internal_records_end_at_depth_8() {
    let deep = |depth| World { depth, ..World::new() };
    assert_eq!(deep(7).save(&INTERNAL).unwrap().record.depth, 8);
    assert_eq!(deep(8).refuses(&INTERNAL), ("internal-depth", Some("internal")));
    assert_eq!(deep(u32::MAX).refuses(&INTERNAL).0, "internal-depth");
    assert_eq!(deep(8).save(&PLAIN).unwrap().record.depth, 0);
}

#[test]
fn a_listed_contact_is_refused_unless_allowed() {
    let mut world = World::new();
    let cause = Cause { by: "test", reason: None, now: DateTime::UNIX_EPOCH };
    world.contact = dnd::set_category(&world.contact, "Test", true, &cause).unwrap().contact;
    assert_eq!(world.refuses(&PLAIN), ("contact-in-dnd", Some("contact")));
    assert_eq!(world.refuses(&INTERNAL).0, "contact-in-dnd");
    assert!(world.save(&Draft { allow_dnd: true, ..PLAIN }).is_ok());
}

#[test]
fn a_campaign_that_is_over_takes_none() {
    let mut world = World::new();
    let past = Some("2026-05-31T00:00:00Z".parse().unwrap());
    world.campaign.ends_at = past;
    assert_eq!(world.refuses(&PLAIN).0, "campaign-ended");
    world.campaign.valid_until = past.map(crate::domain::Validity::Instant);
    assert_eq!(world.refuses(&PLAIN).0, "campaign-expired");
}

#[test]
fn the_schedules_rules_hold() {
    let mut world = World::new();
    let due = |text| Draft { schedule: Some(text), ..PLAIN };
    assert_eq!(world.refuses(&due("31/02/2027 10:00:00")).0, "schedule-invalid");
    assert_eq!(world.refuses(&due("31/01/2026 10:00:00")).0, "schedule-in-the-past");
    world.campaign.mode = Mode::Manual;
    let saved = world.save(&due("31/01/2026 10:00:00")).unwrap();
    assert_eq!((saved.record.schedule, saved.warnings.first().unwrap().code), (None, "schedule-ignored"));
}

#[test]
fn sizes_are_bounded() {
    let world = World::new();
    let long = "x".repeat(MAX_MESSAGE_BYTES + 1);
    assert_eq!(world.refuses(&Draft { message: Some(&long), ..PLAIN }), ("value-too-large", Some("message")));
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_DATA_BYTES));
    assert_eq!(world.refuses(&Draft { data: Some(&large), ..PLAIN }), ("value-too-large", Some("data")));
}

#[test]
fn data_is_a_json_object_kept_as_given() {
    let world = World::new();
    for bad in ["[]", "1", "{", "{\"a\":1e999}", &"[".repeat(1000)] {
        assert_eq!(world.refuses(&Draft { data: Some(bad), ..PLAIN }), ("parameter-invalid", Some("data")), "{bad}");
    }
    let exact = r#"{"z":1.0,"a":12345678901234567890}"#;
    assert_eq!(world.save(&Draft { data: Some(exact), ..PLAIN }).unwrap().record.data, exact);
}
