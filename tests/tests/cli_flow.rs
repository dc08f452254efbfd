//! The commands `check` and `run` with flow files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{CommandOutput, TestEnv};
use flowhost_tests::tenants::{self, ALWAYS_ON, RIVAL_CAMPAIGN, session};
use serde_json::{Value as Json, json};

/// A node that creates the contact of the session's user.
fn contact_node(id: &str, wires: Json) -> Json {
    json!({
        "id": id, "type": "campaign-contact-manager", "name": format!("Contact {id}"), "x": 1, "y": 2, "z": "tab",
        "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": format!("contact_{id}"), "wires": wires
    })
}

fn with(mut node: Json, property: &str, value: Json) -> Json {
    node[property] = value;
    node
}

fn test_env(flow: &Json) -> TestEnv {
    let env = TestEnv::with_configuration(&tenants::apply());
    env.file("flow.json", flow.to_string());
    env.file("session.json", session("acme", "u-1", json!({ "order": 7 })).to_string());
    env
}

fn run(env: &TestEnv) -> CommandOutput {
    env.run(&["run", "flow.json", "--session", "session.json"])
}

/// The ids of the visited nodes, from the trace of a run.
fn visited(answer: &CommandOutput) -> Vec<String> {
    let steps = answer.stderr.lines().filter(|line| line.contains(" → "));
    steps.filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned).collect()
}

/// The diagnostics of `check --json`: path, code, severity.
fn findings(answer: &CommandOutput) -> Vec<(String, String, String)> {
    let text = |found: &Json, field: &str| found[field].as_str().unwrap().to_owned();
    let found = answer.json();
    found.as_array().unwrap().iter().map(|f| (text(f, "path"), text(f, "code"), text(f, "severity"))).collect()
}

fn finding(path: &str, code: &str, severity: &str) -> (String, String, String) {
    (path.to_owned(), code.to_owned(), severity.to_owned())
}

#[test]
fn a_flow_runs_its_nodes_and_returns_the_session() {
    let flow = json!([
        { "id": "tab", "type": "tab", "label": "Flow" },
        { "id": "note", "type": "comment", "name": "note", "wires": [] },
        { "id": "in", "type": "inject", "z": "tab", "wires": [["turn"]] },
        { "id": "turn", "type": "junction", "wires": [["a"]] },
        contact_node("a", json!([["b", "see"], ["see"]])),
        contact_node("b", json!([])),
        { "id": "see", "type": "debug", "wires": [] },
        { "id": "box", "type": "group", "nodes": ["a", "b"] }
    ]);
    let env = test_env(&flow);
    let answer = run(&env).assert_success();
    assert_eq!(visited(&answer), ["a", "b"]);
    assert!(answer.stderr.contains("Contact a") && answer.stderr.contains("contact_a = "), "{}", answer.stderr);
    let session = answer.json();
    assert_eq!(session["entities"]["contact_a"], session["entities"]["contact_b"]);
    assert_eq!((&session["id"], &session["node"], &session["visit"]), (&json!("s-u-1"), &json!("b"), &json!(1)));
    assert_eq!(session["entities"]["order"], 7);
}

#[test]
fn an_invalid_flow_is_reported_and_not_run() {
    let inject = |wires: Json| json!({ "id": "in", "type": "inject", "wires": [wires] });
    let unknown = json!({ "id": "mqtt", "type": "mqtt out", "name": "Publish", "wires": [] });
    for (flow, path, code, words) in [
        (
            json!([contact_node("a", json!([["b", "c"]])), contact_node("b", json!([])), contact_node("c", json!([]))]),
            "a/wires[0]",
            "port-fan-out",
            "Contact c",
        ),
        (json!([contact_node("a", json!([[], ["gone"]]))]), "a/wires[1]", "node-unknown", "gone"),
        (json!([contact_node("a", json!([["mqtt"]])), unknown]), "mqtt", "node-unknown", "mqtt out"),
        (
            json!([with(contact_node("a", json!([])), "type", json!("subflow:7"))]),
            "a",
            "node-unknown",
            "subflows aren't followed",
        ),
        (
            json!([with(contact_node("a", json!([])), "type", json!("campaign-contact-maneger"))]),
            "a",
            "node-unknown",
            "campaign-contact-manager",
        ),
        (
            json!([with(contact_node("a", json!([])), "type", json!("campaign-contact-manager@9"))]),
            "a",
            "node-unknown",
            "9",
        ),
        (json!([contact_node("a", json!([])), contact_node("b", json!([]))]), "flow", "start-ambiguous", "Contact b"),
        (
            json!([inject(json!(["a", "b"])), contact_node("a", json!([])), contact_node("b", json!([]))]),
            "flow",
            "start-ambiguous",
            "Contact b",
        ),
        (
            json!([contact_node("a", json!([["b"]])), contact_node("b", json!([["a"]]))]),
            "flow",
            "start-ambiguous",
            "--start",
        ),
        (json!([inject(json!([])), contact_node("a", json!([]))]), "flow", "start-ambiguous", "inject"),
        (json!([]), "flow", "start-ambiguous", "no node"),
        (json!([contact_node("a", json!([[], [], ["a"]]))]), "a/wires[2]", "port-unknown", "next, error"),
    ] {
        let env = test_env(&flow);
        let checked = env.run(&["check", "flow.json", "--json"]);
        assert_eq!(checked.code, 1, "{flow}");
        assert!(findings(&checked).contains(&finding(path, code, "error")), "{flow}: {}", checked.stdout);
        assert!(checked.stdout.contains(words), "`{words}` isn't in {}", checked.stdout);
        run(&env).assert_failure(1, &[words, code]);
        assert_eq!(env.list(&["contacts"]), Vec::<Json>::new(), "{flow}");
    }
}

#[test]
fn a_start_can_be_chosen() {
    let flow =
        json!([contact_node("a", json!([["b"]])), contact_node("b", json!([["a"]])), contact_node("c", json!([]))]);
    let env = test_env(&flow);
    for start in ["c", "Contact c"] {
        let answer = env.run(&["run", "flow.json", "--session", "session.json", "--start", start]).assert_success();
        assert_eq!(visited(&answer), ["c"]);
    }
    env.run(&["run", "flow.json", "--session", "session.json", "--start", "nowhere"]).assert_failure(1, &["nowhere"]);
}

#[test]
fn an_unwired_port_is_a_warning_and_ends_the_flow() {
    let env = test_env(&json!([contact_node("a", json!([["b"], []])), contact_node("b", json!([]))]));
    let checked = env.run(&["check", "flow.json", "--json"]).assert_success();
    let warning = |path| finding(path, "port-unwired", "warning");
    assert_eq!(findings(&checked), [warning("a/wires[1]"), warning("b/wires[0]"), warning("b/wires[1]")]);
    assert_eq!(visited(&run(&env).assert_success()), ["a", "b"]);
}

#[test]
fn disabled_nodes_are_absent() {
    let flow = json!([
        contact_node("a", json!([["b"]])),
        with(contact_node("b", json!([["c"]])), "d", json!(true)),
        contact_node("c", json!([["a"]])),
        { "id": "off", "type": "tab", "disabled": true },
        { "id": "odd", "type": "no such action", "z": "off", "wires": [] },
    ]);
    let env = test_env(&flow);
    let checked = env.run(&["check", "flow.json", "--json"]).assert_success();
    assert!(findings(&checked).contains(&finding("a/wires[0]", "port-unwired", "warning")));
    assert_eq!(visited(&run(&env).assert_success()), ["c", "a"]);
}

#[test]
fn a_loop_ends_after_1000_steps_and_returns_the_session() {
    let flow = json!([{ "id": "in", "type": "inject", "wires": [["a"]] }, contact_node("a", json!([["b"]])), contact_node("b", json!([["a"]]))]);
    let env = test_env(&flow);
    let answer = run(&env).assert_failure(1, &["limit-steps", "1000"]);
    assert_eq!(visited(&answer).len(), 1_000);
    let session = answer.json();
    assert_eq!((&session["node"], &session["visit"]), (&json!("b"), &json!(500)));
    assert!(session["entities"]["contact_a"].is_string());
}

#[test]
fn running_a_session_again_has_no_further_effect() {
    let record = |id: &str, wires: Json| {
        json!({
            "id": id, "type": "campaign-record-administration@1", "CAMPAIGN_ID": ALWAYS_ON,
            "CONTACT_IDENTIFIER_ENTITY": "contact_a", "MULTIPLE_ACTIVE_RECORDS": "YES",
            "OUTBOUND_MESSAGE_EXPRESSION_MESSENGER": "Pedido {{ order }}", "RECORD_ID_ENTITY": format!("record_{id}"),
            "OPERATION_ENTITY": "operation", "wires": wires
        })
    };
    let env =
        test_env(&json!([contact_node("a", json!([["b"]])), record("b", json!([["c"]])), record("c", json!([]))]));
    let (first, second) = (run(&env).assert_success(), run(&env).assert_success());
    assert_eq!(first.json(), second.json());
    assert_eq!(second.stderr.matches("done before").count(), 3, "{}", second.stderr);
    assert_eq!(env.list(&["records"]).len(), 2);
    // Another session of the same user has its own keys.
    let other = with(session("acme", "u-1", json!({ "order": 8 })), "id", json!("another"));
    env.file("session.json", other.to_string());
    run(&env).assert_success();
    assert_eq!((env.list(&["records"]).len(), env.list(&["contacts"]).len()), (4, 1));
}

#[test]
fn a_flow_that_changed_is_not_resumed() {
    let env = test_env(&json!([contact_node("a", json!([]))]));
    run(&env).assert_success();
    env.file("flow.json", json!([with(contact_node("a", json!([])), "x", json!(99))]).to_string());
    assert!(run(&env).assert_success().stderr.contains("done before"), "moving a node changes nothing");
    let changed = with(contact_node("a", json!([])), "CONTACT_NAME_EXPRESSION", json!("'Eva'"));
    env.file("flow.json", json!([changed]).to_string());
    run(&env).assert_failure(1, &["key-reused", "node a", "hint: "]);
}

#[test]
fn a_node_with_wrong_parameters_exits_through_error() {
    let wrong = with(contact_node("a", json!([["b"], ["c"]])), "CONTACT_NAME_EXPRESSION", json!("1 +"));
    let flow = json!([wrong, contact_node("b", json!([])), contact_node("c", json!([]))]);
    let env = test_env(&flow);
    let checked = env.run(&["check", "flow.json", "--json"]);
    assert_eq!(checked.code, 1);
    assert!(findings(&checked).contains(&finding("a/CONTACT_NAME_EXPRESSION", "expression-syntax", "error")));
    assert!(checked.stdout.contains("line 1, column"), "{}", checked.stdout);
    let answer = run(&env).assert_success();
    assert_eq!(visited(&answer), ["a", "c"]);
    assert!(answer.stderr.contains("expression-syntax"), "{}", answer.stderr);
}

#[test]
fn unknown_parameters_are_warned_about_except_editor_properties() {
    let node = contact_node("a", json!([]));
    let node = with(with(node, "UPDATE_CONTACT_NAMES", json!("YES")), "update_contact_name", json!("YES"));
    let env = test_env(&json!([with(with(node, "info", json!("…")), "inputLabels", json!([]))]));
    let checked = env.run(&["check", "flow.json", "--json"]).assert_success();
    let unknown: Vec<_> = findings(&checked)
        .into_iter()
        .filter(|(_, code, _)| code == "parameter-unknown")
        .map(|(path, ..)| path)
        .collect();
    assert_eq!(unknown, ["a/UPDATE_CONTACT_NAMES", "a/update_contact_name"]);
}

#[test]
fn a_check_against_a_tenant_resolves_references() {
    let validator = |id: &str, campaign: &str, wires: Json| {
        json!({
            "id": id, "type": "campaign-dnd-validator", "CAMPAIGN_ID": campaign, "CONTACT_IDENTIFIER_ENTITY": "contact_a",
            "DND_VALIDATION_RESULT": "blocked", "wires": wires
        })
    };
    let category = json!({
        "id": "d", "type": "campaign-dnd-validator-by-category", "CAMPAIGN_CATEGORY": "Tests",
        "CONTACT_IDENTIFIER_ENTITY": "contact_a", "DND_VALIDATION_RESULT": "blocked", "wires": [["e"]]
    });
    let channel = json!({
        "id": "e", "type": "campaign-dynamic-contact-manager", "CONTACT_CHANNEL": "telegram", "CONTACT_NAME_EXPRESSION": "'Ana'",
        "CONTACT_IDENTIFIER_EXPRESSION": "'1'", "CONTACT_IDENTIFIER_ENTITY": "other"
    });
    let flow = json!([
        contact_node("a", json!([["b"]])),
        validator("b", ALWAYS_ON, json!([["c"]])),
        validator("c", RIVAL_CAMPAIGN, json!([["d"]])),
        category,
        channel
    ]);
    let env = test_env(&flow);
    env.run(&["check", "flow.json"]).assert_success();
    let checked = env.run(&["check", "flow.json", "--tenant", "acme", "--json"]);
    assert_eq!(checked.code, 1);
    let errors: Vec<_> = findings(&checked).into_iter().filter(|(.., severity)| severity == "error").collect();
    let error = |path, code| finding(path, code, "error");
    let expected = [
        error("c/CAMPAIGN_ID", "campaign-not-found"),
        error("d/CAMPAIGN_CATEGORY", "category-not-found"),
        error("e/CONTACT_CHANNEL", "channel-not-enabled"),
    ];
    assert_eq!(errors, expected);
    let nobody = env.run(&["check", "flow.json", "--tenant", "nobody", "--json"]);
    assert_eq!(nobody.code, 1);
    assert!(findings(&nobody).contains(&error("flow", "tenant-not-found")));
}

#[test]
fn without_a_session_run_creates_one_if_there_is_one_tenant() {
    let env = test_env(&json!([contact_node("a", json!([]))]));
    env.run(&["run", "flow.json"]).assert_failure(1, &["--session"]);
    let one = json!({ "tenants": [tenants::apply()["tenants"][1]] });
    env.file("one.json", one.to_string());
    let answer = env.run(&["--store", "memory:", "run", "flow.json", "--apply", "one.json"]).assert_success();
    assert_eq!((&answer.json()["tenant"], &answer.json()["channel"]), (&json!("rival"), &json!("messenger")));
    assert!(answer.json()["id"].is_string());
}

#[test]
fn a_session_without_an_id_runs_with_a_new_one() {
    let env = test_env(&json!([contact_node("a", json!([[], []]))]));
    let mut session = session("acme", "u-1", json!({}));
    session.as_object_mut().unwrap().remove("id");
    env.file("session.json", session.to_string());
    let (first, second) = (run(&env).assert_success().json(), run(&env).assert_success().json());
    assert!(first["id"].is_string() && first["id"] != second["id"], "{first} {second}");
    assert!(first["entities"]["contact_a"].is_string(), "{first}");
}
