//! Golden cases of migrations in case files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use flowhost_tests::contract::{Behaviour, Contract, manifest};
use serde_json::{Value as Json, json};

/// A component of version 2 with a migration from version 1.
fn component() -> Vec<u8> {
    let mut manifest = manifest("acme-hours", &[]);
    let words = json!({"en": "x"});
    manifest["version"] = json!("2.0.0");
    manifest["parameters"] =
        json!([{"name": "OPENING_HOURS", "title": words, "help": words, "kind": "text", "required": false}]);
    manifest["migrations"] = json!([{"from": "1", "to": "2", "steps": [{"rename": "HOURS", "to": "OPENING_HOURS"}]}]);
    Contract::default().component(&manifest, Behaviour::Succeed)
}

fn file(migrations: &Json) -> String {
    json!({"format": 1, "cases": [], "migrations": migrations}).to_string()
}

fn case(name: &str, before: Json, after: Json) -> Json {
    json!({"name": name, "from": "1", "before": before, "after": after})
}

#[test]
fn golden_cases_of_migrations_are_compared() {
    let env = TestEnv::new();
    env.file("a.wasm", component());
    let before = json!({"id": "n1", "type": "acme-hours@1", "HOURS": "8-12", "wires": [["n2"], []]});
    let after = json!({"id": "n1", "type": "acme-hours@2", "OPENING_HOURS": "8-12", "wires": [["n2"], []]});
    let good = case("hours", before.clone(), after.clone());
    env.file("good.json", file(&json!([good])));
    let report = env.run(&["test", "a.wasm", "good.json", "--json"]).assert_success().json();
    assert_eq!((&report["passed"], &report["failed"]), (&json!(1), &json!(0)));
    assert_eq!(report["migrations"][0]["passed"], true);

    let mut lost = before.clone();
    lost["OTHER"] = json!("x");
    let (wrong, lost) = (case("wrong", before, json!({"id": "n1"})), case("lost", lost, after));
    env.file("bad.json", file(&json!([good, wrong, lost])));
    let output = env.run(&["test", "a.wasm", "bad.json", "--json", "--junit", "junit.xml"]);
    assert_eq!(output.code, 1);
    let report = output.json();
    assert_eq!((&report["passed"], &report["failed"]), (&json!(1), &json!(2)));
    let paths = report["migrations"][1]["differences"].as_array().unwrap().iter().map(|found| &found["path"]);
    assert_eq!(paths.collect::<Vec<_>>(), ["/after/OPENING_HOURS", "/after/type", "/after/wires"]);
    assert_eq!(report["migrations"][2]["error"]["code"], "migration-left-over");
    let xml = std::fs::read_to_string(env.path("junit.xml")).unwrap();
    assert!(xml.contains("tests=\"3\" failures=\"2\" errors=\"0\""), "{xml}");
    env.run(&["test", "a.wasm", "bad.json", "--filter", "hours"]).assert_success();
}

#[test]
fn an_invalid_golden_case_runs_nothing() {
    let env = TestEnv::new();
    env.file("a.wasm", component());
    env.file("a.json", file(&json!([{"name": "a", "from": 1, "before": {}, "after": {}}])));
    env.run(&["test", "a.wasm", "a.json"]).assert_failure(1, &["case-invalid", "/migrations/0/from"]);
}
