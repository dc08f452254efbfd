//! The WIT files of the contract.

use super::repository;
use std::collections::BTreeMap;
use std::path::Path;

fn files(folder: &Path) -> BTreeMap<String, String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
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
