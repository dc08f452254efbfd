//! Components: raw bytes, random components of wasm-smith, and actions of the contract with random parts.
//!
//! The first byte selects the kind: `c` is a random component, `m` a random core module, `d` an action whose manifest
//! follows, and `a` a random action. Any other input is used unchanged.

use crate::fixture::{HostPool, block_on, dump, session};
use crate::handler::{CONTRACT, Handler};
use crate::{message_checks, time_limit};
use arbitrary::{Arbitrary as _, Unstructured};
use flowhost::{Action, Host, LoadError, Outcome, Request};
use flowhost::{CodeClass, ErrorCode};
use serde_json::{Map, json};
use std::time::Duration;
use wasm_smith::Config;

static HOST: HostPool = HostPool::new(|builder, mut limits| {
    // Many random actions run an infinite loop.
    limits.cpu_time = Duration::from_millis(50);
    builder.limits(limits).without_built_in_actions()
});

pub(crate) fn parse(bytes: &[u8]) {
    if let Some(component) = component_from(bytes) {
        HOST.with_host(|host| drop(load_and_invoke(host, &component)));
    }
}

/// The component for an input. `None`: the input has too few bytes.
fn component_from(bytes: &[u8]) -> Option<Vec<u8>> {
    let (kind, seed) = bytes.split_first()?;
    let mut random = Unstructured::new(seed);
    match kind {
        b'c' => Some(wasm_smith::Component::new(Config::default(), &mut random).ok()?.to_bytes()),
        b'm' => {
            let module = wasm_smith::Module::new(Config::default(), &mut random).ok()?.to_bytes();
            if let Err(error) = time_limit::within_slow_time_limit("the packing", || flowhost::catalog::pack(&module)) {
                check_rejection(&error);
            }
            Some(module)
        }
        b'd' => {
            let manifest = str::from_utf8(seed).ok()?;
            Handler { manifest, runs_random_code: false, exits_through_next: true, accepts_arguments: true }
                .component(&mut Unstructured::new(&[]))
        }
        b'a' => {
            let manifest = manifest();
            let (answers, takes) = (bool::arbitrary(&mut random).ok()?, bool::arbitrary(&mut random).ok()?);
            Handler {
                manifest: &manifest,
                runs_random_code: true,
                exits_through_next: answers,
                accepts_arguments: takes,
            }
            .component(&mut random)
        }
        _ => Some(bytes.to_vec()),
    }
}

/// The manifest of an action that may use all functions of the contract.
fn manifest() -> String {
    let text = |text: &str| json!({ "en": text });
    let parameter = |name: &str, kind: &str| json!({ "name": name, "title": text(name), "help": text("Any"), "kind": kind, "required": false });
    json!({
        "manifest": 1, "id": "random", "version": "1.0.0", "category": "Test", "title": text("Random"),
        "description": text("Does anything"), "locales": ["en"], "ports": ["next", "error"], "uses": CONTRACT.uses,
        "parameters": [parameter("TEXT", "text-expression"), parameter("OUT", "entity-out")],
    })
    .to_string()
}

/// Loads and invokes an action, and checks the results.
fn load_and_invoke(host: &Host, component: &[u8]) -> Result<Outcome, LoadError> {
    let action =
        time_limit::within_slow_time_limit("the component", || host.load(component)).inspect_err(check_rejection)?;
    let schema = action.parameters_schema("es");
    assert_eq!(schema["properties"].as_object().map(Map::len).unwrap_or_default(), count_named_parameters(&action));
    let name = format!("{}@{}", action.manifest.id, action.manifest.version);
    let node = host.prepare(&name, &Map::new()).unwrap();
    assert_eq!(node.action().digest, action.digest);
    for found in node.diagnostics() {
        message_checks::check_message(&found.message);
        message_checks::check_code(found.code.as_str(), &[CodeClass::Refusal, CodeClass::Warning]);
    }
    let before = dump(host.store().as_ref());
    let outcome = block_on(host.invoke(Request::new(node, session()))).unwrap();
    assert!(action.manifest.ports.contains(&outcome.port), "{outcome:?}");
    assert_eq!(outcome.port == "error", outcome.error.is_some());
    if let Some(error) = &outcome.error {
        let is_known =
            matches!(ErrorCode::find(&error.code).map(ErrorCode::class), Some(CodeClass::Refusal | CodeClass::Fault));
        assert!(is_known || (error.code.contains('/') && error.code.len() <= 128), "{error:?}");
        assert_eq!(dump(host.store().as_ref()), before, "a failed action changed the store");
    }
    Ok(outcome)
}

fn check_rejection(error: &LoadError) {
    message_checks::check_message(&error.message);
    message_checks::check_code(error.code.as_str(), &[CodeClass::Load, CodeClass::Fault]);
    assert_eq!(error.code == "component-contract", !error.differences.is_empty());
    for finding in &error.findings {
        message_checks::check_message(&finding.message);
        message_checks::check_code(finding.code.as_str(), &[CodeClass::Manifest]);
    }
}

/// The number of parameters that do not repeat per channel.
fn count_named_parameters(action: &Action) -> usize {
    action.manifest.parameters.iter().filter(|parameter| parameter.per_channel.is_none()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hosts with limits that are long enough for every terminating action.
    static HOST_WITH_LONG_LIMITS: HostPool =
        HostPool::new(|builder, limits| builder.limits(limits).without_built_in_actions());

    fn outcome(bytes: &[u8]) -> Result<Outcome, LoadError> {
        HOST_WITH_LONG_LIMITS.with_host(|host| load_and_invoke(host, &component_from(bytes).unwrap()))
    }

    #[test]
    fn generated_components_are_loaded() {
        let described = [b"d", manifest().as_bytes()].concat();
        assert_eq!(outcome(&described).unwrap().port, "next");
        // The outcome is random, but the host loads the action.
        let random = [b"a\x01\x01".as_slice(), &[0; 64]].concat();
        assert!(outcome(&random).is_ok());
    }
}
