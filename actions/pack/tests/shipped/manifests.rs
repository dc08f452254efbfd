//! The manifests of the shipped actions, checked against the published schema and further rules.

use super::{SHIPPED, repository};
use serde_json::Value;
use std::collections::BTreeSet;

fn schema() -> Value {
    let text = std::fs::read_to_string(repository().join("wit/manifest.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_schema_is_valid() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn every_manifest_follows_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for component in SHIPPED.iter() {
        let errors: Vec<String> = validator
            .iter_errors(&component.manifest)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", component.id);
    }
}

/// A valid manifest with one changed value.
fn changed(pointer: &str, value: Value) -> Value {
    let mut manifest = SHIPPED[0].manifest.clone();
    *manifest.pointer_mut(pointer).expect("the place exists") = value;
    manifest
}

#[test]
fn the_schema_rejects_invalid_manifests() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    assert!(validator.is_valid(&SHIPPED[0].manifest));
    for (pointer, value) in [
        ("/manifest", 2.into()),
        ("/id", "Not Kebab".into()),
        ("/version", "1.0".into()),
        ("/title", serde_json::json!({"es": "sin inglés"})),
        ("/parameters/0/kind", "number".into()),
        ("/parameters/0/name", "lower_case".into()),
        ("/parameters/0/name", "PER_<CHANNEL>".into()),
        ("/ports", serde_json::json!(["next"])),
        ("/uses", serde_json::json!(["contacts.upsert"])),
    ] {
        let manifest = changed(pointer, value.clone());
        assert!(!validator.is_valid(&manifest), "{pointer} may be {value}");
    }
}

#[test]
fn every_text_is_translated() {
    for component in SHIPPED.iter() {
        let mut places = vec!["/title".to_owned(), "/description".to_owned()];
        for index in 0..component.parameters().len() {
            places.extend([format!("/parameters/{index}/title"), format!("/parameters/{index}/help")]);
        }
        for place in places {
            let words = component.manifest.pointer(&place).unwrap();
            let (en, es) = (words["en"].as_str().unwrap(), words["es"].as_str().unwrap());
            assert!(!en.trim().is_empty() && !es.trim().is_empty(), "{}: {place} is empty", component.id);
            assert_ne!(en, es, "{}: {place} is not translated", component.id);
        }
    }
}

#[test]
fn names_are_unique_and_references_exist() {
    for component in SHIPPED.iter() {
        let names: BTreeSet<&str> = component.parameters().iter().map(|each| each["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), component.parameters().len(), "{}", component.id);
        let groups = component.manifest["groups"].as_array().cloned().unwrap_or_default();
        for parameter in component.parameters() {
            for condition in ["required-when", "shown-when"] {
                if let Some(other) = parameter.pointer(&format!("/{condition}/parameter")) {
                    assert!(names.contains(other.as_str().unwrap()), "{}: {other} is unknown", component.id);
                }
            }
            if let Some(group) = parameter.get("group") {
                assert!(groups.iter().any(|each| each["id"] == *group), "{}: {group} is unknown", component.id);
            }
        }
    }
}

#[test]
fn every_action_exits_through_next_or_error() {
    for component in SHIPPED.iter() {
        assert_eq!(component.texts("/ports"), ["next", "error"], "{}", component.id);
    }
}

#[test]
fn a_failed_operation_sets_its_entity() {
    let record = super::shipped("campaign-record-administration");
    let on_error: Vec<_> = record
        .parameters()
        .iter()
        .filter_map(|each| Some((each["name"].as_str()?, each.get("on-error")?.as_str()?)))
        .collect();
    assert_eq!(on_error, [("OPERATION_ENTITY", "ERROR")]);
}
