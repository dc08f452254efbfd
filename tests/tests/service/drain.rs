use super::Fixture;
use flowhost_tests::tenants::contact_request;
use rustix::process::{Pid, Signal, kill_process};

#[test]
fn a_drain_answers_requests_in_progress_and_exits_with_0() {
    let mut fixture = Fixture::new();
    let mut connection = fixture.service.connect();
    let head = format!(
        "POST /v1/invocations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: ",
        fixture.runtime
    );
    let body = contact_request("acme", "u-1").to_string();
    let (first, last) = body.split_at(body.len() / 2);
    connection.send(format!("{head}{}\r\n\r\n{first}", body.len()).as_bytes()).unwrap();
    // The service has accepted the connection, because it answers a later one.
    assert_eq!(fixture.service.call(&fixture.runtime, "GET", "/v1/key", None).status, 200);
    kill_process(Pid::from_child(&fixture.service.child), Signal::TERM).unwrap();
    connection.send(last.as_bytes()).unwrap();
    let response = connection.receive().expect("the request in progress gets its response");
    assert_eq!((response.status, response.json()["port"].as_str()), (200, Some("next")));
    assert_eq!(fixture.service.child.wait().unwrap().code(), Some(0));
    assert_eq!(fixture.env.list(&["contacts"]).len(), 1);
}

#[test]
fn an_idle_service_ends_at_once() {
    let mut fixture = Fixture::new();
    let idle = fixture.service.connect();
    kill_process(Pid::from_child(&fixture.service.child), Signal::INT).unwrap();
    assert_eq!(fixture.service.child.wait().unwrap().code(), Some(0));
    drop(idle);
}

#[test]
fn an_address_that_is_not_loopback_needs_tls_or_the_permission() {
    let fixture = Fixture::new();
    fixture.env.run(&["serve", "--listen", "0.0.0.0:0"]).assert_failure(2, &["--allow-plaintext"]);
    fixture.env.run(&["serve", "--header-timeout", "10"]).assert_failure(2, &["10s"]);
    fixture.env.run(&["serve", "--tls-cert", "cert.pem"]).assert_failure(2, &["--tls-key"]);
    fixture.env.file("cert.pem", "not a certificate");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "cert.pem"];
    fixture.env.run(&arguments).assert_failure(1, &["cert.pem"]);
    for arguments in [&["--role", "runtime"][..], &["--role", "operator", "--tenant", "acme"], &["--role", "king"]] {
        fixture.env.run(&[&["keys", "create", "--name", "x"], arguments].concat()).assert_failure(2, &[]);
    }
}
