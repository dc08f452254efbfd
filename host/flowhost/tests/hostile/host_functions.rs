//! The answers of the host functions, by the plugin `calls-functions`: it calls the functions of a list.

use crate::conflicts::ConflictingWrite;
use crate::fixture::{CAMPAIGN, Fixture};
use crate::plugins;
use flowhost::{Outcome, Session};
use flowhost_testing::{Cases, Requirement};
use serde_json::{Value as Json, json};
use std::path::Path;

#[tokio::test]
async fn cases_of_all_host_functions_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/plugins/calls-functions/cases");
    let report = Cases::read([folder]).unwrap().run(&plugins::component("calls-functions")).await.unwrap();
    report.assert_passed();
    let missing: Vec<_> = report.coverage.missing(Requirement::Capabilities).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// Calls the functions with these parameters, as the session of an unknown user.
async fn call(fixture: &Fixture, calls: Json, mut parameters: Json) -> Outcome {
    fixture.host.load(&plugins::component("calls-functions")).unwrap();
    parameters["CALLS"] = "calls".into();
    parameters["ANSWERS"] = "answers".into();
    let mut session = Session::new("acme", "whatsapp", "56933333333");
    session.entities.insert("calls".to_owned(), calls);
    let request = fixture.request("calls-functions", &parameters, session);
    fixture.host.invoke(request).await.unwrap()
}

#[tokio::test]
async fn a_warning_names_only_a_parameter_of_its_kind() {
    let fixture = Fixture::new().await;
    let contact = &fixture.contact;
    let text = format!("\"{CAMPAIGN}\"");
    // The contact is on the list of the campaign's category, so leaving that of the campaign raises a warning.
    let leave = [
        json!(["dnd.set-category", "Collections", contact, true, null]),
        json!(["dnd.set-campaign", CAMPAIGN, contact, false, null]),
    ];
    let cases = [
        (json!({ "CAMPAIGN_1": CAMPAIGN, "TEXT_1": text }), &["CAMPAIGN_1", "TEXT_1"][..], Some("CAMPAIGN_1")),
        (json!({ "CAMPAIGN_1": CAMPAIGN, "CAMPAIGN_2": CAMPAIGN }), &["CAMPAIGN_1", "CAMPAIGN_2"], None),
        // Only the values that the plugin has read count.
        (json!({ "CAMPAIGN_1": CAMPAIGN, "CAMPAIGN_2": CAMPAIGN }), &["CAMPAIGN_2"], Some("CAMPAIGN_2")),
        (json!({ "TEXT_1": text }), &["TEXT_1"], None),
        (json!({}), &[], None),
    ];
    for (parameters, read, expected) in cases {
        let calls: Vec<_> = read.iter().map(|name| json!(["parameters.get", name])).chain(leave.clone()).collect();
        let outcome = call(&fixture, calls.into(), parameters.clone()).await;
        let warnings: Vec<_> =
            outcome.warnings.iter().map(|warning| (&*warning.code, warning.parameter.as_deref())).collect();
        assert_eq!(warnings, [("category-still-blocks", expected)], "{parameters} {read:?}");
    }
}

#[tokio::test]
async fn find_sees_a_contact_that_another_session_creates() {
    let fixture = Fixture::new().await;
    let calls = json!([
        ["contacts.find", { "channel": "whatsapp", "identifier": "+56944444444" }],
        ["dnd.set-campaign", CAMPAIGN, fixture.contact, true, null],
    ]);
    fixture.conflicts.inject_before_commit([ConflictingWrite::Claim("+56944444444")]);
    let outcome = call(&fixture, calls, json!({})).await;
    assert_eq!((outcome.port.as_str(), fixture.conflicts.remaining()), ("next", 0), "{outcome:?}");
    let answers = &outcome.entities["answers"];
    assert!(answers[0].is_string(), "{answers}");
    assert_eq!(answers[1], true);
}
