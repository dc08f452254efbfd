//! Invalid input of every kind gives a code and a message that names the input, and writes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use flowhost_tests::tenants::{
    self, ALWAYS_ON, EXPIRED, OTHER_CAMPAIGN, RIVAL_CAMPAIGN, contact_request, record_request, session,
};
use serde_json::{Value as Json, json};

const UNKNOWN_ID: &str = "00000000-0000-4000-8000-000000000000";

/// A test environment in which `acme` and `rival` have a contact each, and the ids of these contacts.
fn test_env() -> (TestEnv, Json, Json) {
    let env = TestEnv::with_configuration(&tenants::apply());
    let answers = env.batch(&[contact_request("acme", "u-1"), contact_request("rival", "u-1")]);
    let id = |answer: &Json| answer["entities"]["contact_id"].clone();
    let (own, other) = (id(&answers[0]), id(&answers[1]));
    assert!(own.is_string() && other.is_string(), "{answers:?}");
    (env, own, other)
}

/// Asserts that the host refuses each request with this code and parameter, that the message contains these words, and
/// that the store is unchanged.
fn assert_refused(env: &TestEnv, cases: Vec<(Json, &str, Option<&str>, &str)>) -> Vec<Json> {
    let before = env.contents();
    let answers = env.batch(&cases.iter().map(|(request, ..)| request.clone()).collect::<Vec<_>>());
    for ((request, code, parameter, words), answer) in cases.iter().zip(&answers) {
        assert_eq!(answer["port"], "error", "{request} → {answer}");
        let error = &answer["error"];
        assert_eq!((&error["code"], &error["parameter"]), (&json!(code), &json!(parameter)), "{request} → {answer}");
        assert!(error["message"].as_str().unwrap().contains(words), "`{words}` isn't in {error}");
        assert!(answer["usage"]["wall_us"].as_u64().unwrap() < 100_000, "{answer}");
    }
    assert_eq!(env.contents(), before);
    answers
}

fn dnd_request(contact: &Json, campaign: &str, expression: Json) -> Json {
    json!({
        "action": "campaign-dnd-manager",
        "session": session("acme", "u-1", json!({ "contact_id": contact, "answer": "NO" })),
        "parameters": { "CAMPAIGN_ID": campaign, "CONTACT_IDENTIFIER_ENTITY": "contact_id", "DND_CONTACT_EXPRESSION": expression }
    })
}

#[test]
fn missing_data_of_a_tenant_is_reported() {
    let (env, contact, _) = test_env();
    let category = json!({
        "action": "campaign-dnd-validator-by-category",
        "session": session("acme", "u-1", json!({ "contact_id": contact })),
        "parameters": {
            "CAMPAIGN_CATEGORY": "Tests", "CONTACT_IDENTIFIER_ENTITY": "contact_id", "DND_VALIDATION_RESULT": "result"
        }
    });
    let channel = json!({
        "action": "campaign-dynamic-contact-manager",
        "session": session("acme", "u-1", json!({})),
        "parameters": {
            "CONTACT_CHANNEL": "kiosk", "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_EXPRESSION": "'a-1'",
            "CONTACT_IDENTIFIER_ENTITY": "other_id"
        }
    });
    let campaign = |id: &str| record_request("acme", &contact, &json!({ "CAMPAIGN_ID": id }));
    assert_refused(
        &env,
        vec![
            (contact_request("acmé", "u-1"), "tenant-not-found", None, "acmé"),
            (campaign(UNKNOWN_ID), "campaign-not-found", Some("CAMPAIGN_ID"), UNKNOWN_ID),
            (campaign(RIVAL_CAMPAIGN), "campaign-not-found", Some("CAMPAIGN_ID"), RIVAL_CAMPAIGN),
            (campaign(EXPIRED), "campaign-expired", Some("CAMPAIGN_ID"), "Expired"),
            (category, "category-not-found", Some("CAMPAIGN_CATEGORY"), "Tests"),
            (channel, "channel-not-enabled", Some("CONTACT_CHANNEL"), "kiosk"),
        ],
    );
}

#[test]
fn data_of_another_tenant_is_reported_as_missing() {
    let (env, own, of_rival) = test_env();
    let ids = [of_rival, json!(UNKNOWN_ID), json!("no uuid"), json!("")];
    let cases = |ids: &[Json]| {
        let refused = |id: &Json| {
            (record_request("acme", id, &json!({})), "contact-not-found", Some("CONTACT_IDENTIFIER_ENTITY"), "")
        };
        ids.iter().map(refused).collect::<Vec<_>>()
    };
    let answers = assert_refused(&env, cases(&ids));
    let without_id =
        |answer: &Json, id: &Json| answer["error"]["message"].as_str().unwrap().replace(id.as_str().unwrap(), "…");
    assert_eq!(without_id(&answers[0], &ids[0]), without_id(&answers[1], &ids[1]));
    let campaign = |id: &str| record_request("acme", &own, &json!({ "CAMPAIGN_ID": id }));
    let answers = env.batch(&[campaign(RIVAL_CAMPAIGN), campaign(UNKNOWN_ID)]);
    assert_eq!(without_id(&answers[0], &json!(RIVAL_CAMPAIGN)), without_id(&answers[1], &json!(UNKNOWN_ID)));
}

#[test]
fn missing_and_invalid_parameters_are_refused() {
    let (env, contact, _) = test_env();
    let mut missing = record_request("acme", &contact, &json!({}));
    missing["parameters"].as_object_mut().unwrap().remove("RECORD_ID_ENTITY");
    let record = |change: Json| record_request("acme", &contact, &change);
    assert_refused(
        &env,
        vec![
            (missing, "parameter-missing", Some("RECORD_ID_ENTITY"), "RECORD_ID_ENTITY"),
            (record(json!({ "CAMPAIGN_ID": "" })), "parameter-missing", Some("CAMPAIGN_ID"), "CAMPAIGN_ID"),
            (record(json!({ "CAMPAIGN_ID": "demo" })), "parameter-invalid", Some("CAMPAIGN_ID"), "demo"),
            (record(json!({ "ALLOW_DND_CONTACT": 1 })), "parameter-invalid", Some("ALLOW_DND_CONTACT"), "1"),
            (record(json!({ "ALLOW_DND_CONTACT": "1" })), "parameter-invalid", Some("ALLOW_DND_CONTACT"), "1"),
            (
                record(json!({ "ALLOW_DND_CONTACT": "quizás" })),
                "parameter-invalid",
                Some("ALLOW_DND_CONTACT"),
                "quizás",
            ),
            (record(json!({ "HSM_TYPE": "HSM" })), "parameter-invalid", Some("HSM_TYPE"), "MTM"),
            (
                record(json!({ "MESSENGER_ADDITIONAL_DATA": "a" })),
                "parameter-invalid",
                Some("MESSENGER_ADDITIONAL_DATA"),
                "list",
            ),
            (
                record(json!({ "OPERATION_ENTITY": "record_id" })),
                "parameter-invalid",
                Some("OPERATION_ENTITY"),
                "record_id",
            ),
        ],
    );
}

#[test]
fn an_error_clears_output_entities_or_sets_their_error_value() {
    let (env, contact, _) = test_env();
    let answer = &env.batch(&[record_request("acme", &contact, &json!({ "ALLOW_DND_CONTACT": "quizás" }))])[0];
    assert_eq!((&answer["entities"], &answer["cleared"]), (&json!({ "operation": "ERROR" }), &json!(["record_id"])));
}

#[test]
fn an_unknown_parameter_is_warned_about_and_booleans_have_many_spellings() {
    let (env, contact, _) = test_env();
    let record = |change: Json| record_request("acme", &contact, &change);
    let answers = env.batch(&[
        record(json!({ "CAMPAING_ID": "x" })),
        record(json!({ "ALLOW_DND_CONTACT": "YES" })),
        record(json!({ "ALLOW_DND_CONTACT": "no" })),
        record(json!({ "ALLOW_DND_CONTACT": "SÍ" })),
        record(json!({ "ALLOW_DND_CONTACT": true, "IS_INTERNAL": false })),
    ]);
    for answer in &answers {
        assert_eq!(answer["port"], "next", "{answer}");
    }
    let warning = &answers[0]["warnings"][0];
    assert_eq!((&warning["code"], &warning["parameter"]), (&json!("parameter-unknown"), &json!("CAMPAING_ID")));
    assert!(warning["message"].as_str().unwrap().contains("CAMPAIGN_ID"));
    assert_eq!(answers[1]["warnings"], json!([]));
}

#[test]
fn invalid_expressions_are_refused() {
    let (env, contact, _) = test_env();
    let message = |expression: &str| {
        record_request("acme", &contact, &json!({ "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": expression }))
    };
    let parameter = Some("OUTBOUND_MESSAGE_EXPRESSION_MESSENGER");
    let nested = "[1].map(a, [1].map(b, [1].map(c, [1].map(d, [1].map(e, e)))))";
    assert_refused(
        &env,
        vec![
            (message("'Hola' + + 'x'"), "expression-syntax", parameter, "column"),
            (message("'Hola"), "expression-syntax", parameter, "line 1"),
            (message("nombre"), "entity-not-set", parameter, "nombre"),
            (message("Hola Ana"), "expression-syntax", parameter, "Hola Ana"),
            (message("Hola {{ nombre }}"), "entity-not-set", parameter, "nombre"),
            (message("1 + 1"), "expression-type", parameter, "string("),
            (message("now"), "expression-type", parameter, "formatDate("),
            (message(&"a".repeat(20_000)), "expression-too-large", parameter, "10"),
            (message(&vec!["1"; 5_000].join("+")), "expression-too-large", parameter, ""),
            (message(nested), "expression-too-large", parameter, ""),
            (message("string(1 / 0)"), "expression-failed", parameter, ""),
            (
                dnd_request(&contact, ALWAYS_ON, json!("\"NO\"")),
                "expression-type",
                Some("DND_CONTACT_EXPRESSION"),
                "true or false",
            ),
            (
                dnd_request(&contact, ALWAYS_ON, json!("answer")),
                "expression-type",
                Some("DND_CONTACT_EXPRESSION"),
                "true or false",
            ),
        ],
    );
}

#[test]
fn invalid_dates_are_refused() {
    let (env, contact, _) = test_env();
    let at = |date: &str| record_request("acme", &contact, &json!({ "SCHEDULE_CONTACT_ENTITY": format!("'{date}'") }));
    let parameter = Some("SCHEDULE_CONTACT_ENTITY");
    assert_refused(
        &env,
        vec![
            (at("31/02/2077 10:00:00"), "schedule-invalid", parameter, "31/02/2077"),
            (at("2077-02-01"), "schedule-invalid", parameter, "2077-02-01"),
            (at("mañana"), "schedule-invalid", parameter, "dd/MM/yyyy HH:mm:ss"),
            (at("01/02/2020 10:00:00"), "schedule-in-the-past", parameter, "2020"),
        ],
    );
    // On 2026-09-06, clocks in Santiago skip from 00:00 to 01:00.
    let mut in_a_gap = at("06/09/2026 00:30:00");
    in_a_gap["session"]["at"] = json!("2026-08-01T00:00:00Z");
    assert_eq!(env.batch(&[in_a_gap])[0]["port"], "next");
    assert_eq!(env.list(&["records"])[0]["scheduled_at"], "2026-09-06T04:00:00Z");
}

#[test]
fn invalid_phone_numbers_are_refused() {
    let (env, ..) = test_env();
    let phone = |number: &str| {
        json!({
            "action": "campaign-whatsapp-voice-contact-manager",
            "session": session("acme", "u-1", json!({ "number": number })),
            "parameters": {
                "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_NUMBER_EXPRESSION": "number",
                "CONTACT_IDENTIFIER_ENTITY": "phone_id"
            }
        })
    };
    let parameter = Some("CONTACT_NUMBER_EXPRESSION");
    assert_refused(
        &env,
        vec![
            (phone("123"), "phone-invalid", parameter, "123"),
            (phone("llámame"), "phone-invalid", parameter, "llámame"),
            (phone(""), "phone-invalid", parameter, ""),
        ],
    );
    let answers = env.batch(&[phone("+56 9 8765 4321"), phone("9 8765 4321"), phone("56987654321")]);
    let id = &answers[0]["entities"]["phone_id"];
    assert!(id.is_string(), "{answers:?}");
    assert!(answers.iter().all(|answer| answer["entities"]["phone_id"] == *id), "{answers:?}");
    let contacts = env.list(&["contacts", "--channel", "voice"]);
    assert_eq!(contacts.len(), 1);
    let addresses = contacts[0]["addresses"].as_array().unwrap();
    assert!(
        addresses.iter().all(|address| address["identifier"] == "+56987654321") && addresses.len() == 2,
        "{addresses:?}"
    );
}

#[test]
fn a_record_is_cancelled_once_and_by_its_own_contact_only() {
    let (env, contact, _) = test_env();
    let other = env.batch(&[contact_request("acme", "u-2")])[0]["entities"]["contact_id"].clone();
    let record = env.batch(&[record_request("acme", &contact, &json!({}))])[0]["entities"]["record_id"].clone();
    let cancel = |contact: &Json, record: &Json| {
        json!({
            "action": "cancel-campaign-records-by-contact",
            "session": session("acme", "u-1", json!({ "contact_id": contact, "record_id": record })),
            "parameters": {
                "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_RECORD_ID": "record_id", "CANCEL_RESULT": "cancelled"
            }
        })
    };
    let answers = env.batch(&[
        cancel(&other, &record),
        cancel(&contact, &json!(UNKNOWN_ID)),
        cancel(&contact, &json!("no uuid")),
        cancel(&contact, &record),
        cancel(&contact, &record),
    ]);
    let results: Vec<_> = answers.iter().map(|answer| (&answer["port"], &answer["entities"]["cancelled"])).collect();
    let next = json!("next");
    assert_eq!(
        results,
        [false, false, false, true, false].map(Json::from).iter().map(|r| (&next, r)).collect::<Vec<_>>()
    );
    assert_refused(
        &env,
        vec![(cancel(&json!(UNKNOWN_ID), &record), "contact-not-found", Some("CONTACT_IDENTIFIER_ENTITY"), UNKNOWN_ID)],
    );
    assert_eq!(env.list(&["records"])[0]["state"], "cancelled");
}

#[test]
fn a_contact_on_a_list_gets_no_record() {
    let (env, contact, _) = test_env();
    let answers = env
        .batch(&[dnd_request(&contact, OTHER_CAMPAIGN, json!("true")), dnd_request(&contact, ALWAYS_ON, json!(true))]);
    assert!(answers.iter().all(|answer| answer["port"] == "next"), "{answers:?}");
    assert_refused(
        &env,
        vec![(record_request("acme", &contact, &json!({})), "contact-in-dnd", Some("CONTACT_IDENTIFIER_ENTITY"), "")],
    );
    let allowed = record_request("acme", &contact, &json!({ "ALLOW_DND_CONTACT": "YES" }));
    assert_eq!(env.batch(&[allowed])[0]["entities"]["operation"], "NEW");
}
