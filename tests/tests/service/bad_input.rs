use super::Fixture;
use flowhost_tests::http::{Response, encode};
use flowhost_tests::tenants::contact_request;
use serde_json::json;

fn post(fixture: &Fixture, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let authorization = format!("Bearer {}", fixture.runtime);
    let all: Vec<_> = [("Authorization", authorization.as_str())].into_iter().chain(headers.iter().copied()).collect();
    fixture.service.connect().request("POST", "/v1/invocations", &all, body)
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn a_body_that_is_not_an_invocation_is_refused() {
    let fixture = Fixture::new();
    let request = contact_request("acme", "u-1").to_string();
    let deep =
        format!(r#"{{"action":"x","session":{{}},"parameters":{{"a":{}1{}}}}}"#, "[".repeat(127), "]".repeat(127));
    let duplicate = request.replacen('{', r#"{"action":"x","#, 1);
    let nested = request.replacen(r#""entities":{"#, r#""entities":{"a":{"b":1,"b":2}"#, 1);
    let nul = request.replacen("u-1", "u\\u0000", 1);
    for (body, code) in [
        (&b""[..], "request-invalid"),
        (b"{", "request-invalid"),
        (b"[]", "request-invalid"),
        (b"\xff{}", "request-invalid"),
        (deep.as_bytes(), "request-invalid"),
        (duplicate.as_bytes(), "request-invalid"),
        (nested.as_bytes(), "request-invalid"),
        (br#"{"action":"a","session":{},"other":1}"#, "request-invalid"),
        (br#"{"action":"a","session":[]}"#, "session-invalid"),
        (nul.as_bytes(), "session-invalid"),
    ] {
        post(&fixture, &[JSON], body).assert_problem(400, code);
    }
    assert_eq!(fixture.env.list(&["contacts"]).len(), 0);
}

#[test]
fn media_types_and_encodings_are_checked() {
    let fixture = Fixture::new();
    let request = contact_request("acme", "u-1").to_string();
    let charset = ("Content-Type", "Application/JSON; charset=utf-8");
    assert_eq!(post(&fixture, &[charset], request.as_bytes()).status, 200);
    for headers in [&[][..], &[("Content-Type", "text/plain")], &[JSON, ("Content-Encoding", "gzip")]] {
        post(&fixture, headers, request.as_bytes()).assert_problem(415, "media-type-unsupported");
    }
    assert_eq!(post(&fixture, &[JSON, ("Content-Encoding", "identity")], request.as_bytes()).status, 200);
}

#[test]
fn sizes_have_limits() {
    // A client can send a body of this size as a whole before it reads the response.
    let fixture = Fixture::with(&["--max-body", "1000"]);
    let large = [b' '; 1001];
    post(&fixture, &[JSON], &large).assert_problem(413, "request-too-large");
    // Without a length, the body is counted while it arrives.
    let mut connection = fixture.service.connect();
    let head = format!(
        "POST /v1/invocations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        fixture.runtime,
        large.len()
    );
    connection.send(head.as_bytes()).unwrap();
    connection.send(&large).unwrap();
    connection.receive().expect("the service responds").assert_problem(413, "request-too-large");

    let target = format!("/v1/actions?x={}", "y".repeat(9 << 10));
    fixture.service.call(&fixture.runtime, "GET", &target, None).assert_problem(414, "request-too-large");
    let header = "z".repeat(17 << 10);
    let response = fixture.service.call_with(&fixture.runtime, "GET", "/v1/key", &[("X-Long", &header)], None);
    response.assert_problem(431, "request-too-large");
    let many: Vec<_> = (0..101).map(|n| (format!("X-{n}"), "1".to_owned())).collect();
    let many: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(fixture.service.call_with(&fixture.runtime, "GET", "/v1/key", &many, None).status, 431);
}

#[test]
fn routes_and_methods_are_checked_before_the_body() {
    let fixture = Fixture::new();
    let response = fixture.service.call(&fixture.runtime, "PUT", "/v1/invocations", Some(&json!([])));
    response.assert_problem(405, "method-not-allowed");
    assert_eq!(response.header("allow"), Some("POST"));
    assert!(
        fixture.service.call(&fixture.runtime, "DELETE", "/v1/actions", None).header("allow").unwrap().contains("GET")
    );
    for (method, target) in [("GET", "/v1"), ("GET", "/"), ("POST", "/v1/invocations/x"), ("GET", "/v1/actions/")] {
        let status = fixture.service.call(&fixture.runtime, method, target, None).status;
        assert_eq!(status, 404, "{target}");
    }
    assert_eq!(fixture.service.connect().request("GET", "/healthz", &[], b"").json(), json!({ "status": "ok" }));
    assert_eq!(fixture.service.connect().request("GET", "/readyz", &[], b"").json()["checks"]["store"], "ok");
}

#[test]
fn an_id_of_a_request_is_returned_if_it_is_well_formed() {
    let fixture = Fixture::new();
    let call = |id: &str| {
        let response = fixture.service.call_with(&fixture.runtime, "GET", "/v1/key", &[("X-Request-Id", id)], None);
        response.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(call("a.B_9-"), "a.B_9-");
    for id in ["a b", "", &"x".repeat(129), "é"] {
        assert_eq!(call(id).len(), 36);
    }
}

#[test]
fn a_slow_header_and_a_slow_body_time_out_while_others_are_served() {
    let fixture = Fixture::with(&["--header-timeout", "300ms", "--body-timeout", "300ms"]);
    let mut slow = fixture.service.connect();
    slow.send(b"POST /v1/invocations HTTP/1.1\r\nHost").unwrap();
    let mut slow_body = fixture.service.connect();
    let authorization = format!("Bearer {}", fixture.runtime);
    let mut bytes = encode("POST", "/v1/invocations", &[("Authorization", &authorization), JSON], b"{}");
    bytes.pop();
    slow_body.send(&bytes).unwrap();
    assert_eq!(fixture.service.call(&fixture.runtime, "GET", "/v1/key", None).status, 200);
    slow_body.receive().expect("the service responds").assert_problem(408, "request-timeout");
    assert!(slow.receive().is_none_or(|response| response.status == 408));
}

#[test]
fn bad_framing_closes_the_connection() {
    let fixture = Fixture::new();
    let mut connection = fixture.service.connect();
    let head = format!(
        "POST /v1/invocations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        fixture.runtime
    );
    connection.send(head.as_bytes()).unwrap();
    assert_eq!(connection.receive().expect("the service responds").status, 400);
    assert!(connection.receive().is_none());
}

#[test]
fn one_tenant_has_at_most_half_of_the_requests_and_the_others_are_served() {
    let fixture = Fixture::with(&["--max-requests", "4"]);
    let rival = fixture.env.tenant_key("rival", "runtime");
    let authorization = format!("Bearer {}", fixture.runtime);
    let mut bytes = encode("POST", "/v1/invocations", &[("Authorization", &authorization), JSON], b"{}");
    bytes.pop();
    let mut waiting: Vec<_> = (0..2).map(|_| fixture.service.connect()).collect();
    waiting.iter_mut().for_each(|connection| connection.send(&bytes).unwrap());
    // The requests that wait for their bodies count as soon as the service has read their heads.
    let refused = (0..1_000).map(|_| fixture.service.call(&fixture.runtime, "GET", "/v1/key", None));
    let refused = refused.into_iter().find(|response| response.status == 503).expect("half of the requests are in use");
    refused.assert_problem(503, "overloaded");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(fixture.service.call(&rival, "GET", "/v1/key", None).status, 200);
    assert_eq!(fixture.service.connect().request("GET", "/healthz", &[], b"").status, 200);
}

#[test]
fn a_silent_connection_is_closed() {
    let fixture = Fixture::with(&["--header-timeout", "300ms"]);
    assert!(fixture.service.connect().receive().is_none());
}
