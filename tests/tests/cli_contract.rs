//! Components that do not match the contract, and manifests with findings: `check`, `pack` and loading.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use flowhost_tests::contract::{Behaviour, Contract, manifest, newer_version, next_major};
use serde_json::{Value as Json, json};

/// Altered contracts, each with the part that the third line of the table names.
fn altered() -> Vec<(Contract, &'static str)> {
    let replaced = |old, new| Contract::default().replace(old, new);
    vec![
        (replaced("channel: func() -> string", "channel: func() -> u32"), "result: u32, not string"),
        (replaced("linked: func(contact: string,", "linked: func(contact: u64,"), "contact: u64, not string"),
        (
            replaced("linked: func(contact: string,", "linked: func(person: string,"),
            "person: string, not contact: string",
        ),
        (
            replaced("linked: func(contact: string, channel: string)", "linked: func(contact: string)"),
            "channel: absent, not string",
        ),
        (replaced("nanoseconds: u32", "nanoseconds: u64"), "nanoseconds: u64, not u32"),
        (replaced("nanoseconds: u32,", "nanoseconds: u32, zone: string,"), "zone: string, not absent"),
        (replaced("integer(s64)", "integer(s32)"), "integer: s32, not s64"),
        (replaced("json(string)", "json(string), null"), "null: no value, not absent"),
        (replaced("enum level { debug, info,", "enum level { debug,"), "info: absent, not no value"),
        (replaced("describe: func() -> string", "describe: func() -> list<u8>"), "result: list<u8>, not string"),
        (
            replaced("invoke: func() -> result<string, error>", "invoke: func() -> result<u32, error>"),
            "result: u32, not string",
        ),
    ]
}

#[test]
fn check_and_pack_print_the_same_table() {
    let env = TestEnv::new();
    for (contract, differs) in altered() {
        let manifest = manifest("acme-altered", &[]);
        env.file("core.wasm", contract.module(&manifest, Behaviour::Succeed));
        env.file("component.wasm", contract.component(&manifest, Behaviour::Succeed));
        let packed = env.run(&["pack", "core.wasm", "-o", "out.wasm"]).assert_failure(1, &["component-contract"]);
        let checked =
            env.run(&["check", "component.wasm"]).assert_failure(1, &["component-contract", "build it against"]);
        assert_eq!(packed.stdout, checked.stdout);
        assert!(checked.stdout.contains(&format!("  differs: {differs}\n")), "{differs}: {}", checked.stdout);
        let json = env.run(&["check", "component.wasm", "--json"]).json();
        let rows = json["differences"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["differs"] == differs), "{json}");
        for row in rows {
            assert!(["wanted", "offered", "what"].iter().all(|field| row[field].is_string()), "{row}");
        }
    }
    assert!(!env.path("out.wasm").exists());
}

#[test]
fn another_major_version_is_another_contract() {
    let env = TestEnv::new();
    let contract = Contract::default().version(&next_major());
    let manifest = manifest("acme-major", &[]);
    env.file("core.wasm", contract.module(&manifest, Behaviour::Succeed));
    env.file("component.wasm", contract.component(&manifest, Behaviour::Succeed));
    let advice = format!("it needs a host of contract {} or newer", next_major());
    env.run(&["pack", "core.wasm", "-o", "out.wasm"]).assert_failure(1, &["component-contract", &advice]);
    env.run(&["check", "component.wasm"]).assert_failure(1, &["component-contract", &advice]);
}

#[test]
fn a_missing_function_in_uses_is_refused_with_the_version_that_is_needed() {
    let env = TestEnv::new();
    let advice = format!("it needs a host of contract {} or newer", newer_version());
    for (entry, row) in [
        ("flow:outbound/dnd#newer", "flow:outbound/dnd"),
        ("flow:outbound/later", "flow:outbound/later"),
        ("flow:outbound/later#read", "flow:outbound/later"),
    ] {
        let manifest = manifest("acme-newer", &[entry]);
        env.file("core.wasm", Contract::newer().module(&manifest, Behaviour::Succeed));
        env.file("component.wasm", Contract::newer().component(&manifest, Behaviour::Succeed));
        env.run(&["pack", "core.wasm", "-o", "out.wasm"]).assert_failure(1, &["component-contract", &advice]);
        let checked = env.run(&["check", "component.wasm"]).assert_failure(1, &["component-contract", &advice]);
        assert!(checked.stdout.contains(row), "{}", checked.stdout);
    }
}

#[test]
fn a_component_of_a_newer_contract_is_described() {
    let env = TestEnv::new();
    let manifest = manifest("acme-newer", &["flow:outbound/dnd#blocks-campaign"]);
    env.file("component.wasm", Contract::newer().component(&manifest, Behaviour::Succeed));
    let checked = env.run(&["check", "component.wasm", "--json", "--strict"]).assert_success().json();
    assert_eq!(checked["contract"]["built"], newer_version());
    assert_eq!(checked["contract"]["needs"], flowhost::catalog::CONTRACT_VERSION);
    assert_eq!(
        checked["limits"],
        json!({ "memories": [1, 4], "core_instances": [checked["limits"]["core_instances"][0], 64], "tables": [checked["limits"]["tables"][0], 8] })
    );
    assert_eq!((&checked["findings"], &checked["wasi"], &checked["changes"]), (&json!([]), &json!([]), &json!([])));
    let text = env.run(&["check", "component.wasm"]).assert_success().stdout;
    assert!(text.contains("memories    1 of 4\n") && !text.contains("flow:outbound/later#read"), "{text}");
    let text = env.run(&["check", "component.wasm", "--imports"]).assert_success().stdout;
    assert!(text.contains("flow:outbound/later#read"), "{text}");
}

/// A manifest with one finding of each code that a loaded component can have, with its pointer.
fn manifests_with_findings() -> Vec<(Json, &'static str, &'static str)> {
    let with = |field: &str, value: Json| {
        let mut manifest = manifest("acme-finding", &[]);
        manifest[field] = value;
        manifest
    };
    let words = || json!({ "en": "x" });
    let parameter = |more: Json| {
        let mut parameter =
            json!({ "name": "A", "title": words(), "help": words(), "kind": "boolean", "required": false });
        parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameter
    };
    vec![
        (with("category", json!("")), "manifest-schema", "/category"),
        (
            with("parameters", json!([parameter(json!({})), parameter(json!({}))])),
            "manifest-duplicate",
            "/parameters/1",
        ),
        (
            with("parameters", json!([parameter(json!({ "default": "maybe" }))])),
            "manifest-default",
            "/parameters/0/default",
        ),
        (
            with("parameters", json!([parameter(json!({ "group": "none" }))])),
            "manifest-reference",
            "/parameters/0/group",
        ),
        (with("title", json!({ "en": "a\u{1b}]0;x\u{7}b" })), "manifest-text", "/title/en"),
        (with("title", json!({ "en": "a\u{202e}b" })), "manifest-text", "/title/en"),
        (with("uses", json!(["flow:outbound/dnd#block"])), "manifest-uses", "/uses/0"),
        (
            with("migrations", json!([{ "from": "0", "to": "2", "steps": [] }])),
            "manifest-migration",
            "/migrations/0/to",
        ),
    ]
}

#[test]
fn a_finding_of_severity_error_refuses_the_component_everywhere() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("plugins")).unwrap();
    for (manifest, code, pointer) in manifests_with_findings() {
        env.file("plugins/finding.wasm", Contract::default().component(&manifest, Behaviour::Succeed));
        let checked =
            env.run(&["check", "plugins/finding.wasm", "--json"]).assert_failure(1, &["plugin-contract", pointer]);
        let json = checked.json();
        assert_eq!(json["error"]["code"], "plugin-contract");
        let found = json["findings"].as_array().unwrap();
        let is_expected =
            |found: &&Json| found["code"] == code && found["path"] == pointer && found["severity"] == "error";
        assert_eq!(found.iter().filter(is_expected).count(), 1, "{json}");
        let text = env.run(&["check", "plugins/finding.wasm"]).stdout;
        assert!(text.contains(code) && !text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
        let listed = env.run(&["--plugins", "plugins", "actions"]).assert_success();
        assert!(listed.stderr.contains("finding.wasm is left out: plugin-contract: "), "{}", listed.stderr);
        assert!(!listed.stdout.contains("acme-finding"));
    }
}

#[test]
fn a_finding_of_severity_warning_is_shown_and_logged() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("plugins")).unwrap();
    let mut unknown = manifest("acme-warning", &[]);
    unknown["titel"] = json!("x");
    let unused = manifest("acme-warning", &["flow:action/session#user", "flow:outbound/dnd"]);
    let cases = [(unknown, "manifest-unknown-field", "/titel"), (unused, "manifest-unused", "/uses/1")];
    for (manifest, code, pointer) in cases {
        let component = Contract::default().of_action().component(&manifest, Behaviour::Succeed);
        env.file("plugins/warning.wasm", component);
        let checked = env.run(&["check", "plugins/warning.wasm", "--json"]).assert_success().json();
        assert_eq!(checked["findings"][0]["code"], code);
        assert_eq!(
            (&checked["findings"][0]["path"], &checked["findings"][0]["severity"]),
            (&json!(pointer), &json!("warning"))
        );
        env.run(&["check", "plugins/warning.wasm", "--strict"]).assert_failure(1, &["--strict"]);
        let listed = env.run(&["--plugins", "plugins", "actions"]).assert_success();
        assert!(listed.stderr.contains(code) && listed.stderr.contains("warning.wasm"), "{}", listed.stderr);
        assert!(listed.stdout.contains("acme-warning"));
    }
}

#[test]
fn actions_show_errors_migrations_and_types() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("plugins")).unwrap();
    let mut manifest = manifest("acme-shown", &[]);
    manifest["version"] = json!("2.0.0");
    manifest["errors"] = json!([{ "code": "acme/points-negative", "help": { "en": "Points are below 0." } }]);
    manifest["migrations"] = json!([{ "from": "1", "to": "2", "steps": [{ "drop": "OLD" }] }]);
    manifest["parameters"] = json!([{
        "name": "TIER", "title": { "en": "Tier" }, "help": { "en": "The tier" }, "kind": "entity-out", "type": "number",
        "required": true, "placeholder": { "en": "tier" }, "examples": [{ "value": "tier", "title": { "en": "The tier" } }],
    }]);
    env.file("plugins/shown.wasm", Contract::default().component(&manifest, Behaviour::Succeed));
    let text = env.run(&["--plugins", "plugins", "actions", "acme-shown"]).assert_success().stdout;
    for part in ["acme/points-negative", "Points are below 0.", "1 to 2 (1 steps)", "entity-out; number; required"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json = env.run(&["--plugins", "plugins", "actions", "acme-shown", "--json"]).assert_success().json();
    for field in ["errors", "migrations", "parameters"] {
        assert_eq!(json[field], manifest[field], "{field}");
    }
}
