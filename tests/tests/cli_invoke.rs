//! `flowhost invoke`: outcomes, failures, keys, batches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::Place;
use flowhost_tests::tenants::{self, contact_request, record_request, session};
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Write as _};

const ACTION: &str = "campaign-contact-manager";

fn place() -> Place {
    let place = Place::with(&tenants::apply());
    place.file("session.json", session("acme", "u-1", json!({})).to_string());
    place.file("parameters.json", contact_request("acme", "u-1")["parameters"].to_string());
    place
}

fn with_key(mut request: Json, key: &str) -> Json {
    request["key"] = json!(key);
    request
}

#[test]
fn an_outcome_has_its_form() {
    let place = place();
    let answer =
        place.run(&["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json"]).done().json();
    let fields: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["cleared", "entities", "error", "port", "replayed", "usage", "warnings"]);
    let expected = (&json!("next"), &json!([]), &Json::Null, &json!([]), &json!(false));
    assert_eq!(
        (&answer["port"], &answer["cleared"], &answer["error"], &answer["warnings"], &answer["replayed"]),
        expected
    );
    assert_eq!(answer["entities"]["contact_id"], place.list(&["contacts"])[0]["id"]);
    for count in ["cpu_us", "wall_us", "host_calls", "memory_bytes"] {
        assert!(answer["usage"][count].is_u64(), "{count}");
    }
}

#[test]
fn a_refusal_is_an_answer() {
    let place = place();
    place.file("parameters.json", "{\"CONTACT_IDENTIFIER_ENTITY\":\"contact_id\"}");
    let answer =
        place.run(&["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json"]).done().json();
    assert_eq!((&answer["port"], &answer["cleared"]), (&json!("error"), &json!(["contact_id"])));
    assert_eq!(answer["error"]["code"], "parameter-missing");
    assert_eq!(answer["error"]["parameter"], "CONTACT_NAME_EXPRESSION");
}

#[test]
fn a_request_that_is_not_carried_out_is_a_failure() {
    let place = place();
    place.file("no-user.json", "{\"tenant\":\"acme\",\"channel\":\"widget\"}");
    place.file("unknown.json", "{\"tenant\":\"acme\",\"channel\":\"widget\",\"user\":\"u\",\"usr\":1}");
    place.file("list.json", "[]");
    place.file("large.json", format!("{{\"X\":\"{}\"}}", "x".repeat(5 << 20)));
    for (action, session, parameters, code, words) in [
        ("campaign-contact-maneger", "session.json", "parameters.json", "action-not-found", "campaign-contact-manager"),
        ("campaign-contact-manager@7", "session.json", "parameters.json", "action-not-found", "7"),
        (ACTION, "no-user.json", "parameters.json", "session-invalid", "user"),
        (ACTION, "unknown.json", "parameters.json", "session-invalid", "usr"),
        (ACTION, "session.json", "list.json", "request-invalid", "list.json"),
        (ACTION, "session.json", "large.json", "request-too-large", "large.json"),
    ] {
        let answer =
            place.run(&["invoke", action, "--session", session, "--parameters", parameters]).refused(1, &[words, code]);
        let failure = &answer.json()["failure"];
        assert_eq!((&failure["code"], &failure["retryable"]), (&json!(code), &json!(false)));
        assert!(failure["message"].as_str().unwrap().contains(words), "{failure}");
    }
    assert_eq!(place.list(&["contacts"]), Vec::<Json>::new());
}

#[test]
fn stdin_stands_for_one_file() {
    let place = place();
    let session = session("acme", "u-9", json!({})).to_string();
    let arguments = ["invoke", ACTION, "--session", "-", "--parameters", "parameters.json"];
    place.run_with(&arguments, &session).done();
    assert_eq!(place.list(&["contacts"])[0]["addresses"][0]["identifier"], "u-9");
    place.run_with(&["invoke", ACTION, "--session", "-", "--parameters", "-"], &session).refused(2, &["stdin"]);
}

#[test]
fn a_key_is_done_once() {
    let place = place();
    let arguments = ["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json", "--key", "k-1"];
    let (first, second) = (place.run(&arguments).done().json(), place.run(&arguments).done().json());
    assert_eq!((&first["replayed"], &second["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(first["entities"], second["entities"]);
    place.file(
        "parameters.json",
        "{\"CONTACT_NAME_EXPRESSION\":\"'Eva'\",\"CONTACT_IDENTIFIER_ENTITY\":\"contact_id\"}",
    );
    place.run(&arguments).refused(1, &["key-reused"]);
    assert_eq!(place.list(&["contacts"])[0]["name"], "Ana");
}

#[test]
fn a_key_needs_a_session_with_an_id() {
    let place = place();
    let mut request = with_key(contact_request("acme", "u-1"), "k-1");
    request["session"].as_object_mut().unwrap().remove("id");
    place.file("session.json", request["session"].to_string());
    let arguments = ["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json", "--key", "k-1"];
    let answer = place.run(&arguments).refused(1, &["request-invalid", "`id`"]).json();
    assert_eq!(
        (&answer["failure"]["code"], &answer["failure"]["retryable"]),
        (&json!("request-invalid"), &json!(false))
    );
    assert_eq!(place.batch(&[request.clone()])[0]["failure"]["code"], "request-invalid");
    assert_eq!(place.list(&["contacts"]), Vec::<Json>::new());

    // Without a key it needs none, and with an id the key can be replayed.
    let without_key = arguments.split_at(6).0;
    assert_eq!(place.run(without_key).done().json()["port"], "next");
    request["session"]["id"] = json!("s-1");
    let replayed: Vec<_> = (0..2).map(|_| place.batch(&[request.clone()])[0]["replayed"].clone()).collect();
    assert_eq!(replayed, [false, true]);
}

#[test]
fn long_and_short_requests_are_answered_in_order() {
    let place = place();
    let mut long = contact_request("acme", "long");
    long["parameters"]["X"] = json!("x".repeat(3 << 20));
    let mut lines = vec![long.to_string(); 4];
    lines.extend((0..20).map(|index| contact_request("acme", &format!("u-{index}")).to_string()));
    let answers = place.run_with(&["invoke", "--batch", "--jobs", "8"], &(lines.join("\n") + "\n")).done().lines();
    assert_eq!(answers.len(), 24);
    assert!(answers.iter().all(|answer| answer["port"] == "next"), "{answers:?}");
    assert!(answers[..4].iter().all(|answer| answer["entities"] == answers[0]["entities"]));
    assert_eq!(place.list(&["contacts"]).len(), 21);
}

#[test]
fn a_list_of_more_than_100_elements_is_refused() {
    let place = place();
    let contact = place.batch(&[contact_request("acme", "u-1")])[0]["entities"]["contact_id"].clone();
    let request = |count: usize| record_request("acme", &contact, &json!({ "HSM_MTM_DATA": vec!["'b'"; count] }));
    let answers = place.batch(&[request(100), request(101)]);
    assert_eq!((&answers[0]["port"], &answers[0]["error"]), (&json!("next"), &Json::Null));
    assert_eq!((&answers[1]["port"], &answers[1]["error"]["code"]), (&json!("error"), &json!("parameter-invalid")));
    assert_eq!(answers[1]["error"]["parameter"], "HSM_MTM_DATA");
    let mut node = request(101)["parameters"].clone();
    node["id"] = json!("n1");
    node["type"] = json!("campaign-record-administration");
    place.file("flow.json", json!([node]).to_string());
    let found = place.run(&["check", "flow.json", "--json"]);
    assert_eq!(found.code, 1);
    assert!(found.json().as_array().unwrap().iter().any(|found| found["code"] == "parameter-invalid"), "{found:?}");
}

#[test]
fn a_key_is_done_once_at_once() {
    let place = place();
    let contact = place.batch(&[contact_request("acme", "u-1")])[0]["entities"]["contact_id"].clone();
    let request = with_key(record_request("acme", &contact, &json!({ "MULTIPLE_ACTIVE_RECORDS": "YES" })), "k-64");
    let lines = format!("{request}\n").repeat(64);
    let answers = place.run_with(&["invoke", "--batch", "--jobs", "64"], &lines).done().lines();
    assert_eq!(answers.iter().filter(|answer| answer["replayed"] == false).count(), 1);
    assert!(answers.iter().all(|answer| answer["entities"] == answers[0]["entities"]));
    assert_eq!(place.list(&["records"]).len(), 1);
}

#[test]
fn sessions_at_once_make_one_contact_and_one_record() {
    let place = place();
    let lines =
        |request: &dyn Fn(usize) -> Json| (0..64).map(|index| format!("{}\n", request(index))).collect::<String>();
    let with_id = |mut request: Json, index: usize| {
        request["session"]["id"] = json!(format!("s-{index}"));
        request
    };
    let run = |lines: &str| place.run_with(&["invoke", "--batch", "--jobs", "64"], lines).done().lines();
    let contacts = run(&lines(&|index| with_id(contact_request("acme", "u-1"), index)));
    assert!(
        contacts.iter().all(|answer| answer["port"] == "next" && answer["entities"] == contacts[0]["entities"]),
        "{contacts:?}"
    );
    assert_eq!(place.list(&["contacts"]).len(), 1);

    let contact = &contacts[0]["entities"]["contact_id"];
    let records = run(&lines(&|index| with_id(record_request("acme", contact, &json!({})), index)));
    let of = |operation: &str| records.iter().filter(|answer| answer["entities"]["operation"] == operation).count();
    assert_eq!((of("NEW"), of("UPDATE")), (1, 63));
    assert_eq!(place.list(&["records", "--state", "ready"]).len(), 1);
}

#[test]
fn a_batch_answers_in_order_whatever_the_requests() {
    let place = place();
    let broken = ["{", "[]", "{\"action\":1}", "{\"action\":\"x\",\"session\":{},\"extra\":1}", "\"\"", "null"];
    let mut lines: Vec<String> =
        (0..40).map(|index| contact_request("acme", &format!("u-{index}")).to_string()).collect();
    broken.iter().for_each(|line| lines.insert(7, (*line).to_owned()));
    lines.insert(3, String::new());
    let answers = place.run_with(&["invoke", "--batch", "--jobs", "8"], &(lines.join("\n") + "\n")).done().lines();
    assert_eq!(answers.len(), 46);
    let failed: Vec<_> = (0..46).filter(|index| answers[*index]["failure"]["code"] == "request-invalid").collect();
    assert_eq!(failed, [7, 8, 9, 10, 11, 12]);
    let extra =
        answers.iter().find(|answer| answer["failure"]["message"].as_str().is_some_and(|text| text.contains("extra")));
    assert!(extra.is_some(), "{answers:?}");
    let by_id: std::collections::HashMap<_, _> = place
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
fn each_outcome_of_a_batch_is_there_before_the_next_request() {
    let place = place();
    let mut child = place.command(&["invoke", "--batch"]).spawn().unwrap();
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
fn a_mark_at_the_beginning_of_a_batch_is_skipped() {
    let place = place();
    let lines = format!("\u{feff}{}\n{}\n", contact_request("acme", "u-1"), contact_request("acme", "u-2"));
    let answers = place.run_with(&["invoke", "--batch"], &lines).done().lines();
    assert!(answers.len() == 2 && answers.iter().all(|answer| answer["port"] == "next"), "{answers:?}");
    let answers = place.run_with(&["eval", "--batch"], "\u{feff}{\"expr\":\"1\"}\n").done().lines();
    assert_eq!(answers, [json!({ "type": "integer", "value": 1 })]);
}

#[test]
fn a_line_that_is_too_large_is_answered_on_its_line() {
    let place = place();
    let lines = format!("{{\"action\":\"{}\"}}\n{}\n", "x".repeat(5 << 20), contact_request("acme", "u-1"));
    let answers = place.run_with(&["invoke", "--batch"], &lines).done().lines();
    assert_eq!(answers[0]["failure"]["code"], "request-too-large");
    assert_eq!(answers[1]["port"], "next");
}

#[test]
fn a_file_is_applied_before_the_request() {
    let place = place();
    place.file("apply.json", tenants::apply().to_string());
    let arguments =
        ["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json", "--apply", "apply.json"];
    let answer = place.run(&[&["--store", "memory:"], arguments.as_slice()].concat()).done();
    assert_eq!(answer.json()["port"], "next");
    assert_eq!(place.list(&["contacts"]), Vec::<Json>::new());
}
