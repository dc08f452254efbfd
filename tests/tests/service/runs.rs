use super::Fixture;
use serde_json::{Value as Json, json};

fn flow(wires: &Json) -> Json {
    json!([
        { "id": "n1", "type": "campaign-contact-manager@1", "CONTACT_NAME_EXPRESSION": "'Ana'",
          "CONTACT_IDENTIFIER_ENTITY": "contact_id", "wires": [["n2"], []] },
        { "id": "n2", "type": "campaign-contact-manager@1", "CONTACT_NAME_EXPRESSION": "'Ana'",
          "CONTACT_IDENTIFIER_ENTITY": "again", "wires": wires },
    ])
}

fn session(id: &str) -> Json {
    json!({ "id": id, "channel": "messenger", "user": "u-1", "entities": {} })
}

#[test]
fn a_flow_runs_to_its_end_and_resumes_with_the_same_session() {
    let fixture = Fixture::new();
    let body = json!({ "flow": flow(&json!([[], []])), "session": session("s-1"), "start": "n1" });
    let run = || fixture.service.call(&fixture.runtime, "POST", "/v1/flows/run", Some(&body)).json();
    let (first, second) = (run(), run());
    assert_eq!(first["steps"].as_array().unwrap().len(), 2, "{first}");
    assert_eq!((&first["session"]["tenant"], &first["session"]["node"]), (&json!("acme"), &json!("n2")));
    assert_eq!(second["session"]["entities"], first["session"]["entities"]);
    assert!(second["steps"].as_array().unwrap().iter().all(|step| step["outcome"]["replayed"] == true), "{second}");
    assert_eq!(fixture.env.list(&["contacts"]).len(), 1);
}

#[test]
fn a_flow_that_does_not_end_is_a_problem_with_its_steps() {
    let fixture = Fixture::new();
    let body = json!({ "flow": flow(&json!([["n1"], []])), "session": session("s-1"), "start": "n1" });
    let problem = fixture.service.call(&fixture.runtime, "POST", "/v1/flows/run", Some(&body));
    let problem = problem.assert_problem(422, "limit-steps");
    assert!(problem["steps"].as_array().unwrap().len() > 100 && problem["node"].is_string());
    let invalid = json!({ "flow": [{ "id": "n1", "type": "nope", "wires": [] }], "session": session("s-2") });
    let problem = fixture.service.call(&fixture.runtime, "POST", "/v1/flows/run", Some(&invalid));
    assert_eq!(problem.assert_problem(422, "flow-invalid")["diagnostics"][0]["code"], "node-unknown");
    let other = json!({ "flow": flow(&json!([[], []])), "session": session("s-1"), "begin": "n1" });
    fixture
        .service
        .call(&fixture.runtime, "POST", "/v1/flows/run", Some(&other))
        .assert_problem(400, "request-invalid");
}

#[test]
fn steps_are_sent_as_lines_if_the_client_asks_for_them() {
    let fixture = Fixture::new();
    let body = json!({ "flow": flow(&json!([[], []])), "session": session("s-1"), "start": "n1" });
    let accept = [("Accept", "application/x-ndjson")];
    let lines = fixture.service.call_with(&fixture.runtime, "POST", "/v1/flows/run", &accept, Some(&body)).lines();
    let numbers: Vec<_> = lines.iter().filter_map(|line| line["step"]["number"].as_u64()).collect();
    assert_eq!(numbers, [1, 2]);
    assert!(lines.last().unwrap()["end"]["session"]["entities"]["contact_id"].is_string(), "{lines:?}");
}

#[test]
fn the_check_of_a_flow_counts_nodes_and_lists_diagnostics() {
    let fixture = Fixture::new();
    let body = json!({ "flow": flow(&json!([[], ["nowhere"]])), "start": "n1" });
    let checked = fixture.service.call(&fixture.runtime, "POST", "/v1/flows/check", Some(&body)).json();
    assert_eq!(checked["nodes"], 2);
    let codes: Vec<_> = checked["diagnostics"].as_array().unwrap().iter().map(|found| found["code"].clone()).collect();
    assert!(codes.contains(&json!("node-unknown")), "{checked}");
}
