//! The command `invoke`: outcomes, failures, idempotency keys, batches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use flowhost_tests::tenants::{self, contact_request, record_request, session};
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Write as _};

const ACTION: &str = "campaign-contact-manager";

fn test_env() -> TestEnv {
    let env = TestEnv::with_configuration(&tenants::apply());
    env.file("session.json", session("acme", "u-1", json!({})).to_string());
    env.file("parameters.json", contact_request("acme", "u-1")["parameters"].to_string());
    env
}

fn with_key(mut request: Json, key: &str) -> Json {
    request["key"] = json!(key);
    request
}

#[test]
fn an_outcome_has_all_fields() {
    let env = test_env();
    let answer = env
        .run(&["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json"])
        .assert_success()
        .json();
    let fields: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["cleared", "entities", "error", "port", "replayed", "usage", "warnings"]);
    let expected = (&json!("next"), &json!([]), &Json::Null, &json!([]), &json!(false));
    assert_eq!(
        (&answer["port"], &answer["cleared"], &answer["error"], &answer["warnings"], &answer["replayed"]),
        expected
    );
    assert_eq!(answer["entities"]["contact_id"], env.list(&["contacts"])[0]["id"]);
    for count in ["cpu_us", "wall_us", "host_calls", "memory_bytes"] {
        assert!(answer["usage"][count].is_u64(), "{count}");
    }
}

#[test]
fn a_refusal_is_an_outcome() {
    let env = test_env();
    env.file("parameters.json", "{\"CONTACT_IDENTIFIER_ENTITY\":\"contact_id\"}");
    let answer = env
        .run(&["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json"])
        .assert_success()
        .json();
    assert_eq!((&answer["port"], &answer["cleared"]), (&json!("error"), &json!(["contact_id"])));
    assert_eq!(answer["error"]["code"], "parameter-missing");
    assert_eq!(answer["error"]["parameter"], "CONTACT_NAME_EXPRESSION");
}

#[test]
fn an_invalid_request_is_a_failure() {
    let env = test_env();
    env.file("no-user.json", "{\"tenant\":\"acme\",\"channel\":\"widget\"}");
    env.file("unknown.json", "{\"tenant\":\"acme\",\"channel\":\"widget\",\"user\":\"u\",\"usr\":1}");
    env.file("list.json", "[]");
    env.file("large.json", format!("{{\"X\":\"{}\"}}", "x".repeat(5 << 20)));
    for (action, session, parameters, code, words) in [
        ("campaign-contact-maneger", "session.json", "parameters.json", "action-not-found", "campaign-contact-manager"),
        ("campaign-contact-manager@7", "session.json", "parameters.json", "action-not-found", "7"),
        (ACTION, "no-user.json", "parameters.json", "session-invalid", "user"),
        (ACTION, "unknown.json", "parameters.json", "session-invalid", "usr"),
        (ACTION, "session.json", "list.json", "request-invalid", "list.json"),
        (ACTION, "session.json", "large.json", "request-too-large", "large.json"),
    ] {
        let answer = env
            .run(&["invoke", action, "--session", session, "--parameters", parameters])
            .assert_failure(1, &[words, code]);
        let failure = &answer.json()["failure"];
        assert_eq!((&failure["code"], &failure["retryable"]), (&json!(code), &json!(false)));
        assert!(failure["message"].as_str().unwrap().contains(words), "{failure}");
    }
    assert_eq!(env.list(&["contacts"]), Vec::<Json>::new());
}

#[test]
fn stdin_stands_for_one_file() {
    let env = test_env();
    let session = session("acme", "u-9", json!({})).to_string();
    let arguments = ["invoke", ACTION, "--session", "-", "--parameters", "parameters.json"];
    env.run_with(&arguments, &session).assert_success();
    assert_eq!(env.list(&["contacts"])[0]["addresses"][0]["identifier"], "u-9");
    env.run_with(&["invoke", ACTION, "--session", "-", "--parameters", "-"], &session).assert_failure(2, &["stdin"]);
}

#[test]
fn a_key_has_one_effect() {
    let env = test_env();
    let arguments = ["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json", "--key", "k-1"];
    let (first, second) = (env.run(&arguments).assert_success().json(), env.run(&arguments).assert_success().json());
    assert_eq!((&first["replayed"], &second["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(first["entities"], second["entities"]);
    env.file("parameters.json", "{\"CONTACT_NAME_EXPRESSION\":\"'Eva'\",\"CONTACT_IDENTIFIER_ENTITY\":\"contact_id\"}");
    env.run(&arguments).assert_failure(1, &["key-reused"]);
    assert_eq!(env.list(&["contacts"])[0]["name"], "Ana");
}

#[test]
fn a_key_needs_a_session_with_an_id() {
    let env = test_env();
    let mut request = with_key(contact_request("acme", "u-1"), "k-1");
    request["session"].as_object_mut().unwrap().remove("id");
    env.file("session.json", request["session"].to_string());
    let arguments = ["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json", "--key", "k-1"];
    let answer = env.run(&arguments).assert_failure(1, &["request-invalid", "`id`"]).json();
    assert_eq!(
        (&answer["failure"]["code"], &answer["failure"]["retryable"]),
        (&json!("request-invalid"), &json!(false))
    );
    assert_eq!(env.batch(&[request.clone()])[0]["failure"]["code"], "request-invalid");
    assert_eq!(env.list(&["contacts"]), Vec::<Json>::new());

    // Without a key the session needs no id. With an id, the request is replayed.
    let without_key = arguments.split_at(6).0;
    assert_eq!(env.run(without_key).assert_success().json()["port"], "next");
    request["session"]["id"] = json!("s-1");
    let replayed: Vec<_> = (0..2).map(|_| env.batch(&[request.clone()])[0]["replayed"].clone()).collect();
    assert_eq!(replayed, [false, true]);
}

#[test]
fn long_and_short_requests_are_answered_in_order() {
    let env = test_env();
    let mut long = contact_request("acme", "long");
    long["parameters"]["X"] = json!("x".repeat(3 << 20));
    let mut lines = vec![long.to_string(); 4];
    lines.extend((0..20).map(|index| contact_request("acme", &format!("u-{index}")).to_string()));
    let answers =
        env.run_with(&["invoke", "--batch", "--jobs", "8"], &(lines.join("\n") + "\n")).assert_success().lines();
    assert_eq!(answers.len(), 24);
    assert!(answers.iter().all(|answer| answer["port"] == "next"), "{answers:?}");
    assert!(answers[..4].iter().all(|answer| answer["entities"] == answers[0]["entities"]));
    assert_eq!(env.list(&["contacts"]).len(), 21);
}

#[test]
fn a_list_of_more_than_100_elements_is_refused() {
    let env = test_env();
    let contact = env.batch(&[contact_request("acme", "u-1")])[0]["entities"]["contact_id"].clone();
    let request = |count: usize| record_request("acme", &contact, &json!({ "HSM_MTM_DATA": vec!["'b'"; count] }));
    let answers = env.batch(&[request(100), request(101)]);
    assert_eq!((&answers[0]["port"], &answers[0]["error"]), (&json!("next"), &Json::Null));
    assert_eq!((&answers[1]["port"], &answers[1]["error"]["code"]), (&json!("error"), &json!("parameter-invalid")));
    assert_eq!(answers[1]["error"]["parameter"], "HSM_MTM_DATA");
    let mut node = request(101)["parameters"].clone();
    node["id"] = json!("n1");
    node["type"] = json!("campaign-record-administration");
    env.file("flow.json", json!([node]).to_string());
    let found = env.run(&["check", "flow.json", "--json"]);
    assert_eq!(found.code, 1);
    assert!(found.json().as_array().unwrap().iter().any(|found| found["code"] == "parameter-invalid"), "{found:?}");
}

#[test]
fn concurrent_requests_with_one_key_have_one_effect() {
    let env = test_env();
    let contact = env.batch(&[contact_request("acme", "u-1")])[0]["entities"]["contact_id"].clone();
    let request = with_key(record_request("acme", &contact, &json!({ "MULTIPLE_ACTIVE_RECORDS": "YES" })), "k-64");
    let lines = format!("{request}\n").repeat(64);
    let answers = env.run_with(&["invoke", "--batch", "--jobs", "64"], &lines).assert_success().lines();
    assert_eq!(answers.iter().filter(|answer| answer["replayed"] == false).count(), 1);
    assert!(answers.iter().all(|answer| answer["entities"] == answers[0]["entities"]));
    assert_eq!(env.list(&["records"]).len(), 1);
}

#[test]
fn concurrent_sessions_create_one_contact_and_one_record() {
    let env = test_env();
    let lines =
        |request: &dyn Fn(usize) -> Json| (0..64).map(|index| format!("{}\n", request(index))).collect::<String>();
    let with_id = |mut request: Json, index: usize| {
        request["session"]["id"] = json!(format!("s-{index}"));
        request
    };
    let run = |lines: &str| env.run_with(&["invoke", "--batch", "--jobs", "64"], lines).assert_success().lines();
    let contacts = run(&lines(&|index| with_id(contact_request("acme", "u-1"), index)));
    assert!(
        contacts.iter().all(|answer| answer["port"] == "next" && answer["entities"] == contacts[0]["entities"]),
        "{contacts:?}"
    );
    assert_eq!(env.list(&["contacts"]).len(), 1);

    let contact = &contacts[0]["entities"]["contact_id"];
    let records = run(&lines(&|index| with_id(record_request("acme", contact, &json!({})), index)));
    let of = |operation: &str| records.iter().filter(|answer| answer["entities"]["operation"] == operation).count();
    assert_eq!((of("NEW"), of("UPDATE")), (1, 63));
    assert_eq!(env.list(&["records", "--state", "ready"]).len(), 1);
}

#[test]
fn a_batch_answers_valid_and_invalid_lines_in_order() {
    let env = test_env();
    let broken = ["{", "[]", "{\"action\":1}", "{\"action\":\"x\",\"session\":{},\"extra\":1}", "\"\"", "null"];
    let mut lines: Vec<String> =
        (0..40).map(|index| contact_request("acme", &format!("u-{index}")).to_string()).collect();
    broken.iter().for_each(|line| lines.insert(7, (*line).to_owned()));
    lines.insert(3, String::new());
    let answers =
        env.run_with(&["invoke", "--batch", "--jobs", "8"], &(lines.join("\n") + "\n")).assert_success().lines();
    assert_eq!(answers.len(), 46);
    let failed: Vec<_> = (0..46).filter(|index| answers[*index]["failure"]["code"] == "request-invalid").collect();
    assert_eq!(failed, [7, 8, 9, 10, 11, 12]);
    let extra =
        answers.iter().find(|answer| answer["failure"]["message"].as_str().is_some_and(|text| text.contains("extra")));
    assert!(extra.is_some(), "{answers:?}");
    let by_id: std::collections::HashMap<_, _> = env
        .list(&["contacts"])
        .into_iter()
        .map(|c| (c["id"].clone(), c["addresses"][0]["identifier"].clone()))
        .collect();
    let users: Vec<_> = answers
        .iter()
        .filter(|answer| answer.get("failure").is_none())
        .map(|answer| by_id[&answer["entities"]["contact_id"]].clone())
        .collect();
    assert_eq!(users, (0..40).map(|index| json!(format!("u-{index}"))).collect::<Vec<_>>());
}

#[test]
fn a_batch_writes_each_outcome_before_the_next_request() {
    let env = test_env();
    let mut child = env.command(&["invoke", "--batch"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for user in ["u-1", "u-2", "u-3"] {
        writeln!(stdin, "{}", contact_request("acme", user)).unwrap();
        let answer: Json = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        assert_eq!(answer["port"], "next");
    }
    drop(stdin);
    assert!(answers.next().is_none());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_byte_order_mark_of_a_batch_is_skipped() {
    let env = test_env();
    let lines = format!("\u{feff}{}\n{}\n", contact_request("acme", "u-1"), contact_request("acme", "u-2"));
    let answers = env.run_with(&["invoke", "--batch"], &lines).assert_success().lines();
    assert!(answers.len() == 2 && answers.iter().all(|answer| answer["port"] == "next"), "{answers:?}");
    let answers = env.run_with(&["eval", "--batch"], "\u{feff}{\"expr\":\"1\"}\n").assert_success().lines();
    assert_eq!(answers, [json!({ "type": "integer", "value": 1 })]);
}

#[test]
fn a_line_that_is_too_large_is_answered_on_its_line() {
    let env = test_env();
    let lines = format!("{{\"action\":\"{}\"}}\n{}\n", "x".repeat(5 << 20), contact_request("acme", "u-1"));
    let answers = env.run_with(&["invoke", "--batch"], &lines).assert_success().lines();
    assert_eq!(answers[0]["failure"]["code"], "request-too-large");
    assert_eq!(answers[1]["port"], "next");
}

#[test]
fn a_file_is_applied_before_the_request() {
    let env = test_env();
    env.file("apply.json", tenants::apply().to_string());
    let arguments =
        ["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json", "--apply", "apply.json"];
    let answer = env.run(&[&["--store", "memory:"], arguments.as_slice()].concat()).assert_success();
    assert_eq!(answer.json()["port"], "next");
    assert_eq!(env.list(&["contacts"]), Vec::<Json>::new());
}
