//! Every example of the library runs to its end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::example;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The examples that a test below runs.
const EXAMPLES: [&str; 4] = ["batch", "embed", "own_plugin_folder", "own_store"];

/// Runs an example in an empty folder. Each example asserts its own results.
fn run(name: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(example(name)).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn lines(output: &Output) -> Vec<&str> {
    std::str::from_utf8(&output.stdout).unwrap().lines().collect()
}

#[test]
fn every_example_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/flowhost/examples");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<_> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, EXAMPLES);
}

#[test]
fn a_flow_runtime_embeds_the_host() {
    assert_eq!(lines(&run("embed")), Vec::<&str>::new());
}

#[test]
fn many_requests_run_at_once() {
    assert_eq!(lines(&run("batch")).len(), 1);
}

#[test]
fn an_own_store_counts_its_round_trips() {
    assert!(lines(&run("own_store")).contains(&"2 batches with 2 commits"));
}

#[test]
fn a_folder_of_plugins_is_listed_and_loaded() {
    let output = run("own_plugin_folder");
    let lines = lines(&output);
    assert!(lines.contains(&"0 of 2 files loaded") && lines.contains(&"1 of 2 files loaded"), "{lines:?}");
    assert!(lines.iter().any(|line| line.ends_with("(parameter-missing)")), "{lines:?}");
}
