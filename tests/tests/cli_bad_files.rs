//! Invalid JSON in files and batches gives a code and its position, and writes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use flowhost_tests::tenants::{self, contact_request, session};
use serde_json::{Value as Json, json};

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
    assert_eq!(env.contents(), vec![Vec::<Json>::new(); 3]);
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
fn a_session_time_outside_the_years_1_to_9999_is_rejected() {
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

/// The codes of the failures with which a batch answers these lines.
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
fn a_repeated_name_in_an_object_is_rejected() {
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
    assert_eq!(env.contents(), vec![Vec::<Json>::new(); 3]);
}

#[test]
fn an_entity_with_an_integer_beyond_64_bits_is_rejected() {
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
fn nul_in_a_session_or_a_key_is_rejected() {
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
    assert_eq!(env.contents(), vec![Vec::<Json>::new(); 3]);
}
