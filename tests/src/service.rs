//! A running service in a process of its own.

use crate::command::TestEnv;
use crate::http::{Connection, Response};
use serde_json::Value as Json;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::Child;

/// A running service. Its drop kills the process.
pub struct Service {
    /// The process.
    pub child: Child,
    /// The address of its first listener.
    pub address: SocketAddr,
}

impl Service {
    /// Starts a service in the folder, with further arguments, and waits until it accepts connections.
    pub fn start(env: &TestEnv, arguments: &[&str]) -> Self {
        let mut command = env.command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        command.stderr(std::process::Stdio::null());
        let mut child = command.spawn().expect("the service starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is a pipe")).read_line(&mut line).expect("it prints a line");
        let (_, address) = line.trim().split_once("://").unwrap_or_else(|| panic!("not a URL: {line:?}"));
        Self { address: address.parse().expect("it prints an address"), child }
    }

    /// Opens a connection.
    pub fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// Sends one request with a key and a body in JSON.
    pub fn call(&self, key: &str, method: &str, target: &str, body: Option<&Json>) -> Response {
        self.call_with(key, method, target, &[], body)
    }

    /// Sends one request with further headers.
    pub fn call_with(
        &self,
        key: &str,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&Json>,
    ) -> Response {
        let authorization = format!("Bearer {key}");
        let mut all = vec![("Authorization", authorization.as_str())];
        if body.is_some() {
            all.push(("Content-Type", "application/json"));
        }
        all.extend(headers);
        let body = body.map(Json::to_string).unwrap_or_default();
        self.connect().request(method, target, &all, body.as_bytes())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl TestEnv {
    /// Creates a key with these arguments, and returns its text.
    pub fn key(&self, arguments: &[&str]) -> String {
        let output = self.run(&[&["keys", "create", "--name", "test"], arguments].concat()).assert_success();
        output.stdout.trim().to_owned()
    }

    /// Creates a key for a tenant.
    pub fn tenant_key(&self, tenant: &str, role: &str) -> String {
        self.key(&["--tenant", tenant, "--role", role])
    }
}
