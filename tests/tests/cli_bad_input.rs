//! Wrong input of every kind: a code, a message that names what was wrong, and nothing written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use flowhost_tests::tenants::{
    self, ALWAYS_ON, EXPIRED, OTHER_CAMPAIGN, RIVAL_CAMPAIGN, contact_request, record_request, session,
};
use serde_json::{Value as Json, json};

const UNKNOWN_ID: &str = "00000000-0000-4000-8000-000000000000";

/// A place where `acme` and `rival` have a contact each; their ids.
fn test_env() -> (TestEnv, Json, Json) {
    let env = TestEnv::with_configuration(&tenants::apply());
    let answers = env.batch(&[contact_request("acme", "u-1"), contact_request("rival", "u-1")]);
    let id = |answer: &Json| answer["entities"]["contact_id"].clone();
    let (own, other) = (id(&answers[0]), id(&answers[1]));
    assert!(own.is_string() && other.is_string(), "{answers:?}");
    (env, own, other)
}

/// Everything that the store holds.
fn contents(env: &TestEnv) -> Vec<Vec<Json>> {
    ["contacts", "records", "dnd"].iter().map(|list| env.list(&[list])).collect()
}

/// Asserts that each request is refused with its code, blames its parameter, names its words, and writes nothing.
fn assert_refused(env: &TestEnv, cases: Vec<(Json, &str, Option<&str>, &str)>) -> Vec<Json> {
    let before = contents(env);
    let answers = env.batch(&cases.iter().map(|(request, ..)| request.clone()).collect::<Vec<_>>());
    for ((request, code, parameter, words), answer) in cases.iter().zip(&answers) {
        assert_eq!(answer["port"], "error", "{request} → {answer}");
        let error = &answer["error"];
        assert_eq!((&error["code"], &error["parameter"]), (&json!(code), &json!(parameter)), "{request} → {answer}");
        assert!(error["message"].as_str().unwrap().contains(words), "`{words}` isn't in {error}");
        assert!(answer["usage"]["wall_us"].as_u64().unwrap() < 100_000, "{answer}");
    }
    assert_eq!(contents(env), before);
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
fn parameters_that_are_missing_or_of_another_kind() {
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
fn expressions() {
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
fn dates() {
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
    // Clocks in Santiago skip from 00:00 to 01:00 on 2026-09-06.
    let mut in_a_gap = at("06/09/2026 00:30:00");
    in_a_gap["session"]["at"] = json!("2026-08-01T00:00:00Z");
    assert_eq!(env.batch(&[in_a_gap])[0]["port"], "next");
    assert_eq!(env.list(&["records"])[0]["scheduled_at"], "2026-09-06T04:00:00Z");
}

#[test]
fn phones() {
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

#[test]
fn invalid_json_is_reported_for_every_file() {
    let env = TestEnv::with_configuration(&tenants::apply());
    env.file("broken.json", "{\n  \"tenant\": \"acme\",\n  \"channel\" \"widget\"\n}");
    env.file("latin.json", b"{\"tenant\": \"acm\xe9\"}");
    env.file("session.json", session("acme", "u-1", json!({})).to_string());
    env.file("parameters.json", "{}");
    let invoke = |session: &'static str, parameters: &'static str| {
        ["invoke", "campaign-contact-manager", "--session", session, "--parameters", parameters].to_vec()
    };
    let cases = [
        (invoke("broken.json", "parameters.json"), "session-invalid"),
        (invoke("session.json", "broken.json"), "request-invalid"),
        (vec!["run", "broken.json", "--session", "session.json"], "request-invalid"),
        (vec!["check", "broken.json"], "request-invalid"),
        (vec!["apply", "broken.json"], "apply-invalid"),
    ];
    for (arguments, code) in cases {
        env.run(&arguments).assert_failure(1, &["broken.json", "line 3 column", "3 |   \"channel\" \"widget\"", code]);
    }
    env.run(&["run", "latin.json"]).assert_failure(1, &["latin.json", "UTF-8"]);
    env.run(&["run", "missing.json"]).assert_failure(1, &["missing.json"]);
    assert_eq!(contents(&env), vec![Vec::<Json>::new(); 3]);
}

#[test]
fn an_apply_file_names_its_wrong_field() {
    let env = TestEnv::new();
    let wrong = |path: &str, value: Json| {
        let mut file = tenants::apply();
        *file.pointer_mut(path).unwrap() = value;
        file.to_string()
    };
    for (content, words) in [
        (wrong("/tenants/0/time_zone", json!("America/Santigo")), "tenants[0].time_zone"),
        (wrong("/campaigns/1/type", json!("simpel")), "campaigns[1].type"),
        (wrong("/campaigns/0/tenant", json!("nobody")), "campaigns[0].tenant"),
        (wrong("/campaigns/0/id", json!("demo")), "campaigns[0].id"),
        (wrong("/tenants/0/channels/1", json!("voise")), "tenants[0].channels[1]"),
        (json!({ "tenant": [] }).to_string(), "tenants"),
    ] {
        env.file("wrong.json", content);
        env.run(&["apply", "wrong.json"]).assert_failure(1, &["wrong.json", words, "apply-invalid"]);
    }
    assert_eq!((env.list(&["tenants"]), env.list(&["campaigns"])), (vec![], vec![]));
}

#[test]
fn a_session_outside_of_history() {
    let env = TestEnv::with_configuration(&tenants::apply());
    let at = |instant: &str| {
        let mut request = contact_request("acme", "u-1");
        request["session"]["at"] = json!(instant);
        request
    };
    let answers = env.batch(&[at("0000-12-31T23:59:59Z"), at("0001-01-01T00:00:00Z"), at("9999-12-31T23:59:59Z")]);
    assert_eq!(answers[0]["failure"]["code"], "session-invalid", "{}", answers[0]);
    assert!(answers[0]["failure"]["message"].as_str().unwrap().contains("years 1 to 9999"), "{}", answers[0]);
    assert_eq!((&answers[1]["port"], &answers[2]["port"]), (&json!("next"), &json!("next")), "{answers:?}");
}

/// The code of the failure with which the batch answers each of these lines.
fn codes_of_failures(env: &TestEnv, lines: &[String]) -> Vec<String> {
    let answers = env.run_with(&["invoke", "--batch"], &(lines.join("\n") + "\n")).assert_success().lines();
    assert_eq!(answers.len(), lines.len());
    answers.iter().map(|answer| answer["failure"]["code"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A request as text, with `old` replaced by `new`.
fn altered(request: &Json, old: &str, new: &str) -> String {
    let text = request.to_string();
    assert!(text.contains(old), "`{old}` isn't in {text}");
    text.replace(old, new)
}

#[test]
fn a_name_that_an_object_repeats() {
    let env = TestEnv::with_configuration(&tenants::apply());
    let mut request = contact_request("acme", "u-1");
    request["session"]["entities"] = json!({ "order": [{ "lines": 1 }] });
    request["parameters"]["X"] = json!({ "y": 1 });
    let repeated = [
        ("\"order\":", "\"order\":1,\"order\":"),
        ("\"lines\":1", "\"lines\":1,\"line\\u0073\":2"),
        ("\"tenant\":\"acme\"", "\"tenant\":\"rival\",\"tenant\":\"acme\""),
        ("\"CONTACT_NAME_EXPRESSION\":", "\"CONTACT_NAME_EXPRESSION\":\"'Eva'\",\"CONTACT_NAME_EXPRESSION\":"),
        ("\"y\":1", "\"y\":1,\"y\":1"),
        ("\"action\":", "\"action\":\"x\",\"action\":"),
    ];
    let lines: Vec<_> = repeated.iter().map(|(old, new)| altered(&request, old, new)).collect();
    assert_eq!(codes_of_failures(&env, &lines), vec!["request-invalid"; lines.len()]);

    env.file("session.json", request["session"].to_string());
    env.file("parameters.json", request["parameters"].to_string());
    env.file("session-twice.json", altered(&request["session"], "\"lines\":1", "\"lines\":1,\"lines\":1"));
    env.file("parameters-twice.json", altered(&request["parameters"], "\"y\":1", "\"y\":1,\"y\":1"));
    let flow = json!([{ "id": "n1", "type": "campaign-contact-manager", "wires": [[], []] }]);
    env.file("flow.json", flow.to_string());
    env.file("flow-twice.json", altered(&flow, "\"id\":\"n1\"", "\"id\":\"n0\",\"id\":\"n1\""));
    let tenant = altered(&tenants::apply(), "\"name\":\"Acme\"", "\"name\":\"Other\",\"name\":\"Acme\"");
    env.file("tenants-twice.json", tenant);
    let campaign = altered(&tenants::apply(), "\"name\":\"Other\"", "\"name\":\"Other\",\"name\":\"Another\"");
    env.file("campaigns-twice.json", campaign);
    let invoke = |session: &'static str, parameters: &'static str| {
        ["invoke", "campaign-contact-manager", "--session", session, "--parameters", parameters].to_vec()
    };
    for (arguments, file, code) in [
        (invoke("session-twice.json", "parameters.json"), "session-twice.json", "session-invalid"),
        (invoke("session.json", "parameters-twice.json"), "parameters-twice.json", "request-invalid"),
        (vec!["run", "flow.json", "--session", "session-twice.json"], "session-twice.json", "session-invalid"),
        (vec!["run", "flow-twice.json", "--session", "session.json"], "flow-twice.json", "request-invalid"),
        (vec!["check", "flow-twice.json"], "flow-twice.json", "request-invalid"),
        (vec!["apply", "tenants-twice.json"], "tenants-twice.json", "apply-invalid"),
        (vec!["apply", "campaigns-twice.json"], "campaigns-twice.json", "apply-invalid"),
    ] {
        env.run(&arguments).assert_failure(1, &[file, "line 1 column", code]);
    }
    assert_eq!(contents(&env), vec![Vec::<Json>::new(); 3]);
}

#[test]
fn an_integer_beyond_64_bits_among_the_entities() {
    let env = TestEnv::with_configuration(&tenants::apply());
    let mut request = contact_request("acme", "u-1");
    request["session"]["entities"] = json!({ "order": { "lines": [1, "here"] } });
    request["session"]["seed"] = json!(u64::MAX);
    let with = |value: &str| altered(&request, "\"here\"", value);
    let beyond = ["9223372036854775808", "-9223372036854775809", "18446744073709551616", "-100000000000000000000"];
    let lines = beyond.map(with);
    assert_eq!(codes_of_failures(&env, &lines), vec!["session-invalid"; lines.len()]);
    let lines = ["9223372036854775807", "-9223372036854775808", "1e30", "18446744073709551616.0"].map(with);
    assert_eq!(codes_of_failures(&env, &lines), vec![""; lines.len()]);

    env.file("session.json", altered(&request["session"], "\"here\"", beyond[2]));
    env.file("parameters.json", request["parameters"].to_string());
    let invoke = ["invoke", "campaign-contact-manager", "--session", "session.json", "--parameters", "parameters.json"];
    env.run(&invoke).assert_failure(1, &["session.json", "session-invalid"]);

    for integer in beyond {
        let entities = format!("{{\"a\":[{integer}]}}");
        env.run(&["eval", "a[0]", "--entities", &entities]).assert_failure(1, &["entity-type"]);
        let line = format!("{{\"expr\":\"a[0]\",\"entities\":{entities}}}\n");
        let answers = env.run_with(&["eval", "--batch"], &line).assert_success().lines();
        assert_eq!(answers[0]["error"]["code"], "entity-type");
    }
}

#[test]
fn a_nul_in_a_session_or_a_key() {
    let env = TestEnv::with_configuration(&tenants::apply());
    let mut keyed = contact_request("acme", "u-1");
    keyed["key"] = json!("k\u{0}1");
    let mut lines = vec![keyed.to_string()];
    for field in ["id", "tenant", "user", "channel"] {
        let mut request = contact_request("acme", "u-1");
        request["session"][field] = json!("a\u{0}b");
        lines.push(request.to_string());
    }
    let invalid = "session-invalid";
    assert_eq!(codes_of_failures(&env, &lines), ["request-invalid", invalid, invalid, invalid, invalid]);
    assert_eq!(contents(&env), vec![Vec::<Json>::new(); 3]);
}
