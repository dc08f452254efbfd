//! A public enum that may grow is `#[non_exhaustive]`.

use crate::generated::repository;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The sources that the paths of the crate `flowhost` lead to.
const PUBLIC_SOURCES: [&str; 10] = [
    "domain/src",
    "engine/src/file.rs",
    "error/src",
    "expression/src",
    "flow/src",
    "host-functions/src",
    "invocation/src",
    "manifest/src",
    "store/src",
    "store-sqlite/src",
];

/// Enums whose users handle every variant, with the reason. A new variant is a breaking change.
const EXHAUSTIVE: [(&str, &str); 18] = [
    ("Abort", "the invocation converts each into an outcome, a failure or a retry"),
    ("CampaignKind", "every store encodes each variant"),
    ("CampaignMode", "every store encodes each variant"),
    ("Change", "every store applies each variant"),
    ("CommitOutcome", "every caller of a store reacts to each variant"),
    ("ContactWrite", "every store writes each variant"),
    ("DateError", "the host functions report each variant with its argument"),
    ("IdentifierKind", "every store encodes each variant"),
    ("KeyOutcome", "every store writes each variant"),
    ("Lookup", "every store answers each variant"),
    ("LookupResult", "the variants correspond to those of a lookup"),
    ("MigrationLoss", "the caller decides about each variant"),
    ("MigrationStep", "the migration of a node carries out each variant"),
    ("ParameterSource", "the host functions evaluate each variant"),
    ("RecordState", "every store encodes each variant"),
    ("Scope", "every store encodes each variant"),
    ("TransactionError", "a caller either retries or reports the store's error"),
    ("Validity", "every store encodes each variant"),
];

/// The names of the public enums below a path, each with whether it is `#[non_exhaustive]`.
fn public_enums(path: &Path, found: &mut Vec<(String, bool)>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| public_enums(&entry.unwrap().path(), found));
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<_> = text.lines().map(str::trim_start).collect();
    for (number, line) in lines.iter().enumerate() {
        let Some(rest) = line.strip_prefix("pub enum ") else { continue };
        let name = rest.split(|each: char| !each.is_alphanumeric()).next().unwrap();
        let attributes = lines[..number].iter().rev().take_while(|line| line.starts_with("#["));
        found.push((name.to_owned(), attributes.into_iter().any(|line| *line == "#[non_exhaustive]")));
    }
}

#[test]
fn every_public_enum_may_grow_or_has_a_reason() {
    let mut found = Vec::new();
    for source in PUBLIC_SOURCES {
        public_enums(&repository().join("host").join(source), &mut found);
    }
    assert!(found.iter().any(|(name, may_grow)| name == "ErrorCode" && *may_grow), "{found:?}");
    let exhaustive: BTreeSet<_> =
        found.iter().filter(|(_, may_grow)| !may_grow).map(|(name, _)| name.as_str()).collect();
    let listed = EXHAUSTIVE.iter().map(|(name, _)| *name).collect();
    assert_eq!(exhaustive, listed, "mark the enum #[non_exhaustive], or list it with the reason");
}
