//! Components: raw bytes, what wasm-smith makes of them, and actions of the contract that are partly random.
//!
//! The first byte says which: `\0` as it is, `c` a random component, `m` a random core module, `d` an action whose
//! manifest follows, `a` a random action.

use crate::handler::{CONTRACT, Handler};
use crate::world::{Lender, contents, now, session};
use crate::{watch, words};
use arbitrary::{Arbitrary as _, Unstructured};
use flowhost::invocation::codes::{Class, class};
use flowhost::{Action, Host, LoadError, Outcome, Request};
use serde_json::{Map, json};
use std::time::Duration;
use wasm_smith::Config;

static HOST: Lender = Lender::new(|builder, mut limits| {
    // What never ends is frequent here.
    limits.cpu = Duration::from_millis(50);
    builder.limits(limits).without_built_in_actions()
});

pub(crate) fn parse(bytes: &[u8]) {
    if let Some(component) = made_of(bytes) {
        HOST.lend(|host| drop(load_and_invoke(host, &component)));
    }
}

/// `None`: too few bytes to make something of.
fn made_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let (kind, seed) = bytes.split_first()?;
    let mut random = Unstructured::new(seed);
    match kind {
        b'c' => Some(wasm_smith::Component::new(Config::default(), &mut random).ok()?.to_bytes()),
        b'm' => {
            let module = wasm_smith::Module::new(Config::default(), &mut random).ok()?.to_bytes();
            if let Err(error) = watch::lengthy("the packing", || flowhost::catalog::pack(&module)) {
                refused(&error);
            }
            Some(module)
        }
        b'd' => {
            let manifest = str::from_utf8(seed).ok()?;
            Handler { manifest, works: false, answers: true, takes: true }.component(&mut Unstructured::new(&[]))
        }
        b'a' => {
            let manifest = manifest();
            let (answers, takes) = (bool::arbitrary(&mut random).ok()?, bool::arbitrary(&mut random).ok()?);
            Handler { manifest: &manifest, works: true, answers, takes }.component(&mut random)
        }
        _ => Some(bytes.to_vec()),
    }
}

/// Of an action that may use everything.
fn manifest() -> String {
    let text = |text: &str| json!({ "en": text });
    let parameter =
        |name: &str, kind: &str| json!({ "name": name, "title": text(name), "help": text(""), "kind": kind });
    json!({
        "manifest": 1, "id": "random", "version": "1.0.0", "category": "Test", "title": text("Random"),
        "description": text("Does anything"), "locales": ["en"], "ports": ["next", "error"], "uses": CONTRACT.uses,
        "parameters": [parameter("TEXT", "text-expression"), parameter("OUT", "entity-out")],
    })
    .to_string()
}

/// The outcome of an action that was loaded.
fn load_and_invoke(host: &Host, component: &[u8]) -> Result<Outcome, LoadError> {
    let action = watch::lengthy("the component", || host.load(component)).inspect_err(refused)?;
    let schema = action.parameters_schema("es");
    assert_eq!(schema["properties"].as_object().map(Map::len).unwrap_or_default(), properties(&action));
    let name = format!("{}@{}", action.manifest.id, action.manifest.version);
    let node = host.prepare(&name, &Map::new()).unwrap();
    assert_eq!(node.action().digest, action.digest);
    for found in node.diagnostics() {
        words::message(&found.message);
        words::code(found.code, &[Class::Refusal, Class::Warning]);
    }
    let before = contents(host.store().as_ref());
    let outcome = now(host.invoke(Request::new(node, session()))).unwrap();
    assert!(action.manifest.ports.contains(&outcome.port), "{outcome:?}");
    assert_eq!(outcome.port == "error", outcome.error.is_some());
    if let Some(error) = &outcome.error {
        let is_known = matches!(class(&error.code), Some(Class::Refusal | Class::Fault));
        assert!(is_known || (error.code.contains('/') && error.code.len() <= 128), "{error:?}");
        assert_eq!(contents(host.store().as_ref()), before, "an action that failed left a trace");
    }
    Ok(outcome)
}

fn refused(error: &LoadError) {
    words::message(&error.message);
    words::code(error.code, &[Class::Load, Class::Fault]);
    assert_eq!(error.code == "component-contract", !error.differences.is_empty());
}

/// Parameters that have a name of their own.
fn properties(action: &Action) -> usize {
    action.manifest.parameters.iter().filter(|parameter| parameter.per_channel.is_none()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With time enough for every action that ends.
    static PATIENT: Lender = Lender::new(|builder, limits| builder.limits(limits).without_built_in_actions());

    fn outcome(bytes: &[u8]) -> Result<Outcome, LoadError> {
        PATIENT.lend(|host| load_and_invoke(host, &made_of(bytes).unwrap()))
    }

    #[test]
    fn what_it_makes_is_loaded() {
        let described = [b"d", manifest().as_bytes()].concat();
        assert_eq!(outcome(&described).unwrap().port, "next");
        // What it does is random, but it was loaded.
        let random = [b"a\x01\x01".as_slice(), &[0; 64]].concat();
        assert!(outcome(&random).is_ok());
    }
}
