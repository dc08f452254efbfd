//! The command line escapes control characters and misleading characters in all output.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{CommandOutput, TestEnv};
use flowhost_tests::tenants::{self, session};
use serde_json::{Value as Json, json};

/// C0 and C1 control characters, bidirectional controls and line separators.
const HIDDEN: &str = "a\u{1b}]0;title\u{7}\u{9b}2J\u{85}\u{7f}\u{202e}b\u{202a}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}c\u{2028}\u{2029}d";

fn is_unsafe(character: char) -> bool {
    character != '\n'
        && (character.is_control() || HIDDEN.chars().any(|hidden| hidden == character && !hidden.is_ascii_graphic()))
}

/// Asserts that neither stream holds an unsafe character.
#[track_caller]
fn assert_printable(answer: CommandOutput) -> CommandOutput {
    for text in [&answer.stdout, &answer.stderr] {
        assert!(!text.contains(is_unsafe), "{text:?}");
    }
    assert!(!answer.stderr.contains("panicked"), "{}", answer.stderr);
    answer
}

fn test_env() -> TestEnv {
    let env = TestEnv::with_configuration(&tenants::apply());
    env.plugins(&["hostile"]);
    env
}

fn invoke_attack(env: &TestEnv, attack: &str) -> Json {
    let request = json!({
        "action": "hostile",
        "session": session("acme", "u-1", json!({})),
        "parameters": { "ATTACK": attack, "RESULT_ENTITY": "result", "STATUS_ENTITY": "status" }
    });
    let answer = env.run_with(&["--plugins", "plugins", "invoke", "--batch"], &format!("{request}\n")).assert_success();
    assert_printable(answer).json()
}

#[test]
fn a_code_with_other_characters_violates_the_contract() {
    let env = test_env();
    for attack in ["refuses-with-an-escape", "warns-with-an-escape"] {
        let answer = invoke_attack(&env, attack);
        assert_eq!(answer["error"]["code"], "plugin-contract", "{answer}");
    }
}

#[test]
fn text_of_a_plugin_is_escaped_and_keeps_its_value() {
    let env = test_env();
    let answer = invoke_attack(&env, "hides-characters");
    let warning = &answer["warnings"][0];
    let hidden = warning["message"].as_str().unwrap();
    assert_eq!(hidden.chars().filter(|character| is_unsafe(*character)).count(), 9, "{hidden:?}");
    assert_eq!((&answer["entities"][hidden], &warning["parameter"]), (&json!(hidden), &json!(hidden)));
}

#[test]
fn the_output_of_a_run_is_escaped() {
    let env = test_env();
    let node =
        |id: &str, kind: &str, next: &str| json!({ "id": id, "type": kind, "name": HIDDEN, "wires": [[next], []] });
    let mut flow =
        json!([node("n1", "hostile", "n2"), node("n2", "hostile", "n3"), node("n3", "campaign-contact-manager", "")]);
    for (node, attack) in [(0, "hides-characters"), (1, "warns-often")] {
        let parameters = json!({ "ATTACK": attack, "RESULT_ENTITY": "result", "STATUS_ENTITY": HIDDEN });
        parameters.as_object().unwrap().iter().for_each(|(name, value)| flow[node][name] = value.clone());
    }
    flow[2]["CONTACT_NAME_EXPRESSION"] = json!(format!("entities['{HIDDEN}x']"));
    flow[2]["CONTACT_IDENTIFIER_ENTITY"] = json!("contact_id");
    flow[2]["wires"] = json!([[], []]);
    env.file("flow.json", flow.to_string());
    env.file("session.json", session("acme", "u-1", json!({ HIDDEN: HIDDEN })).to_string());
    let arguments = ["--plugins", "plugins", "run", "flow.json", "--session", "session.json", "--start", "n1"];
    let answer = assert_printable(env.run(&arguments).assert_success());
    assert_eq!(answer.json()["entities"][HIDDEN], "done", "{}", answer.stderr);
    assert!(answer.stderr.contains("entity-not-set"), "{}", answer.stderr);
    assert_printable(env.run(&["check", "flow.json"]));
    assert_printable(env.run(&["check", "flow.json", "--json", "--start", HIDDEN]));
    assert_printable(env.run(&["run", "flow.json", "--start", HIDDEN]));
}

#[test]
fn lists_and_outcomes_are_escaped() {
    let env = TestEnv::with_configuration(&tenants::apply());
    let request = |name: &str, parameter: &str| {
        json!({
            "action": "campaign-contact-manager",
            "session": session("acme", "u-1", json!({ "name": name })),
            "parameters": { "CONTACT_NAME_EXPRESSION": parameter, "CONTACT_IDENTIFIER_ENTITY": "contact_id", HIDDEN: 1 }
        })
    };
    let lines = format!("{}\n{}\n{{\"{HIDDEN}\n", request(HIDDEN, "name"), request("", &format!("'{HIDDEN}' + 1")));
    let answers = assert_printable(env.run_with(&["invoke", "--batch"], &lines).assert_success()).lines();
    assert_eq!(answers[0]["port"], "next", "{answers:?}");
    let listed = assert_printable(env.run(&["contacts", "--json"]).assert_success()).json();
    assert_eq!(listed[0]["name"], HIDDEN);
    let table = assert_printable(env.run(&["contacts"]).assert_success());
    assert!(table.stdout.contains("\\u{1b}"), "{}", table.stdout);

    let mut file = tenants::apply();
    file["tenants"][0]["name"] = json!(HIDDEN);
    file["tenants"][0]["default_intention"] = json!(HIDDEN);
    env.file("apply.json", file.to_string());
    assert_printable(env.run(&["apply", "apply.json"]).assert_success());
    assert_eq!(assert_printable(env.run(&["tenants", "--json"]).assert_success()).json()[0]["name"], HIDDEN);
    assert_printable(env.run(&["tenants"]).assert_success());
    file["tenants"][0]["time_zone"] = json!(HIDDEN);
    env.file("apply.json", file.to_string());
    assert_printable(env.run(&["apply", "apply.json"]).assert_failure(1, &["apply-invalid"]));
}

#[test]
fn expressions_and_arguments_are_escaped() {
    let env = TestEnv::new();
    let entities = json!({ "name": HIDDEN }).to_string();
    let answer = assert_printable(env.run(&["eval", "name", "--entities", &entities]).assert_success());
    assert_eq!(answer.json()["value"], HIDDEN);
    for source in
        [&format!("entities['{HIDDEN}']"), &format!("'{HIDDEN}' + 1"), HIDDEN, &format!("name + + '{HIDDEN}'")]
    {
        assert_printable(env.run(&["eval", source])).assert_failure(1, &[]);
        let line = format!("{}\n", json!({ "expr": source }));
        assert!(
            assert_printable(env.run_with(&["eval", "--batch"], &line).assert_success()).json()["error"].is_object()
        );
    }
    for arguments in [vec!["actions", HIDDEN], vec!["apply", HIDDEN], vec![HIDDEN], vec!["tenants", "--store", HIDDEN]]
    {
        assert_ne!(assert_printable(env.run(&arguments)).code, 0);
    }
}
