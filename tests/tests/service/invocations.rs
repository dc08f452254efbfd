use super::Fixture;
use flowhost_tests::tenants::contact_request;
use serde_json::{Value as Json, json};

const TARGET: &str = "/v1/invocations";

fn stream(fixture: &Fixture, target: &str, lines: &[String]) -> Vec<Json> {
    let authorization = format!("Bearer {}", fixture.runtime);
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/x-ndjson")];
    let response = fixture.service.connect().request("POST", target, &headers, lines.concat().as_bytes());
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/x-ndjson")));
    response.lines()
}

#[test]
fn an_invocation_has_the_outcome_that_the_command_line_prints() {
    let fixture = Fixture::new();
    let response = fixture.service.call(&fixture.runtime, "POST", TARGET, Some(&contact_request("acme", "u-1")));
    assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    let outcome = response.json();
    assert_eq!((outcome["port"].as_str(), outcome["replayed"].as_bool()), (Some("next"), Some(false)));
    assert_eq!(fixture.env.list(&["contacts"])[0]["id"], outcome["entities"]["contact_id"]);
    // A refusal is an outcome, too.
    let mut refused = contact_request("acme", "u-1");
    refused["parameters"]["CONTACT_NAME_EXPRESSION"] = json!("1 +");
    let outcome = fixture.service.call(&fixture.runtime, "POST", TARGET, Some(&refused));
    assert_eq!((outcome.status, outcome.json()["error"]["code"].as_str()), (200, Some("expression-syntax")));
    refused["action"] = json!("nope");
    fixture.service.call(&fixture.runtime, "POST", TARGET, Some(&refused)).assert_problem(404, "action-not-found");
}

#[test]
fn a_key_in_header_or_field_has_one_effect() {
    let fixture = Fixture::new();
    let request = contact_request("acme", "u-1");
    let call = |header: &str, request: &Json| {
        fixture.service.call_with(&fixture.runtime, "POST", TARGET, &[("Idempotency-Key", header)], Some(request))
    };
    let first = call("\"s-1/n4/1\"", &request);
    assert_eq!(first.header("idempotent-replayed"), None);
    let mut with_field = request.clone();
    with_field["key"] = json!("s-1/n4/1");
    for again in [call("s-1/n4/1", &request), call("\"s-1/n4/1\"", &with_field)] {
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!((&again.json()["replayed"], &again.json()["entities"]), (&json!(true), &first.json()["entities"]));
    }
    let mut changed = request.clone();
    changed["parameters"]["CONTACT_NAME_EXPRESSION"] = json!("'Bea'");
    call("s-1/n4/1", &changed).assert_problem(422, "key-reused");
    call("other", &with_field).assert_problem(400, "request-invalid");
    call(&"x".repeat(257), &request).assert_problem(400, "request-invalid");
    call("\"\"", &request).assert_problem(400, "request-invalid");
    with_field["key"] = json!("a\u{0}");
    fixture.service.call(&fixture.runtime, "POST", TARGET, Some(&with_field)).assert_problem(400, "request-invalid");
}

#[test]
fn a_stream_answers_each_line_in_order() {
    let fixture = Fixture::new();
    let mut lines: Vec<_> = (0..200).map(|n| format!("{}\n", contact_request("acme", &format!("u-{n}")))).collect();
    lines.insert(1, "{\n".to_owned());
    lines.insert(2, " \n".to_owned());
    lines.insert(3, format!("{}\n", " ".repeat(4 << 20) + "x"));
    lines.insert(4, format!("{}\n", contact_request("rival", "u-1")));
    let answers = stream(&fixture, "/v1/invocations?jobs=16", &lines);
    assert_eq!(answers.len(), 203);
    let code = |n: usize| answers[n]["failure"]["code"].as_str();
    assert_eq!((code(1), code(2), code(3)), (Some("request-invalid"), Some("request-too-large"), Some("forbidden")));
    let outcomes: Vec<_> = answers.iter().filter(|answer| answer.get("failure").is_none()).collect();
    assert!(outcomes.iter().all(|outcome| outcome["port"] == "next"));
    // Each line created the contact of its user, in order.
    let contacts = fixture.env.run(&["contacts", "--json", "--limit", "1000"]).json();
    let user = |id: &Json| {
        let contact = contacts.as_array().unwrap().iter().find(|contact| contact["id"] == *id).unwrap().clone();
        contact["addresses"][0]["identifier"].as_str().unwrap().to_owned()
    };
    for (n, outcome) in outcomes.iter().enumerate() {
        assert_eq!(user(&outcome["entities"]["contact_id"]), format!("u-{n}"));
    }
}

#[test]
fn a_stream_answers_while_the_request_is_still_being_sent() {
    let fixture = Fixture::new();
    let mut connection = fixture.service.connect();
    let head = format!(
        "POST /v1/invocations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/x-ndjson\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        fixture.runtime
    );
    connection.send(head.as_bytes()).unwrap();
    let line = |user: &str| {
        let line = format!("{}\n", contact_request("acme", user));
        format!("{:x}\r\n{line}\r\n", line.len())
    };
    connection.send(line("u-1").as_bytes()).unwrap();
    let mut first = Vec::new();
    // The head of the response arrives before the body of the request has ended.
    while !first.ends_with(b"\r\n\r\n") {
        first.extend(connection.byte());
    }
    for user in ["u-1", "u-2"] {
        let outcome: Json = serde_json::from_slice(&connection.chunk().unwrap()).unwrap();
        assert_eq!(outcome["port"], "next");
        if user == "u-1" {
            connection.send(line("u-2").as_bytes()).unwrap();
        }
    }
    connection.send(b"0\r\n\r\n").unwrap();
    assert_eq!(connection.chunk(), None);
}

#[test]
fn a_stream_has_no_key_and_a_limited_number_of_jobs() {
    let fixture = Fixture::new();
    let headers = [("Content-Type", "application/x-ndjson")];
    for target in
        ["/v1/invocations?jobs=0", "/v1/invocations?jobs=257", "/v1/invocations?job=1", "/v1/invocations?jobs=1&jobs=1"]
    {
        fixture
            .service
            .call_with(&fixture.runtime, "POST", target, &headers, None)
            .assert_problem(400, "request-invalid");
    }
    let headers = [headers[0], ("Idempotency-Key", "x")];
    fixture.service.call_with(&fixture.runtime, "POST", TARGET, &headers, None).assert_problem(400, "request-invalid");
}
