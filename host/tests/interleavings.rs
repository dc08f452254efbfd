//! Runs `host/interleavings`, which explores orders of events. That crate is outside the workspace, as its
//! `Cargo.toml` explains.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn every_interleaving_keeps_the_properties() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interleavings");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(name);
    }
    cargo.args(["run", "--quiet", "--release", "--locked"]).current_dir(&folder).stderr(Stdio::inherit());
    cargo.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("../interleavings"));
    let output = cargo.output().unwrap();
    let kept = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "an interleaving breaks a property after these, see above:\n{kept}");
    let properties = std::fs::read_to_string(folder.join("src/main.rs")).unwrap();
    let properties: Vec<_> =
        properties.lines().filter_map(|line| line.strip_prefix("        ")?.strip_suffix(',')).collect();
    assert_eq!(kept.lines().filter_map(|line| Some(line.split_once(": holds in ")?.0)).collect::<Vec<_>>(), properties);
}
