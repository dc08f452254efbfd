//! The licences of all dependencies permit use in a closed-source product.

#![allow(missing_docs)]

use spdx::{Expression, LicenseItem};
use std::path::Path;
use std::process::Command;

/// Permissive licences: none requires the source code of the product to be published.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[test]
fn every_dependency_may_be_embedded() {
    for manifest in ["Cargo.toml", "actions/Cargo.toml"] {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(manifest);
        let metadata = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
            .arg(&manifest)
            .output()
            .unwrap();
        assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
        let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        assert!(packages.len() > 10, "{}", manifest.display());
        for package in packages {
            let name = package["name"].as_str().unwrap();
            let licence = package["license"].as_str().unwrap_or_else(|| panic!("{name} has no licence"));
            // Some crates use the deprecated syntax with a slash instead of `OR`.
            let expression = Expression::parse(&licence.replace('/', " OR ")).unwrap();
            let allowed = |licence: &LicenseItem| licence.id().is_some_and(|id| ALLOWED.contains(&id.name));
            assert!(expression.evaluate(|wanted| allowed(&wanted.license)), "{name}: {licence}");
        }
    }
}
