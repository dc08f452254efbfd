#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use serde_json::json;

fn words(text: &str) -> Json {
    json!({ "en": text, "es": text })
}

fn parameter(name: &str, kind: &str, more: Json) -> Json {
    let mut parameter = json!({
        "name": name, "title": words("Title"), "help": words("Line 1\nline 2"), "kind": kind, "required": false,
    });
    parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameter
}

/// A manifest without findings that has every field.
fn manifest() -> Json {
    json!({
        "manifest": 1, "id": "acme-tier", "version": "2.1.0", "category": "Test", "title": words("Tier"),
        "description": words("Reads\npoints."), "icon": "star",
        "groups": [{ "id": "main", "title": words("Main") }],
        "parameters": [
            parameter("MODE", "choice", json!({ "choices": ["fast", "slow"], "default": "fast", "group": "main" })),
            parameter("NAME", "text-expression", json!({
                "default": "'a' + 'b'", "placeholder": words("contact_name"),
                "examples": [{ "value": "contact_name", "title": words("The name") }],
                "required-when": { "parameter": "MODE", "is": ["slow"] },
            })),
            parameter("TIER", "entity-out", json!({ "type": "text", "on-error": "NONE" })),
            parameter("<CHANNEL>_ID", "text", json!({ "per-channel": { "except": ["voice"] } })),
            parameter("VOICE_ID", "text", json!({})),
        ],
        "ports": ["next", "error"], "locales": ["en", "es"],
        "errors": [{ "code": "acme/points-negative", "help": words("Points are\nbelow 0.") }],
        "migrations": [{
            "from": "1", "to": "2", "ports": ["next", null, "error"],
            "steps": [
                { "rename": "OLD_MODE", "to": "MODE" }, { "map": "MODE", "values": { "FAST": "fast" } },
                { "set": "NAME", "expression": "old.FULL.split('-')[0]" }, { "set": "SMS_ID", "value": "x" },
                { "set": "HELPER", "value": "x" }, { "drop": "HELPER" },
            ],
        }],
        "uses": ["flow:outbound/dnd", "flow:outbound/records#save"],
    })
}

/// All findings as code and pointer.
fn findings(document: &Json) -> Vec<(&'static str, String)> {
    let found = match Manifest::parse(&document.to_string()) {
        Ok(checked) => checked.warnings,
        Err(found) => found,
    };
    found.into_iter().map(|finding| (finding.code.as_str(), finding.path)).collect()
}

/// The findings after the value at `pointer` was set. The last token may be new, and `-` appends to a list.
fn after(pointer: &str, value: Json) -> Vec<(&'static str, String)> {
    let mut document = manifest();
    set(&mut document, pointer, value);
    findings(&document)
}

fn set(document: &mut Json, pointer: &str, value: Json) {
    let (parent, token) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Json::Object(object) => drop(object.insert(token.to_owned(), value)),
        Json::Array(list) if token == "-" => list.push(value),
        Json::Array(list) => list[token.parse::<usize>().unwrap()] = value,
        other => unreachable!("{other}"),
    }
}

#[track_caller]
fn assert_finding(pointer: &str, value: Json, code: &str, expected: &str) {
    assert_eq!(after(pointer, value), [(ErrorCode::find(code).unwrap().as_str(), expected.to_owned())], "{pointer}");
}

#[test]
fn a_complete_manifest_has_no_findings() {
    assert_eq!(findings(&manifest()), []);
    let checked = Manifest::parse(&manifest().to_string()).unwrap().manifest;
    let written = serde_json::to_string(&checked).unwrap();
    assert_eq!(Manifest::parse(&written).unwrap().manifest, checked);
}

#[test]
fn the_schema_is_enforced() {
    for (pointer, value, expected) in [
        ("/manifest", json!(2), "/manifest"),
        ("/id", json!("Acme"), "/id"),
        ("/version", json!("1.0"), "/version"),
        ("/version", json!("1.0.0-01"), "/version"),
        ("/ports", json!(["next", "error", "blocked"]), "/ports"),
        ("/ports", json!(["error", "next"]), "/ports"),
        ("/ports", json!(["next", "next", "error"]), "/ports/1"),
        ("/locales", json!("en"), "/locales"),
        ("/parameters/0/kind", json!("text"), "/parameters/0/choices"),
        ("/parameters/1/kind", json!("texts"), "/parameters/1/kind"),
        ("/parameters/1/type", json!("text"), "/parameters/1/type"),
        ("/parameters/1/examples", json!([]), "/parameters/1/examples"),
        ("/parameters/4/per-channel", json!({}), "/parameters/4/name"),
        ("/errors/0/code", json!("points-negative"), "/errors/0/code"),
        ("/uses/0", json!("flow:outbound/dnd@1.0.0"), "/uses/0"),
        ("/title/es", json!(""), "/title/es"),
    ] {
        assert_finding(pointer, value, "manifest-schema", expected);
    }
    let ports = after("/ports", json!(["next", "blocked"]));
    assert!(ports.contains(&("manifest-schema", "/ports".to_owned())), "{ports:?}");
    for member in ["uses", "title", "ports"] {
        let mut document = manifest();
        document.as_object_mut().unwrap().remove(member);
        assert_eq!(findings(&document), [("manifest-schema", String::new())], "{member}");
    }
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(MAX_BYTES));
    for text in ["", "nonsense", "[]", r#"{"manifest":1,"manifest":1}"#, &"[".repeat(10_000), &long] {
        assert_eq!(Manifest::parse(text).unwrap_err()[0].code, "manifest-schema");
    }
}

#[test]
fn an_unknown_field_is_a_warning() {
    assert_finding("/colour", json!("\u{1b}"), "manifest-unknown-field", "/colour");
    assert_finding("/parameters/0/requird", json!(true), "manifest-unknown-field", "/parameters/0/requird");
    assert_finding("/errors/0/a~1b", json!(1), "manifest-unknown-field", "/errors/0/a~01b");
    let checked = Manifest::parse(&{
        let mut document = manifest();
        set(&mut document, "/parameters/0/requird", json!(true));
        document.to_string()
    });
    let warnings = checked.unwrap().warnings;
    assert!(warnings[0].severity == Severity::Warning && warnings[0].message.contains("required"));
}

#[test]
fn an_unknown_field_of_a_step_or_condition_is_an_error() {
    let step = json!({ "drop": "OLD", "comment": "x" });
    assert_finding("/migrations/0/steps/-", step, "manifest-schema", "/migrations/0/steps/6/comment");
    let condition = json!({ "parameter": "MODE", "is": ["slow"], "not": true });
    assert_finding("/parameters/2/shown-when", condition, "manifest-schema", "/parameters/2/shown-when/not");
}

#[test]
fn repeated_names_are_found() {
    for (pointer, value, expected) in [
        ("/parameters/-", parameter("NAME", "text", json!({})), "/parameters/5"),
        ("/parameters/-", parameter("SMS_ID", "text", json!({})), "/parameters/5"),
        ("/parameters/-", parameter("<CHANNEL>_ID", "text", json!({ "per-channel": {} })), "/parameters/5"),
        ("/parameters/0/choices", json!(["fast", "slow", "fast"]), "/parameters/0/choices/2"),
        ("/groups/-", json!({ "id": "main", "title": words("Again") }), "/groups/1"),
        ("/errors/-", json!({ "code": "acme/points-negative", "help": words("Again") }), "/errors/1"),
    ] {
        assert_finding(pointer, value, "manifest-duplicate", expected);
    }
}

#[test]
fn a_default_must_fit_its_parameter() {
    for (pointer, value, expected) in [
        ("/parameters/0/default", json!("medium"), "/parameters/0/default"),
        ("/parameters/0/default", json!(true), "/parameters/0/default"),
        ("/parameters/0/required", json!(true), "/parameters/0/default"),
        ("/parameters/1/default", json!("'a' +"), "/parameters/1/default"),
        ("/parameters/1/default", json!(5), "/parameters/1/default"),
        ("/parameters/2/on-error", json!(5), "/parameters/2/on-error"),
        ("/parameters/2/on-error", json!(["a"]), "/parameters/2/on-error"),
        ("/parameters/4/on-error", json!("a"), "/parameters/4/on-error"),
        ("/parameters/-", parameter("A", "boolean", json!({ "default": "maybe" })), "/parameters/5/default"),
        ("/parameters/-", parameter("A", "campaign", json!({ "default": "first" })), "/parameters/5/default"),
        ("/parameters/-", parameter("A", "expression-list", json!({ "default": ["1 +"] })), "/parameters/5/default"),
        ("/parameters/-", parameter("A", "boolean-expression", json!({ "default": "1 +" })), "/parameters/5/default"),
    ] {
        assert_finding(pointer, value, "manifest-default", expected);
    }
    for default in [json!(true), json!("SÍ"), json!("no")] {
        assert_eq!(after("/parameters/-", parameter("A", "boolean", json!({ "default": default }))), []);
    }
}

#[test]
fn a_whole_number_is_a_number_for_an_entity_of_that_type() {
    let mut document = manifest();
    set(&mut document, "/parameters/2", parameter("TIER", "entity-out", json!({ "type": "number", "on-error": 0 })));
    let manifest = Manifest::parse(&document.to_string()).unwrap().manifest;
    assert!(manifest.parameters[2].on_error.as_ref().unwrap().is_f64());
    set(&mut document, "/parameters/2/type", json!("integer"));
    assert_eq!(findings(&document), []);
}

#[test]
fn references_must_exist() {
    let when = |parameter: &str| json!({ "parameter": parameter, "given": true });
    for (pointer, value, expected) in [
        ("/parameters/0/group", json!("mian"), "/parameters/0/group"),
        ("/parameters/2/shown-when", when("MODES"), "/parameters/2/shown-when/parameter"),
        ("/parameters/2/shown-when", when("TIER"), "/parameters/2/shown-when/parameter"),
        ("/parameters/1/required-when/is", json!(["slow", "medium"]), "/parameters/1/required-when/is/1"),
    ] {
        assert_finding(pointer, value, "manifest-reference", expected);
    }
    // Both conditions of a cycle are found.
    let cycle = after("/parameters/0/shown-when", when("NAME"));
    let expected = ["/parameters/0/shown-when/parameter", "/parameters/1/required-when/parameter"];
    assert_eq!(cycle, expected.map(|pointer| ("manifest-reference", pointer.to_owned())));
}

#[test]
fn texts_have_all_languages_and_no_control_characters() {
    for (pointer, value, expected) in [
        ("/title", json!({ "es": "Nivel" }), "/title"),
        ("/title", json!({ "en": "Tier" }), "/title"),
        ("/parameters/1/examples/0/title", json!({ "en": "x" }), "/parameters/1/examples/0/title"),
        ("/parameters/1/placeholder", json!({ "en": "x" }), "/parameters/1/placeholder"),
        ("/errors/0/help", json!({ "es": "x" }), "/errors/0/help"),
        ("/title/en", json!("\u{1b}]0;x\u{7}"), "/title/en"),
        ("/title/en", json!("a\u{202e}b"), "/title/en"),
        ("/title/en", json!("a\nb"), "/title/en"),
        ("/description/en", json!("a\tb"), "/description/en"),
        ("/category", json!("a\nb"), "/category"),
        ("/parameters/0/choices", json!(["fast", "slow", "a\u{9b}b"]), "/parameters/0/choices/2"),
        ("/parameters/1/examples/0/value", json!("a\nb"), "/parameters/1/examples/0/value"),
        ("/groups/0/title/es", json!("a\u{2066}b"), "/groups/0/title/es"),
        ("/id", json!("acme\u{7}"), "/id"),
    ] {
        assert_finding(pointer, value, "manifest-text", expected);
    }
}

#[test]
fn migrations_form_one_chain() {
    let migration = |from: &str, to: &str| json!({ "from": from, "to": to, "steps": [] });
    for (value, expected) in [
        (json!([migration("1", "3")]), vec!["/migrations/0/to"]),
        (json!([migration("2", "1")]), vec!["/migrations/0/to"]),
        (json!([migration("2", "3")]), vec!["/migrations/0/to"]),
        (json!([migration("99999999999999999999", "2")]), vec!["/migrations/0/to"]),
        (json!([migration("1", "2"), migration("1", "2")]), vec!["/migrations/1"]),
        (json!([migration("0", "1")]), vec!["/migrations"]),
        (json!([migration("0", "1"), migration("1", "2")]), vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|pointer| ("manifest-migration", pointer.to_owned())).collect();
        assert_eq!(after("/migrations", value.clone()), expected, "{value}");
    }
}

#[test]
fn targets_of_the_last_migration_must_exist() {
    for (pointer, value, expected) in [
        ("/migrations/0/steps/0/to", json!("MODES"), "/migrations/0/steps/0/to"),
        ("/migrations/0/steps/1/map", json!("MODES"), "/migrations/0/steps/1/map"),
        ("/migrations/0/steps/2/set", json!("VOICE_IDS"), "/migrations/0/steps/2/set"),
        ("/migrations/0/steps/2/expression", json!("old."), "/migrations/0/steps/2/expression"),
        ("/migrations/0/ports/0", json!("open"), "/migrations/0/ports/0"),
    ] {
        assert_finding(pointer, value, "manifest-migration", expected);
    }
    let mut earlier = manifest();
    set(&mut earlier, "/version", json!("3.0.0"));
    set(&mut earlier, "/migrations/-", json!({ "from": "2", "to": "3", "steps": [] }));
    set(&mut earlier, "/migrations/0/steps/0/to", json!("MODES"));
    assert_eq!(findings(&earlier), []);
}

#[test]
fn uses_are_compared_with_contract_and_imports() {
    let check = |uses: &[&str], imports: &[&str]| {
        let mut document = manifest();
        set(&mut document, "/uses", json!(uses));
        let manifest = Manifest::parse(&document.to_string()).unwrap().manifest;
        let imports: Vec<_> = imports.iter().map(|import| (*import).to_owned()).collect();
        let contract = ["flow:outbound/dnd#blocks-campaign", "flow:outbound/dnd#set-campaign"];
        let found = UsesContext { contract: &contract, imports: &imports }.check(&manifest);
        found.into_iter().map(|finding| (finding.code.as_str(), finding.path)).collect::<Vec<_>>()
    };
    let (blocks, newer) = ("flow:outbound/dnd#blocks-campaign", "flow:outbound/dnd#newer");
    assert_eq!(check(&[blocks, "flow:outbound/dnd"], &[blocks]), []);
    assert_eq!(check(&[newer], &[newer]), []);
    assert_eq!(check(&[blocks, newer], &[blocks]), [("manifest-uses", "/uses/1".to_owned())]);
    assert_eq!(check(&["flow:outbound/dnds"], &[blocks]), [("manifest-uses", "/uses/0".to_owned())]);
    let unused = |index: usize| ("manifest-unused", format!("/uses/{index}"));
    assert_eq!(check(&["flow:outbound/dnd", "flow:outbound/dnd#set-campaign"], &[]), [unused(0), unused(1)]);
}
