//! The table of allowed dependencies in `host/README.md`, compared with the manifests of the crates.

use crate::generated::repository;
use std::collections::{BTreeMap, BTreeSet};

/// A row of the table: the crates of the workspace, and the third-party crates that only this one uses.
type Row = (BTreeSet<String>, BTreeSet<String>);

fn names(cell: &str) -> BTreeSet<String> {
    cell.split(',').map(|name| name.trim().trim_matches('`').to_owned()).filter(|name| name != "–").collect()
}

fn table() -> BTreeMap<String, Row> {
    let page = std::fs::read_to_string(repository().join("host/README.md")).unwrap();
    let rows = page.lines().skip_while(|line| !line.starts_with("| crate | may depend on |")).skip(2);
    let rows = rows.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| {
        let [name, workspace, exclusive] = row.split(" | ").collect::<Vec<_>>().try_into().unwrap();
        (name.trim_matches('`').to_owned(), (names(workspace), names(exclusive)))
    })
    .collect()
}

/// The dependencies of each crate: those of the workspace without their prefix, and all others.
fn dependencies() -> BTreeMap<String, Row> {
    let mut crates = BTreeMap::new();
    for folder in std::fs::read_dir(repository().join("host")).unwrap() {
        let folder = folder.unwrap();
        let Ok(manifest) = std::fs::read_to_string(folder.path().join("Cargo.toml")) else { continue };
        let (mut workspace, mut others, mut is_relevant) = (BTreeSet::new(), BTreeSet::new(), false);
        for line in manifest.lines() {
            if line.starts_with('[') {
                is_relevant =
                    line == "[dependencies]" || line.starts_with("[target.") && line.ends_with(".dependencies]");
            } else if let Some((name, _)) = line.split_once([' ', '.']).filter(|_| is_relevant) {
                match name.strip_prefix("flowhost-") {
                    Some(name) => workspace.insert(name.to_owned()),
                    None if name == "flowhost" => workspace.insert(name.to_owned()),
                    None => others.insert(name.to_owned()),
                };
            }
        }
        crates.insert(folder.file_name().into_string().unwrap(), (workspace, others));
    }
    crates
}

#[test]
fn every_dependency_is_in_the_table() {
    let (table, crates) = (table(), dependencies());
    assert!(table.len() >= 10, "{table:?}");
    for (name, (allowed, exclusive)) in &table {
        let (used, others) = &crates[name];
        if !allowed.contains("all above") {
            let unlisted: Vec<_> = used.difference(allowed).collect();
            assert!(unlisted.is_empty(), "{name} may not depend on {unlisted:?}");
        }
        let unused: Vec<_> = exclusive.difference(others).collect();
        assert!(unused.is_empty(), "{name} does not depend on {unused:?}");
        for (other, (_, others)) in crates.iter().filter(|(other, _)| *other != name) {
            let shared: Vec<_> = others.intersection(exclusive).collect();
            assert!(shared.is_empty(), "{other} may not depend on {shared:?}, which only {name} may use");
        }
    }
    let unlisted: Vec<_> = crates.keys().filter(|name| !table.contains_key(*name)).collect();
    assert_eq!(unlisted, ["benches", "fuzz"]);
}
