//! The WIT files of the contract.

use super::repository;
use std::collections::BTreeMap;
use std::path::Path;

fn files(folder: &Path) -> BTreeMap<String, String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

/// Tools that read one package find its dependencies in its folder `deps`.
#[test]
fn the_copy_of_the_action_package_is_exact() {
    let wit = repository().join("wit");
    let original = files(&wit.join("action"));
    assert!(!original.is_empty());
    assert_eq!(original, files(&wit.join("outbound/deps/flow-action")));
}

/// The packed SDK contains the contract.
#[test]
fn the_copy_of_the_contract_in_the_sdk_is_exact() {
    let (wit, copy) = (repository().join("wit/outbound"), repository().join("actions/sdk/wit"));
    for folder in [".", "deps/flow-action"] {
        let original = files(&wit.join(folder));
        assert!(!original.is_empty());
        assert_eq!(original, files(&copy.join(folder)), "{folder}");
    }
}

/// A released contract never changes.
#[test]
fn the_contract_equals_its_released_copy() {
    let wit = repository().join("wit");
    let released = wit.join("released/1.0.0");
    for folder in ["action", "outbound"] {
        assert_eq!(files(&wit.join(folder)), files(&released.join(folder)), "{folder}");
    }
    let schema = |folder: &Path| std::fs::read_to_string(folder.join("manifest.schema.json")).unwrap();
    assert_eq!(schema(&wit), schema(&released));
}
