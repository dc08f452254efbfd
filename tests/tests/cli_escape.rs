//! Nothing that a terminal obeys or that misleads a reader is written, wherever it comes from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{Answer, Place};
use flowhost_tests::tenants::{self, session};
use serde_json::{Value as Json, json};

/// Control characters of both kinds, marks of writing direction and separators of lines.
const HIDDEN: &str = "a\u{1b}]0;title\u{7}\u{9b}2J\u{85}\u{7f}\u{202e}b\u{202a}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}c\u{2028}\u{2029}d";

fn is_unsafe(character: char) -> bool {
    character != '\n'
        && (character.is_control() || HIDDEN.chars().any(|hidden| hidden == character && !hidden.is_ascii_graphic()))
}

/// Asserts that neither stream holds an unsafe character.
#[track_caller]
fn visible(answer: Answer) -> Answer {
    for text in [&answer.stdout, &answer.stderr] {
        assert!(!text.contains(is_unsafe), "{text:?}");
    }
    assert!(!answer.stderr.contains("panicked"), "{}", answer.stderr);
    answer
}

fn place() -> Place {
    let place = Place::with(&tenants::apply());
    place.plugins(&["hostile"]);
    place
}

fn hostile(place: &Place, harm: &str) -> Json {
    let request = json!({
        "action": "hostile",
        "session": session("acme", "u-1", json!({})),
        "parameters": { "DEED": harm, "RESULT_ENTITY": "result", "STATUS_ENTITY": "status" }
    });
    let answer = place.run_with(&["--plugins", "plugins", "invoke", "--batch"], &format!("{request}\n")).done();
    visible(answer).json()
}

#[test]
fn a_code_of_another_form_breaks_the_contract() {
    let place = place();
    for harm in ["refuses-with-an-escape", "warns-with-an-escape"] {
        let answer = hostile(&place, harm);
        assert_eq!(answer["error"]["code"], "plugin-contract", "{answer}");
    }
}

#[test]
fn text_of_a_plugin_is_escaped_and_keeps_its_value() {
    let place = place();
    let answer = hostile(&place, "hides-characters");
    let warning = &answer["warnings"][0];
    let hidden = warning["message"].as_str().unwrap();
    assert_eq!(hidden.chars().filter(|character| is_unsafe(*character)).count(), 9, "{hidden:?}");
    assert_eq!((&answer["entities"][hidden], &warning["parameter"]), (&json!(hidden), &json!(hidden)));
}

#[test]
fn a_run_and_its_trace() {
    let place = place();
    let node =
        |id: &str, kind: &str, next: &str| json!({ "id": id, "type": kind, "name": HIDDEN, "wires": [[next], []] });
    let mut flow =
        json!([node("n1", "hostile", "n2"), node("n2", "hostile", "n3"), node("n3", "campaign-contact-manager", "")]);
    for (node, harm) in [(0, "hides-characters"), (1, "warns-often")] {
        let parameters = json!({ "DEED": harm, "RESULT_ENTITY": "result", "STATUS_ENTITY": HIDDEN });
        parameters.as_object().unwrap().iter().for_each(|(name, value)| flow[node][name] = value.clone());
    }
    flow[2]["CONTACT_NAME_EXPRESSION"] = json!(format!("entities['{HIDDEN}x']"));
    flow[2]["CONTACT_IDENTIFIER_ENTITY"] = json!("contact_id");
    flow[2]["wires"] = json!([[], []]);
    place.file("flow.json", flow.to_string());
    place.file("session.json", session("acme", "u-1", json!({ HIDDEN: HIDDEN })).to_string());
    let arguments = ["--plugins", "plugins", "run", "flow.json", "--session", "session.json", "--start", "n1"];
    let answer = visible(place.run(&arguments).done());
    assert_eq!(answer.json()["entities"][HIDDEN], "done", "{}", answer.stderr);
    assert!(answer.stderr.contains("entity-not-set"), "{}", answer.stderr);
    visible(place.run(&["check", "flow.json"]));
    visible(place.run(&["check", "flow.json", "--json", "--start", HIDDEN]));
    visible(place.run(&["run", "flow.json", "--start", HIDDEN]));
}

#[test]
fn lists_and_outcomes() {
    let place = Place::with(&tenants::apply());
    let request = |name: &str, parameter: &str| {
        json!({
            "action": "campaign-contact-manager",
            "session": session("acme", "u-1", json!({ "name": name })),
            "parameters": { "CONTACT_NAME_EXPRESSION": parameter, "CONTACT_IDENTIFIER_ENTITY": "contact_id", HIDDEN: 1 }
        })
    };
    let lines = format!("{}\n{}\n{{\"{HIDDEN}\n", request(HIDDEN, "name"), request("", &format!("'{HIDDEN}' + 1")));
    let answers = visible(place.run_with(&["invoke", "--batch"], &lines).done()).lines();
    assert_eq!(answers[0]["port"], "next", "{answers:?}");
    let listed = visible(place.run(&["contacts", "--json"]).done()).json();
    assert_eq!(listed[0]["name"], HIDDEN);
    let table = visible(place.run(&["contacts"]).done());
    assert!(table.stdout.contains("\\u{1b}"), "{}", table.stdout);

    let mut file = tenants::apply();
    file["tenants"][0]["name"] = json!(HIDDEN);
    file["tenants"][0]["default_intention"] = json!(HIDDEN);
    place.file("apply.json", file.to_string());
    visible(place.run(&["apply", "apply.json"]).done());
    assert_eq!(visible(place.run(&["tenants", "--json"]).done()).json()[0]["name"], HIDDEN);
    visible(place.run(&["tenants"]).done());
    file["tenants"][0]["time_zone"] = json!(HIDDEN);
    place.file("apply.json", file.to_string());
    visible(place.run(&["apply", "apply.json"]).refused(1, &["apply-invalid"]));
}

#[test]
fn expressions_and_arguments() {
    let place = Place::new();
    let entities = json!({ "name": HIDDEN }).to_string();
    let answer = visible(place.run(&["eval", "name", "--entities", &entities]).done());
    assert_eq!(answer.json()["value"], HIDDEN);
    for source in
        [&format!("entities['{HIDDEN}']"), &format!("'{HIDDEN}' + 1"), HIDDEN, &format!("name + + '{HIDDEN}'")]
    {
        visible(place.run(&["eval", source])).refused(1, &[]);
        let line = format!("{}\n", json!({ "expr": source }));
        assert!(visible(place.run_with(&["eval", "--batch"], &line).done()).json()["error"].is_object());
    }
    for arguments in [vec!["actions", HIDDEN], vec!["apply", HIDDEN], vec![HIDDEN], vec!["tenants", "--store", HIDDEN]]
    {
        assert_ne!(visible(place.run(&arguments)).code, 0);
    }
}
