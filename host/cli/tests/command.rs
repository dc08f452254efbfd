//! The binary of this package starts. The tests of the command line, in `tests/`, run the same binary.

#![allow(missing_docs, clippy::unwrap_used)]

use std::process::Command;

#[test]
fn the_version_is_printed() {
    let output = Command::new(env!("CARGO_BIN_EXE_flowhost")).arg("--version").output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), concat!("flowhost ", env!("CARGO_PKG_VERSION"), "\n"));
}
