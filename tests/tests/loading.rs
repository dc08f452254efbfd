//! Loading in a host: components of a newer contract run, refusals are cached, and declared error codes are enforced.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost::store::{self, MemoryStore};
use flowhost::{Host, HostBuilder, Outcome, Request, Session};
use flowhost_tests::contract::{Behaviour, Contract, manifest};
use serde_json::json;
use std::path::Path;

async fn open(builder: HostBuilder) -> Host {
    let store = MemoryStore::new();
    let tenant =
        json!({ "id": "acme", "name": "Acme", "time_zone": "UTC", "phone_region": "US", "channels": ["widget"] });
    store::apply(&store, &json!({ "tenants": [tenant] }).to_string()).await.unwrap();
    builder.open(store).await.unwrap()
}

fn builder() -> HostBuilder {
    Host::builder().workers(1).without_built_in_actions()
}

async fn invoke(host: &Host, component: &[u8]) -> Outcome {
    let action = host.load(component).unwrap();
    let node = host.prepare(&action.manifest.id, &serde_json::Map::new()).unwrap();
    host.invoke(Request::new(node, Session::new("acme", "widget", "u-1"))).await.unwrap()
}

#[tokio::test]
async fn a_component_of_a_newer_contract_runs_without_its_new_functions() {
    let host = open(builder()).await;
    let contract = Contract::newer();
    let uses = ["flow:outbound/dnd#blocks-campaign", "flow:action/session"];
    let outcome = invoke(&host, &contract.component(&manifest("acme-runs", &uses), Behaviour::Succeed)).await;
    assert_eq!(outcome.port, "next", "{outcome:?}");
    for (id, function) in [
        ("acme-calls", "flow:outbound/dnd#newer"),
        ("acme-reads", "flow:outbound/later#read"),
        ("acme-blocks", "flow:outbound/dnd#blocks-category"),
    ] {
        let component = contract.component(&manifest(id, &uses), Behaviour::Call(function));
        let outcome = invoke(&host, &component).await;
        assert_eq!(outcome.error.unwrap().code, "plugin-contract", "{function}");
    }
    // A neighbour still works.
    let outcome = invoke(&host, &Contract::default().component(&manifest("acme-old", &uses), Behaviour::Succeed)).await;
    assert_eq!(outcome.port, "next");
}

#[tokio::test]
async fn a_code_outside_the_declared_errors_ends_the_run() {
    let host = open(builder()).await;
    for (id, errors, code, expected) in [
        ("acme-open", None, "acme/other", "acme/other"),
        ("acme-declared", Some(json!([{ "code": "acme/known", "help": { "en": "x" } }])), "acme/known", "acme/known"),
        (
            "acme-undeclared",
            Some(json!([{ "code": "acme/known", "help": { "en": "x" } }])),
            "acme/other",
            "plugin-contract",
        ),
        ("acme-closed", Some(json!([])), "acme/other", "plugin-contract"),
        ("acme-host", Some(json!([])), "contact-not-found", "contact-not-found"),
    ] {
        let mut manifest = manifest(id, &[]);
        if let Some(errors) = errors {
            manifest["errors"] = errors;
        }
        let outcome = invoke(&host, &Contract::default().component(&manifest, Behaviour::Refuse(code))).await;
        assert_eq!(outcome.error.unwrap().code, expected, "{id}");
    }
}

/// A program that does not exist: a host with this compiler can't compile.
const NO_COMPILER: &str = "/nonexistent/flowhost";

#[tokio::test]
async fn a_second_start_compiles_no_refused_component() {
    let folder = tempfile::tempdir().unwrap();
    let component = Contract::default().component(&manifest("Invalid Id", &[]), Behaviour::Succeed);
    let cached = || builder().cache(folder.path().join("cache"));
    let first = open(cached()).await.inspect(&component).unwrap_err();
    assert_eq!((first.code.as_str(), first.findings.len()), ("plugin-contract", 1));
    let without_compiler = open(cached().compiler(NO_COMPILER)).await;
    assert_eq!(without_compiler.inspect(&component).unwrap_err(), first);
    // Other limits are another host: it checks the component again.
    let mut limits = without_compiler.limits().clone();
    limits.warnings += 1;
    let other = open(cached().compiler(NO_COMPILER).limits(limits)).await.inspect(&component).unwrap_err();
    assert_eq!(other.code, "component-invalid");
}

#[tokio::test]
async fn a_missing_compiler_is_not_remembered_as_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let component = Contract::default().component(&manifest("acme-good", &[]), Behaviour::Succeed);
    let cached = || builder().cache(folder.path().join("cache"));
    assert_eq!(open(cached().compiler(NO_COMPILER)).await.inspect(&component).unwrap_err().code, "component-invalid");
    assert_eq!(open(cached()).await.inspect(&component).unwrap().manifest.id, "acme-good");
    let files = std::fs::read_dir(folder.path().join("cache")).unwrap().map(|entry| entry.unwrap().path());
    assert!(files.into_iter().all(|file| file.extension() != Some(Path::new("refusal").as_os_str())));
}

#[tokio::test]
async fn memories_and_core_instances_have_limits_of_their_own() {
    let component = Contract::default().component(&manifest("acme-counted", &[]), Behaviour::Succeed);
    let mut limits = builder().open(MemoryStore::new()).await.unwrap().limits().clone();
    limits.memories = 0;
    assert_eq!(open(builder().limits(limits.clone())).await.inspect(&component).unwrap_err().code, "limit-memory");
    limits.memories = 1;
    assert_eq!(open(builder().limits(limits.clone())).await.inspect(&component).unwrap().counts().memories, 1);
    limits.core_instances = 1;
    assert_eq!(open(builder().limits(limits)).await.inspect(&component).unwrap_err().code, "limit-tables");
}
