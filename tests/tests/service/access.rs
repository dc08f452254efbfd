use super::Fixture;
use flowhost_tests::tenants::{ALWAYS_ON, contact_request};
use serde_json::json;

#[test]
fn only_a_valid_key_is_accepted_and_all_others_get_one_response() {
    let fixture = Fixture::new();
    let key = &fixture.runtime;
    let expired = fixture.env.key(&["--tenant", "acme", "--role", "runtime", "--expires", "2999-01-01T00:00:00Z"]);
    assert_eq!(fixture.service.call(&expired, "GET", "/v1/key", None).status, 200);
    let other_secret = format!("{}a{}", &key[..key.len() - 2], &key[key.len() - 1..]);
    let unknown = format!("fh_{}_{}", "a".repeat(16), "b".repeat(52));
    let bearer = |key: &str| format!("Bearer {key}");
    let mut bodies = Vec::new();
    for headers in [
        &[][..],
        &[("Authorization", &*format!("Basic {key}"))],
        &[("Authorization", "Bearer")],
        &[("Authorization", &*bearer(&key[..key.len() - 1]))],
        &[("Authorization", &*bearer(&other_secret))],
        &[("Authorization", &*bearer(&unknown))],
        &[("Authorization", &*bearer(key)), ("Authorization", &*bearer(key))],
    ] {
        for target in ["/v1/key", "/v1/whatever"] {
            let response = fixture.service.connect().request("GET", target, headers, b"");
            let mut problem = response.assert_problem(401, "unauthenticated");
            assert_eq!(response.header("www-authenticate"), Some("Bearer realm=\"flowhost\""));
            problem["request_id"] = json!(null);
            bodies.push(problem);
        }
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    fixture.service.call(key, "GET", "/v1/whatever", None).assert_problem(404, "not-found");
}

#[test]
fn a_revoked_key_is_refused_as_soon_as_the_revocation_has_its_response() {
    let fixture = Fixture::new();
    let operator = fixture.env.key(&["--role", "operator"]);
    let administrator = fixture.env.tenant_key("acme", "administrator");
    let own = fixture.service.call(&fixture.runtime, "GET", "/v1/key", None).json();
    assert_eq!((own["tenant"].as_str(), own["role"].as_str()), (Some("acme"), Some("runtime")));
    assert!(own.get("hash").is_none() && own.get("key").is_none(), "{own}");
    let target = format!("/v1/keys/{}", own["id"].as_str().unwrap());
    // Another tenant's administrator can't see the key.
    let rival = fixture.env.tenant_key("rival", "administrator");
    fixture.service.call(&rival, "DELETE", &target, None).assert_problem(404, "key-not-found");
    fixture.service.call(&operator, "DELETE", &target, None).assert_problem(404, "key-not-found");
    assert_eq!(fixture.service.call(&administrator, "DELETE", &target, None).status, 204);
    fixture.service.call(&fixture.runtime, "GET", "/v1/key", None).assert_problem(401, "unauthenticated");
    fixture.service.call(&administrator, "DELETE", &target, None).assert_problem(404, "key-not-found");
    // The command line revokes as well.
    let id = fixture.service.call(&rival, "GET", "/v1/key", None).json()["id"].as_str().unwrap().to_owned();
    fixture.env.run(&["keys", "revoke", &id]).assert_success();
    fixture.service.call(&rival, "GET", "/v1/key", None).assert_problem(401, "unauthenticated");
    fixture.env.run(&["keys", "revoke", &id]).assert_failure(1, &["key-not-found"]);
}

#[test]
fn a_created_key_works_and_its_text_is_shown_once() {
    let fixture = Fixture::new();
    let administrator = fixture.env.tenant_key("acme", "administrator");
    let body = json!({ "name": "bot", "role": "runtime" });
    let created = fixture.service.call(&administrator, "POST", "/v1/keys", Some(&body));
    assert_eq!(created.status, 201);
    let key = created.json()["key"].as_str().unwrap().to_owned();
    let response = fixture.service.call(&key, "POST", "/v1/invocations", Some(&contact_request("acme", "u-1")));
    assert_eq!(response.json()["port"], "next");
    let listed = fixture.service.call(&administrator, "GET", "/v1/keys?limit=1000", None);
    assert!(!listed.text().contains(&key) && listed.text().contains(created.json()["id"].as_str().unwrap()));
    let keys = listed.json()["items"].as_array().unwrap().clone();
    assert!(keys.iter().all(|key| key["tenant"] == "acme"), "{keys:?}");
    let page = fixture.service.call(&administrator, "GET", "/v1/keys?limit=1", None).json();
    let next = format!("/v1/keys?limit=1000&after={}", page["next"].as_str().unwrap());
    assert_eq!(
        fixture.service.call(&administrator, "GET", &next, None).json()["items"].as_array().unwrap()[..],
        keys[1..]
    );
    for (body, status, code) in [
        (json!({ "name": "x", "role": "operator" }), 403, "forbidden"),
        (json!({ "name": "x", "role": "other" }), 400, "request-invalid"),
        (json!({ "name": "", "role": "runtime" }), 400, "request-invalid"),
        (json!({ "name": "x", "role": "runtime", "campaigns": [] }), 400, "request-invalid"),
        (json!({ "name": "x", "role": "runtime", "expires_at": "2020-01-01T00:00:00Z" }), 400, "request-invalid"),
        (json!({ "name": "x", "role": "runtime", "secret": 1 }), 400, "request-invalid"),
        (json!({ "name": "x", "role": "runtime", "rate_limit": 0 }), 400, "request-invalid"),
        (json!({ "name": "x", "role": "editor", "campaigns": vec![ALWAYS_ON; 1_001] }), 400, "request-invalid"),
        (json!(["x", "runtime", null, null, null]), 400, "request-invalid"),
    ] {
        fixture.service.call(&administrator, "POST", "/v1/keys", Some(&body)).assert_problem(status, code);
    }
}

#[test]
fn each_role_may_do_only_what_it_includes() {
    let fixture = Fixture::new();
    let key = |role| fixture.env.tenant_key("acme", role);
    let (editor, administrator) = (key("editor"), key("administrator"));
    let invocation = contact_request("acme", "u-1");
    for (key, invokes, administers) in [(&fixture.runtime, 200, 403), (&editor, 403, 403), (&administrator, 200, 200)] {
        let invoked = fixture.service.call(key, "POST", "/v1/invocations", Some(&invocation));
        assert_eq!(invoked.status, invokes, "{}", invoked.text());
        assert_eq!(fixture.service.call(key, "GET", "/v1/keys", None).status, administers);
        assert_eq!(fixture.service.call(key, "GET", "/v1/actions", None).status, 200);
    }
}

#[test]
fn the_tenant_is_that_of_the_key() {
    let fixture = Fixture::new();
    let operator = fixture.env.key(&["--role", "operator"]);
    let mut request = contact_request("rival", "u-1");
    fixture.service.call(&fixture.runtime, "POST", "/v1/invocations", Some(&request)).assert_problem(403, "forbidden");
    request["session"]["tenant"] = json!("nowhere");
    fixture.service.call(&fixture.runtime, "POST", "/v1/invocations", Some(&request)).assert_problem(403, "forbidden");
    request["session"].as_object_mut().unwrap().remove("tenant");
    assert_eq!(
        fixture.service.call(&fixture.runtime, "POST", "/v1/invocations", Some(&request)).json()["port"],
        "next"
    );
    fixture.service.call(&operator, "POST", "/v1/invocations", Some(&request)).assert_problem(400, "tenant-required");
    request["session"]["tenant"] = json!("acme");
    assert_eq!(fixture.service.call(&operator, "POST", "/v1/invocations", Some(&request)).json()["port"], "next");
    // Only an operator sets the time of an invocation.
    request["session"]["at"] = json!("2030-01-01T00:00:00Z");
    let refused = fixture.service.call(&fixture.runtime, "POST", "/v1/invocations", Some(&request));
    refused.assert_problem(400, "session-invalid");
    assert_eq!(fixture.service.call(&operator, "POST", "/v1/invocations", Some(&request)).status, 200);
    assert_eq!(fixture.env.list(&["contacts"]).len(), 1);
}

#[test]
fn a_key_beyond_its_rate_is_refused_for_a_while() {
    let fixture = Fixture::new();
    let key = fixture.env.key(&["--tenant", "acme", "--role", "runtime", "--rate-limit", "2"]);
    let mut connection = fixture.service.connect();
    let authorization = format!("Bearer {key}");
    let responses: Vec<_> =
        (0..20).map(|_| connection.request("GET", "/v1/key", &[("Authorization", &authorization)], b"")).collect();
    let refused = responses.iter().find(|response| response.status == 429).expect("20 requests exceed a burst of 4");
    refused.assert_problem(429, "rate-limited");
    assert_eq!(refused.header("ratelimit-policy"), Some("\"key\";q=2;w=1"));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(fixture.service.call(&fixture.runtime, "GET", "/v1/key", None).status, 200);
}

#[test]
fn a_stream_ends_its_effects_when_its_key_is_revoked() {
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
    while !first.ends_with(b"\r\n\r\n") {
        first.extend(connection.byte());
    }
    let answer = |chunk: Option<Vec<u8>>| serde_json::from_slice::<serde_json::Value>(&chunk.unwrap()).unwrap();
    assert_eq!(answer(connection.chunk())["port"], "next");
    let id = fixture.runtime.split('_').nth(1).unwrap();
    fixture.env.run(&["keys", "revoke", id]).assert_success();
    connection.send(line("u-2").as_bytes()).unwrap();
    assert_eq!(answer(connection.chunk())["failure"]["code"], "unauthenticated");
    assert_eq!(fixture.env.list(&["contacts"]).len(), 1);
}
