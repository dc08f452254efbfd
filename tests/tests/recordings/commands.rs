//! The commands that write and replay recordings, as processes.

use flowhost_tests::command::TestEnv;
use flowhost_tests::components::plugin;
use flowhost_tests::tenants::{ALWAYS_ON, OTHER_CAMPAIGN, apply, contact_request, session};
use serde_json::{Value as Json, json};
use std::path::Path;

const ACTION: &str = "campaign-contact-manager";

/// An environment with the files of a request.
fn env() -> TestEnv {
    let env = TestEnv::with_configuration(&apply());
    let request = contact_request("acme", "u-1");
    env.file("session.json", request["session"].to_string());
    env.file("parameters.json", request["parameters"].to_string());
    env
}

fn invoke<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let invoke = ["invoke", ACTION, "--session", "session.json", "--parameters", "parameters.json"];
    invoke.into_iter().chain(more.iter().copied()).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn read(env: &TestEnv, name: &str) -> Json {
    serde_json::from_str(&std::fs::read_to_string(env.path(name)).unwrap()).unwrap()
}

#[test]
fn a_recorded_invocation_replays_the_same() {
    let env = env();
    let outcome = env.run(&invoke(&["--record", "one.recording.json"])).assert_success().json();
    let recording = read(&env, "one.recording.json");
    assert_eq!(recording["outcome"]["port"], outcome["port"]);
    assert_eq!((&recording["recording"], &recording["redacted"]), (&json!(1), &json!(false)));
    let replayed = env.run(&["replay", "one.recording.json"]).assert_success();
    assert!(replayed.stdout.starts_with("same: ") && replayed.stdout.ends_with("port next\n"), "{}", replayed.stdout);
    let json = env.run(&["replay", "one.recording.json", "--json", "--explain"]).assert_success().json();
    assert_eq!((&json["same"], &json["runs"], &json["conflicts"]), (&json!(true), &json!(1), &json!([])));
    let explained = env.run(&["replay", "one.recording.json", "--explain"]).assert_success();
    assert!(explained.stdout.ends_with("no conflict: 1 run\n"), "{}", explained.stdout);

    env.run(&["replay", "one.recording.json", "--record", "two.recording.json"]).assert_success();
    let mut both = [recording, read(&env, "two.recording.json")];
    for recording in &mut both {
        recording.as_object_mut().unwrap().remove("usage");
        recording.as_object_mut().unwrap().remove("seal");
    }
    assert_eq!(both[0], both[1]);
}

#[test]
fn a_recording_is_never_overwritten_and_nothing_runs() {
    let env = env();
    env.file("one.recording.json", "mine");
    let refused = env.run(&invoke(&["--record", "one.recording.json"]));
    refused.assert_failure(1, &["record-exists"]);
    assert_eq!(std::fs::read_to_string(env.path("one.recording.json")).unwrap(), "mine");
    assert_eq!(env.run(&["contacts", "--json"]).assert_success().json(), json!([]));

    std::fs::create_dir(env.path("folder")).unwrap();
    env.file("folder/other.recording.json", "mine");
    env.run_with(&["invoke", "--batch", "--record", "folder"], "").assert_failure(1, &["record-exists"]);
    env.file("flow.json", "[]");
    env.run(&["run", "flow.json", "--record", "folder"]).assert_failure(1, &["record-exists"]);
    env.run(&["test", "campaign-dnd-validator", "none.json", "--record", "folder"])
        .assert_failure(1, &["record-exists"]);
}

#[test]
fn a_folder_that_cannot_be_written_keeps_the_outcome() {
    let env = env();
    let output = env.run(&invoke(&["--record", "none/one.recording.json"]));
    let output = output.assert_failure(1, &["record-failed"]);
    assert_eq!(serde_json::from_str::<Json>(&output.stdout).unwrap()["port"], "next");
    env.file("plain", "");
    env.run_with(&["invoke", "--batch", "--record", "plain"], "").assert_failure(1, &["record-failed"]);
}

#[test]
fn a_batch_numbers_its_recordings_by_line() {
    let env = env();
    let lines =
        [contact_request("acme", "u-1").to_string(), "{}".to_owned(), contact_request("acme", "u-2").to_string()];
    let output = env.run_with(&["invoke", "--batch", "--jobs", "2", "--record", "out"], &lines.join("\n"));
    assert_eq!(output.assert_success().stdout.lines().count(), 3);
    let expected = [1, 3].map(|number| format!("{number:06}-{ACTION}.recording.json"));
    assert_eq!(names(&env.path("out")), expected);
    let replayed = env.run(&["replay", "out"]).assert_success();
    assert!(replayed.stdout.starts_with("2 same, 0 diverged, 0 invalid in "), "{}", replayed.stdout);
}

#[test]
fn an_outcome_from_a_key_writes_no_recording() {
    let env = env();
    env.run(&invoke(&["--key", "k", "--record", "one.recording.json"])).assert_success();
    env.run(&invoke(&["--key", "k", "--record", "two.recording.json"])).assert_success();
    assert!(env.path("one.recording.json").exists() && !env.path("two.recording.json").exists());
}

#[test]
fn a_run_records_each_step_and_resumes_without_recordings() {
    let env = env();
    let node = |id: &str, campaign: &str, next: &[&str]| {
        json!({
            "id": id, "type": "campaign-dnd-validator", "name": id, "CONTACT_IDENTIFIER_ENTITY": "contact_id",
            "CAMPAIGN_ID": campaign, "DND_VALIDATION_RESULT": "blocked", "wires": [next, []],
        })
    };
    let contact = json!({
        "id": "n1", "type": ACTION, "name": "n1", "CONTACT_NAME_EXPRESSION": "'Ana'",
        "CONTACT_IDENTIFIER_ENTITY": "contact_id", "wires": [["n2"], []],
    });
    env.file(
        "flow.json",
        json!([contact, node("n2", ALWAYS_ON, &["n3"]), node("n3", OTHER_CAMPAIGN, &[])]).to_string(),
    );
    env.run(&["run", "flow.json", "--session", "session.json", "--record", "steps"]).assert_success();
    let expected = [
        "000001-campaign-contact-manager.recording.json",
        "000002-campaign-dnd-validator.recording.json",
        "000003-campaign-dnd-validator.recording.json",
    ];
    assert_eq!(names(&env.path("steps")), expected);
    env.run(&["replay", "steps", "--explain"]).assert_success();
    env.run(&["run", "flow.json", "--session", "session.json", "--record", "again"]).assert_success();
    assert_eq!(names(&env.path("again")), [""; 0]);
    env.run(&["replay", "again"]).assert_failure(1, &["recording-none"]);
}

#[test]
fn the_failing_cases_are_recorded() {
    let env = TestEnv::new();
    let contact = "01a20d6d-5a00-7e04-84c1-f60a948f0606";
    let cases = json!({
        "format": 1,
        "given": {
            "campaigns": [{"id": ALWAYS_ON, "name": "C", "type": "simple", "mode": "always-on", "category": "K"}],
            "contacts": [{"id": contact, "addresses": [{"channel": "whatsapp", "identifier": "+12025550123"}]}],
            "session": {"entities": {"contact_id": contact}},
            "parameters": {
                "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_VALIDATION_RESULT": "blocked",
            },
        },
        "cases": [
            {"name": "passes", "expect": {"port": "next", "entities": {"blocked": false}}},
            {"name": "fails", "expect": {"port": "error", "error": {"code": "contact-not-found"}}},
        ],
    });
    env.file("cases.json", cases.to_string());
    let output = env.run(&["test", "campaign-dnd-validator", "cases.json", "--record", "failed", "--redact"]);
    assert_eq!(output.code, 1);
    assert_eq!(names(&env.path("failed")), ["000002-campaign-dnd-validator.recording.json"]);
    env.run(&["replay", "failed"]).assert_success();
}

#[test]
fn many_recordings_are_counted_whatever_is_in_the_folder() {
    let env = env();
    let lines: Vec<_> = (0..5).map(|user| contact_request("acme", &format!("u-{user}")).to_string()).collect();
    env.run_with(&["invoke", "--batch", "--record", "out/deep"], &lines.join("\n")).assert_success();
    let file = |number: usize| format!("out/deep/{number:06}-{ACTION}.recording.json");
    let text = |number: usize| std::fs::read_to_string(env.path(&file(number))).unwrap();
    env.file(&file(2), &text(2)[..200]);
    env.file(&file(3), text(3).replace("\"visit\"", "\"vizit\""));
    env.file(&file(4), text(4).replace("\"recording\":1", "\"recording\":9"));
    env.file("out/unrelated.json", "{}");
    let output = env.run(&["replay", "out", "--json"]);
    assert_eq!(output.code, 1);
    let report = output.json();
    assert_eq!((&report["same"], &report["diverged"], &report["invalid"]), (&json!(2), &json!(0), &json!(3)));
    let codes: Vec<_> =
        report["recordings"].as_array().unwrap().iter().map(|one| one["error"]["code"].clone()).collect();
    assert_eq!(codes, ["recording-invalid", "recording-damaged", "recording-version"]);
    let text = env.run(&["replay", "out"]).stdout;
    assert_eq!(text.lines().count(), 4, "{text}");
    let single = env.run(&["replay", &file(2), "--json"]);
    assert_eq!((single.code, &single.json()["error"]["code"]), (1, &json!("recording-invalid")));
}

#[test]
fn another_component_diverges_and_an_unknown_one_is_named() {
    let env = env();
    env.file("acme.wasm", plugin("acme-validator", "1.0.0"));
    std::fs::create_dir(env.path("plugins")).unwrap();
    env.file("plugins/acme.wasm", plugin("acme-validator", "1.0.0"));
    let parameters = json!({
        "CONTACT_IDENTIFIER_ENTITY": "contact_id", "CAMPAIGN_ID": ALWAYS_ON, "DND_VALIDATION_RESULT": "blocked",
    });
    env.file("dnd.json", parameters.to_string());
    env.file(
        "other.json",
        session("acme", "u-1", json!({ "contact_id": "01a20d6d-5a00-7e04-84c1-f60a948f0606" })).to_string(),
    );
    let invoke = ["invoke", "acme-validator", "--session", "other.json", "--parameters", "dnd.json"];
    let record = ["--plugins", "plugins", "--record", "acme.recording.json"];
    env.run(&[invoke.as_slice(), &record].concat()).assert_success();
    env.run(&["replay", "acme.recording.json"]).assert_failure(1, &["recording-component"]);
    env.run(&["replay", "acme.recording.json", "--plugins", "plugins"]).assert_success();
    env.run(&["replay", "acme.recording.json", "--plugin", "acme.wasm"]).assert_success();
    env.run(&["replay", "acme.recording.json", "--plugin", "campaign-dnd-validator"]).assert_success();
    let other = env.run(&["replay", "acme.recording.json", "--plugin", ACTION]);
    assert_eq!(other.code, 1);
    let lines: Vec<_> = other.stdout.lines().collect();
    assert!(lines[0].starts_with("recorded  acme-validator 1.0.0 sha256:"), "{}", other.stdout);
    assert!(lines[1].starts_with("replayed  campaign-contact-manager 1.0.0 sha256:"), "{}", other.stdout);
    assert!(lines[2].starts_with("diverged "), "{}", other.stdout);
    let json = env.run(&["replay", "acme.recording.json", "--plugin", ACTION, "--json"]).json();
    assert_eq!(json["same"], json!(false));
}

#[test]
fn wrong_usage_is_reported_as_such() {
    let env = env();
    assert_eq!(env.run(&["replay"]).code, 2);
    assert_eq!(env.run(&["replay", "a", "b", "--record", "c"]).code, 2);
    assert_eq!(env.run(&invoke(&["--redact"])).code, 2);
    env.run(&["replay", "missing.recording.json"]).assert_failure(1, &["recording-invalid"]);
    env.run(&["replay", "."]).assert_failure(1, &["recording-none"]);
}

#[test]
fn a_redacted_recording_has_no_text_of_the_user() {
    let env = env();
    env.run(&invoke(&["--record", "one.recording.json", "--redact"])).assert_success();
    let text = std::fs::read_to_string(env.path("one.recording.json")).unwrap();
    assert!(!text.contains("s-u-1") && text.contains("\"redacted\":true"), "{text}");
    env.run(&["replay", "one.recording.json"]).assert_success();
}
