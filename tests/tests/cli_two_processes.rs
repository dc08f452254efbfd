//! Two concurrent processes on one store: every key has one effect, and neither process gets a locked store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{CommandOutput, TestEnv};
use flowhost_tests::tenants::{self, ALWAYS_ON, contact_request, record_request, session};
use serde_json::{Value as Json, json};
use std::collections::{HashMap, HashSet};
use std::io::Write as _;

/// Requests of each process, each with its own key.
const KEYS: usize = 200;

/// Runs two processes concurrently with these requests and returns the answers.
///
/// A request with the failure `store-conflict` is sent again, as a caller does. Any other failure is an error.
fn run_two_processes(env: &TestEnv, arguments: &[&str], requests: [Vec<Json>; 2]) -> [Vec<Json>; 2] {
    let arguments = [&["invoke", "--batch", "--jobs", "32"], arguments].concat();
    let mut answers = requests.clone().map(|requests| vec![Json::Null; requests.len()]);
    while answers.iter().flatten().any(Json::is_null) {
        let open = answers.each_ref().map(|answers| {
            answers
                .iter()
                .enumerate()
                .filter_map(|(index, answer)| answer.is_null().then_some(index))
                .collect::<Vec<_>>()
        });
        let processes = [0, 1].map(|process| {
            let lines =
                open[process].iter().map(|index| format!("{}\n", requests[process][*index])).collect::<String>();
            let mut child = env.command(&arguments).spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
            std::thread::spawn(move || {
                let output = child.wait_with_output().unwrap();
                writer.join().unwrap();
                let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
                CommandOutput { code: output.status.code().unwrap(), stdout, stderr }.assert_success().lines()
            })
        });
        for (process, running) in processes.into_iter().enumerate() {
            let lines = running.join().unwrap();
            assert_eq!(lines.len(), open[process].len());
            for (index, line) in open[process].iter().zip(lines) {
                match line.get("failure") {
                    Some(failure) => assert_eq!(failure["code"], "store-conflict", "{line}"),
                    None => answers[process][*index] = line,
                }
            }
        }
    }
    answers
}

fn with_key(mut request: Json, key: String) -> Json {
    request["key"] = json!(key);
    request
}

/// A request of the session of user `u-1` for its contact.
fn request_about(contact: &Json, record: &Json, action: &str, parameters: Json) -> Json {
    let session = session("acme", "u-1", json!({ "contact_id": contact, "record_id": record }));
    json!({ "action": action, "session": session, "parameters": parameters })
}

#[test]
fn a_key_has_one_effect_in_two_processes() {
    let env = TestEnv::with_configuration(&tenants::apply());
    let contact = env.batch(&[contact_request("acme", "u-1")])[0]["entities"]["contact_id"].clone();
    let another = record_request("acme", &contact, &json!({ "MULTIPLE_ACTIVE_RECORDS": "YES" }));
    let requests: Vec<_> = (0..KEYS).map(|key| with_key(another.clone(), format!("k-{key}"))).collect();
    let [one, other] = run_two_processes(&env, &[], [requests.clone(), requests]);

    let ids: HashSet<_> = one.iter().map(|answer| answer["entities"]["record_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), KEYS);
    for (one, other) in one.iter().zip(&other) {
        assert_eq!((&one["entities"], &one["error"]), (&other["entities"], &Json::Null));
        let replayed = [one, other].map(|answer| answer["replayed"] == true);
        assert!(replayed == [true, false] || replayed == [false, true], "{one} {other}");
    }
    let stored = env.list(&["records", "--limit", "1000"]);
    assert_eq!(stored.iter().map(|record| record["id"].as_str().unwrap()).collect::<HashSet<_>>(), ids);
    assert_eq!(stored.len(), KEYS);
}

#[test]
fn two_processes_may_write_one_contact_and_one_record() {
    let env = TestEnv::with_configuration(&tenants::apply());
    let contact = env.batch(&[contact_request("acme", "u-1")])[0]["entities"]["contact_id"].clone();
    let record = env.batch(&[record_request("acme", &contact, &json!({}))])[0]["entities"]["record_id"].clone();
    let cancel = json!({
        "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_RECORD_ID": "record_id", "CANCEL_RESULT": "cancelled",
    });
    let block = |blocked: bool| {
        json!({
            "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON,
            "DND_CONTACT_EXPRESSION": blocked.to_string(),
        })
    };
    let requests = [0, 1].map(|process| {
        let round = |round: usize| {
            [
                request_about(&contact, &record, "cancel-campaign-records-by-contact", cancel.clone()),
                request_about(&contact, &record, "campaign-dnd-manager", block(round % 2 == process)),
                record_request("acme", &contact, &json!({ "ALLOW_DND_CONTACT": "YES" })),
                contact_request("acme", "u-1"),
            ]
        };
        (0..32).flat_map(round).collect::<Vec<_>>()
    });
    let answers = run_two_processes(&env, &[], requests).concat();

    assert!(answers.iter().all(|answer| answer["port"] == "next" && answer["error"].is_null()));
    let cancels = answers.iter().filter(|answer| answer["entities"]["cancelled"] == true).count();
    assert_eq!(cancels, 1);
    // Until its cancellation the first record is updated. Afterwards exactly one new record is created.
    let mut saved: HashMap<_, Vec<_>> = HashMap::new();
    for answer in answers.iter().filter(|answer| answer["entities"]["record_id"].is_string()) {
        let id = answer["entities"]["record_id"].as_str().unwrap();
        saved.entry(id).or_default().push(answer["entities"]["operation"].as_str().unwrap());
    }
    let stored: HashMap<_, _> = env
        .list(&["records"])
        .into_iter()
        .map(|record| (record["id"].as_str().unwrap().to_owned(), record["state"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(stored[record.as_str().unwrap()], "cancelled");
    for (id, operations) in saved {
        let new = operations.iter().filter(|operation| **operation == "NEW").count();
        assert_eq!(new, usize::from(record != id), "{id}");
        assert_eq!(stored.len(), 2);
    }
    assert_eq!(stored.values().filter(|state| *state == "ready").count(), 1);
    assert_eq!(env.list(&["contacts"]).len(), 1);
    assert!(env.list(&["dnd"]).len() <= 1);
}

#[test]
fn two_processes_may_create_one_store() {
    let env = TestEnv::new();
    env.file("apply.json", tenants::apply().to_string());
    let requests = [0, 1].map(|_| (0..32).map(|_| contact_request("acme", "u-1")).collect::<Vec<_>>());
    let answers = run_two_processes(&env, &["--apply", "apply.json"], requests).concat();
    let ids: HashSet<_> = answers.iter().map(|answer| answer["entities"]["contact_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(env.list(&["contacts"])[0]["id"].as_str(), ids.into_iter().next());
}
