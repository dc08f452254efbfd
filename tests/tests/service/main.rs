//! `flowhost serve`: routes, keys, limits, streams and the drain, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(target_os = "linux")]

mod access;
mod bad_input;
mod catalogue;
mod drain;
mod invocations;
mod runs;

use flowhost_tests::command::TestEnv;
use flowhost_tests::service::Service;
use flowhost_tests::tenants;

/// A service, a runtime's key of `acme`, and its folder.
struct Fixture {
    env: TestEnv,
    service: Service,
    runtime: String,
}

impl Fixture {
    fn new() -> Self {
        Self::with(&[])
    }

    /// A service with further arguments.
    fn with(arguments: &[&str]) -> Self {
        let env = TestEnv::with_configuration(&tenants::apply());
        let runtime = env.tenant_key("acme", "runtime");
        Self { service: Service::start(&env, arguments), env, runtime }
    }
}
