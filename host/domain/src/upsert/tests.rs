#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::tenant::tests::tenant;
use flowhost_error::ErrorCode;

const NUMBER: &str = "+56987654321";
const BOTH: [(&str, &str); 2] = [("whatsapp", NUMBER), ("voice", NUMBER)];

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn named(name: &str) -> Profile<'_> {
    Profile { name, ..Profile::default() }
}

fn upsert(addresses: &[(&str, &str)], profile: &Profile<'_>) -> ContactUpsert {
    ContactUpsert::new(&tenant(), addresses, profile).unwrap()
}

/// Returns the contact that an upsert of these addresses creates.
fn created_contact(number: u128, addresses: &[(&str, &str)], profile: &Profile<'_>) -> Contact {
    upsert(addresses, profile).apply([], id(number), at(1)).unwrap().contact
}

fn refusal_of(addresses: &[(&str, &str)], profile: &Profile<'_>) -> (ErrorCode, Option<&'static str>) {
    let refusal = ContactUpsert::new(&tenant(), addresses, profile).unwrap_err();
    (refusal.code, refusal.argument)
}

#[test]
fn an_unknown_address_creates_a_contact() {
    let upserted = upsert(&[("whatsapp", "9 8765 4321")], &named(" Ana ")).apply([], id(7), at(1)).unwrap();
    assert!(upserted.created && upserted.changed);
    assert_eq!((upserted.contact.id, upserted.contact.name.as_str()), (id(7), "Ana"));
    let address = Address { channel: "whatsapp".into(), identifier: NUMBER.into(), typed: "9 8765 4321".into() };
    assert_eq!(upserted.contact.addresses, [address]);
}

#[test]
fn the_same_address_is_the_same_contact_whatever_its_name() {
    let ana = created_contact(1, &[("whatsapp", NUMBER)], &named("Ana"));
    let upserted = upsert(&[("whatsapp", "987654321")], &named("Eva")).apply([&ana], id(2), at(2)).unwrap();
    assert_eq!(upserted, UpsertResult { contact: ana, created: false, changed: false });
}

#[test]
fn a_name_changes_only_on_update_or_if_empty() {
    let ana = created_contact(1, &[("messenger", "u")], &named("Ana"));
    let update = Profile { update_name: true, ..named("Eva") };
    let upserted = upsert(&[("messenger", "u")], &update).apply([&ana], id(2), at(2)).unwrap();
    assert_eq!((upserted.contact.name.as_str(), upserted.contact.updated_at), ("Eva", at(2)));

    let nameless = created_contact(1, &[("messenger", "u")], &named(""));
    let filled = upsert(&[("messenger", "u")], &named("Eva")).apply([&nameless], id(2), at(2)).unwrap();
    assert_eq!((filled.contact.name.as_str(), filled.changed), ("Eva", true));

    let nothing = Profile { update_name: true, ..named("") };
    assert!(!upsert(&[("messenger", "u")], &nothing).apply([&ana], id(2), at(2)).unwrap().changed);
}

#[test]
fn a_correlator_is_overwritten_only_on_update() {
    let correlators = |value, update| [Correlator { slot: 2, value, update }];
    let with = |correlators: &[Correlator<'_>], found: &Contact| {
        let profile = Profile { correlators, ..named("Ana") };
        upsert(&[("messenger", "u")], &profile).apply([found], id(2), at(2)).unwrap().contact.correlators[1].clone()
    };
    let mut ana = created_contact(1, &[("messenger", "u")], &named("Ana"));
    assert_eq!(with(&correlators("7", false), &ana).as_deref(), Some("7"));
    ana.correlators[1] = Some("old".into());
    assert_eq!(with(&correlators("7", false), &ana).as_deref(), Some("old"));
    assert_eq!(with(&correlators("7", true), &ana).as_deref(), Some("7"));
    assert_eq!(with(&correlators(" ", true), &ana).as_deref(), Some("old"));
}

#[test]
fn correlators_have_three_slots_each_once() {
    let slot = |slot| Correlator { slot, value: "x", update: false };
    for correlators in [vec![slot(0)], vec![slot(4)], vec![slot(1), slot(1)]] {
        let profile = Profile { correlators: &correlators, ..named("Ana") };
        assert_eq!(refusal_of(&[("messenger", "u")], &profile), (ErrorCode::ParameterInvalid, Some("slot")));
    }
}

#[test]
fn a_contact_found_by_one_address_gains_the_other() {
    let ana = created_contact(1, &[("voice", NUMBER)], &named("Ana"));
    let upserted = upsert(&BOTH, &named("Ana")).apply([&ana], id(2), at(2)).unwrap();
    let channels: Vec<&str> = upserted.contact.addresses.iter().map(|address| address.channel.as_str()).collect();
    assert_eq!((upserted.created, channels), (false, vec!["voice", "whatsapp"]));
}

#[test]
fn two_contacts_are_never_merged() {
    let one = created_contact(1, &[("whatsapp", NUMBER)], &named("Ana"));
    let two = created_contact(2, &[("voice", NUMBER)], &named("Ana"));
    let refusal = upsert(&BOTH, &named("Ana")).apply([&one, &two], id(3), at(2)).unwrap_err();
    assert_eq!(refusal.code, "ambiguous-contact");
    let ids: Vec<&str> = refusal.details.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(ids, [id(1).to_string(), id(2).to_string()]);
    assert!(ids.iter().all(|id| refusal.message.contains(id)));
    assert!(upsert(&BOTH, &named("Ana")).apply([&one, &one], id(3), at(2)).is_ok());
}

#[test]
fn an_address_is_never_replaced() {
    let ana = created_contact(1, &[("whatsapp", NUMBER), ("voice", "+56223456789")], &named("Ana"));
    let refusal = upsert(&BOTH, &named("Ana")).apply([&ana], id(2), at(2)).unwrap_err();
    assert_eq!((refusal.code, refusal.details.len()), (ErrorCode::AmbiguousContact, 1));
}

#[test]
fn every_channel_must_be_enabled() {
    let mut without_voice = tenant();
    without_voice.channels.retain(|channel| channel.name != "voice");
    let refusal = ContactUpsert::new(&without_voice, &BOTH, &named("Ana")).unwrap_err();
    assert_eq!((refusal.code, refusal.argument), (ErrorCode::ChannelNotEnabled, Some("channel")));
}

#[test]
fn input_is_validated() {
    let ana = named("Ana");
    assert_eq!(refusal_of(&[], &ana).0, "identifier-invalid");
    assert_eq!(refusal_of(&[("messenger", " ")], &ana), (ErrorCode::IdentifierInvalid, Some("identifier")));
    assert_eq!(
        refusal_of(&[("messenger", "a"), ("messenger", "b")], &ana),
        (ErrorCode::IdentifierInvalid, Some("identifier"))
    );
    assert_eq!(refusal_of(&[("whatsapp", "123")], &ana), (ErrorCode::PhoneInvalid, Some("identifier")));
    assert_eq!(refusal_of(&[("messenger", &"x".repeat(257))], &ana), (ErrorCode::ValueTooLarge, Some("identifier")));
    assert_eq!(refusal_of(&[("messenger", "u")], &named(&"x".repeat(257))), (ErrorCode::ValueTooLarge, Some("name")));
    assert_eq!(refusal_of(&[("messenger", "a\0")], &ana), (ErrorCode::IdentifierInvalid, Some("identifier")));
}

#[test]
fn one_unusual_number_warns_once() {
    let unusual = upsert(&[("whatsapp", "+560987654321"), ("voice", "+560987654321")], &named("Ana"));
    let codes: Vec<ErrorCode> = unusual.warnings().iter().map(|found| found.warning.code).collect();
    assert_eq!(codes, ["phone-unusual"]);
}

#[test]
fn a_whatsapp_session_user_is_an_international_number() {
    let ana = named("Ana");
    let session = ContactUpsert::for_session_user(&tenant(), "whatsapp", "56987654321", &ana).unwrap();
    assert_eq!(session.addresses()[0].identifier, NUMBER);
    let local = ContactUpsert::for_session_user(&tenant(), "voice", "987654321", &ana).unwrap();
    assert_eq!(local.addresses()[0].identifier, NUMBER);
    let opaque = ContactUpsert::for_session_user(&tenant(), "messenger", "U-1", &ana).unwrap();
    assert_eq!(opaque.addresses()[0].identifier, "U-1");
    let absent = ContactUpsert::for_session_user(&tenant(), "kiosk", "U-1", &ana).unwrap_err();
    assert_eq!(absent.code, "channel-not-enabled");
}
