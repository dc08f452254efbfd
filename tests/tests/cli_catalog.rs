//! The catalogue, checking and packing components, the contract's files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{Place, core_module};
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
    let place = Place::new();
    let manifests = place.run(&["actions", "--json"]).done().json();
    let ids: Vec<_> = manifests.as_array().unwrap().iter().map(|manifest| manifest["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ACTIONS);
    let (english, spanish) =
        (place.run(&["actions"]).done().stdout, place.run(&["actions", "--lang", "es"]).done().stdout);
    assert_eq!((english.lines().count(), spanish.lines().count()), (11, 11));
    assert!(english.contains("Campaign Contact Manager") && spanish.contains("campaña"), "{spanish}");
    // Nothing of this needs a store.
    assert!(!place.path("flowhost.db").exists());
}

#[test]
fn an_action_shows_what_it_takes() {
    let place = Place::new();
    let shown = place.run(&["actions", "campaign-record-administration"]).done().stdout;
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
    let manifest = place.run(&["actions", "campaign-record-administration@1", "--json"]).done().json();
    assert_eq!(manifest["id"], "campaign-record-administration");
    let schema = place.run(&["actions", "campaign-contact-manager", "--schema"]).done().json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["required"], json!(["CONTACT_NAME_EXPRESSION", "CONTACT_IDENTIFIER_ENTITY"]));
    place.run(&["actions", "campaign-contact-maneger"]).refused(1, &["action-not-found", "campaign-contact-manager"]);
}

#[test]
fn what_is_no_component_is_refused_with_the_reason() {
    let place = Place::new();
    for (name, content, words) in [
        ("empty.wasm", b"".as_slice(), "empty"),
        ("text.wasm", b"(module)", "no WebAssembly"),
        ("core.wasm", b"\0asm\x01\0\0\0", "flowhost pack"),
        ("cut.wasm", b"\0asm\x0d\0\x01\0\x07", "cut short"),
    ] {
        place.file(name, content);
        place.run(&["check", name]).refused(1, &[name, words, "component-invalid"]);
    }
    // A component without anything is one of another world.
    place.file("other.wasm", b"\0asm\x0d\0\x01\0");
    let refused = place.run(&["check", "other.wasm"]).refused(1, &["component-contract"]);
    assert!(refused.stdout.contains("flow:action/handler"), "{}", refused.stdout);
    let json = place.run(&["check", "other.wasm", "--json"]).json();
    assert_eq!(json["error"]["code"], "component-contract");
    assert!(json["differences"][0]["offered"].as_str().unwrap().contains("flow:action/handler"));
}

#[test]
fn a_plugin_that_is_refused_leaves_the_rest_working() {
    let place = Place::new();
    std::fs::create_dir(place.path("plugins")).unwrap();
    place.file("plugins/broken.wasm", b"\0asm\x01\0\0\0");
    let shown = place.run(&["actions", "--plugins", "plugins"]).done();
    assert_eq!(shown.stdout.lines().count(), 11);
    assert!(shown.stderr.contains("broken.wasm") && shown.stderr.contains("component-invalid"), "{}", shown.stderr);
    place.run(&["--plugins", "missing", "actions"]).refused(1, &["missing"]);
}

#[test]
fn the_contract_is_written_for_an_author() {
    let place = Place::new();
    place.run(&["wit", "my/wit"]).done();
    for file in ["action/world.wit", "outbound/outbound.wit", "outbound/deps/flow-action/world.wit"] {
        let text = std::fs::read_to_string(place.path("my/wit").join(file)).unwrap();
        assert!(text.contains("package flow:"), "{file}");
    }
    place.file("file", "");
    place.run(&["wit", "file"]).refused(1, &["file"]);
}

#[test]
fn what_an_author_built_is_packed_checked_and_run() {
    let place = Place::new();
    place.file("core.wasm", core_module("campaign-dnd-validator"));
    std::fs::create_dir(place.path("plugins")).unwrap();
    place.run(&["pack", "core.wasm", "-o", "plugins/packed.wasm"]).done();
    // Its id is a shipped action's.
    place.run(&["check", "plugins/packed.wasm"]).refused(1, &["action-reserved"]);
    let replace = ["--replace", "campaign-dnd-validator"];
    let checked = place.run(&[&["check", "plugins/packed.wasm", "--json"], &replace[..]].concat()).done().json();
    assert_eq!(checked["id"], "campaign-dnd-validator");
    let imports: Vec<_> =
        checked["imports"].as_array().unwrap().iter().map(|import| import.as_str().unwrap()).collect();
    assert!(imports.contains(&"flow:outbound/dnd#blocks-campaign"));
    assert!(imports.iter().all(|import| import.starts_with("flow:")), "{imports:?}");
    let actions = place.run(&[&["actions", "--plugins", "plugins"], &replace[..]].concat()).done();
    assert_eq!((actions.stdout.lines().count(), actions.stderr.as_str()), (11, ""));
    place.run(&["pack", "plugins/packed.wasm", "-o", "again.wasm"]).refused(1, &["already"]);
}

#[test]
fn only_a_core_module_with_the_contract_is_packed() {
    let place = Place::new();
    place.file("core.wasm", b"\0asm\x01\0\0\0");
    place.run(&["pack", "core.wasm", "-o", "out.wasm"]).refused(1, &["core.wasm", "component-"]);
    place.run(&["pack", "missing.wasm", "-o", "out.wasm"]).refused(1, &["missing.wasm"]);
    assert!(!place.path("out.wasm").exists());
}
