//! The commands `actions`, `check`, `pack` and `wit`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{TestEnv, core_module};
use serde_json::json;

const ACTIONS: [&str; 10] = [
    "campaign-contact-manager",
    "campaign-dnd-manager",
    "campaign-dnd-manager-by-category",
    "campaign-dnd-validator",
    "campaign-dnd-validator-by-category",
    "campaign-dynamic-contact-manager",
    "campaign-record-administration",
    "campaign-whatsapp-voice-contact-manager",
    "cancel-campaign-records-by-contact",
    "list-campaign-records-by-contact",
];

#[test]
fn the_catalogue_holds_the_ten_actions_in_two_languages() {
    let env = TestEnv::new();
    let manifests = env.run(&["actions", "--json"]).assert_success().json();
    let ids: Vec<_> = manifests.as_array().unwrap().iter().map(|manifest| manifest["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ACTIONS);
    let (english, spanish) =
        (env.run(&["actions"]).assert_success().stdout, env.run(&["actions", "--lang", "es"]).assert_success().stdout);
    assert_eq!((english.lines().count(), spanish.lines().count()), (11, 11));
    assert!(english.contains("Campaign Contact Manager") && spanish.contains("campaña"), "{spanish}");
    // These commands do not open a store.
    assert!(!env.path("flowhost.db").exists());
}

#[test]
fn an_action_shows_its_parameters() {
    let env = TestEnv::new();
    let shown = env.run(&["actions", "campaign-record-administration"]).assert_success().stdout;
    for words in [
        "CAMPAIGN_ID",
        "required",
        "MTM | MMT",
        "default MTM",
        "used when TEMPLATE is given",
        "one for each channel",
        "next, error",
    ] {
        assert!(shown.contains(words), "`{words}` isn't in {shown}");
    }
    let manifest = env.run(&["actions", "campaign-record-administration@1", "--json"]).assert_success().json();
    assert_eq!(manifest["id"], "campaign-record-administration");
    let schema = env.run(&["actions", "campaign-contact-manager", "--schema"]).assert_success().json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["required"], json!(["CONTACT_NAME_EXPRESSION", "CONTACT_IDENTIFIER_ENTITY"]));
    env.run(&["actions", "campaign-contact-maneger"])
        .assert_failure(1, &["action-not-found", "campaign-contact-manager"]);
}

#[test]
fn an_invalid_component_is_refused_with_the_reason() {
    let env = TestEnv::new();
    for (name, content, words) in [
        ("empty.wasm", b"".as_slice(), "empty"),
        ("text.wasm", b"(module)", "not WebAssembly"),
        ("core.wasm", b"\0asm\x01\0\0\0", "flowhost pack"),
        ("cut.wasm", b"\0asm\x0d\0\x01\0\x07", "truncated"),
    ] {
        env.file(name, content);
        env.run(&["check", name]).assert_failure(1, &[name, words, "component-invalid"]);
    }
    // An empty component belongs to another world.
    env.file("other.wasm", b"\0asm\x0d\0\x01\0");
    let refused = env.run(&["check", "other.wasm"]).assert_failure(1, &["component-contract"]);
    assert!(refused.stdout.contains("flow:action/handler"), "{}", refused.stdout);
    let json = env.run(&["check", "other.wasm", "--json"]).json();
    assert_eq!(json["error"]["code"], "component-contract");
    assert!(json["differences"][0]["offered"].as_str().unwrap().contains("flow:action/handler"));
}

#[test]
fn a_plugin_that_is_refused_leaves_the_rest_working() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("plugins")).unwrap();
    env.file("plugins/broken.wasm", b"\0asm\x01\0\0\0");
    let shown = env.run(&["actions", "--plugins", "plugins"]).assert_success();
    assert_eq!(shown.stdout.lines().count(), 11);
    assert!(shown.stderr.contains("broken.wasm") && shown.stderr.contains("component-invalid"), "{}", shown.stderr);
    env.run(&["--plugins", "missing", "actions"]).assert_failure(1, &["missing"]);
}

#[test]
fn the_contract_is_written_for_an_author() {
    let env = TestEnv::new();
    env.run(&["wit", "my/wit"]).assert_success();
    for file in ["action/world.wit", "outbound/outbound.wit", "outbound/deps/flow-action/world.wit"] {
        let text = std::fs::read_to_string(env.path("my/wit").join(file)).unwrap();
        assert!(text.contains("package flow:"), "{file}");
    }
    let schema = std::fs::read_to_string(env.path("my/wit/case.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["properties"]["format"], json!({"const": 1}));
    env.file("file", "");
    env.run(&["wit", "file"]).assert_failure(1, &["file"]);
}

#[test]
fn a_core_module_is_packed_checked_and_run() {
    let env = TestEnv::new();
    env.file("core.wasm", core_module("campaign-dnd-validator"));
    std::fs::create_dir(env.path("plugins")).unwrap();
    env.run(&["pack", "core.wasm", "-o", "plugins/packed.wasm"]).assert_success();
    // The id belongs to a shipped action.
    env.run(&["check", "plugins/packed.wasm"]).assert_failure(1, &["action-reserved"]);
    let replace = ["--replace", "campaign-dnd-validator"];
    let checked =
        env.run(&[&["check", "plugins/packed.wasm", "--json"], &replace[..]].concat()).assert_success().json();
    assert_eq!(checked["id"], "campaign-dnd-validator");
    let imports: Vec<_> =
        checked["imports"].as_array().unwrap().iter().map(|import| import.as_str().unwrap()).collect();
    assert!(imports.contains(&"flow:outbound/dnd#blocks-campaign"));
    assert!(imports.iter().all(|import| import.starts_with("flow:")), "{imports:?}");
    let actions = env.run(&[&["actions", "--plugins", "plugins"], &replace[..]].concat()).assert_success();
    assert_eq!((actions.stdout.lines().count(), actions.stderr.as_str()), (11, ""));
    env.run(&["pack", "plugins/packed.wasm", "-o", "again.wasm"]).assert_failure(1, &["already"]);
}

#[test]
fn only_a_core_module_with_the_contract_is_packed() {
    let env = TestEnv::new();
    env.file("core.wasm", b"\0asm\x01\0\0\0");
    env.run(&["pack", "core.wasm", "-o", "out.wasm"]).assert_failure(1, &["core.wasm", "component-"]);
    env.run(&["pack", "missing.wasm", "-o", "out.wasm"]).assert_failure(1, &["missing.wasm"]);
    assert!(!env.path("out.wasm").exists());
}
