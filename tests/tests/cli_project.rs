//! The commands `new`, `build` and `doctor`, and a project from its creation to its test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{CommandOutput, TestEnv, binary};
use flowhost_tests::components::plugin;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;

const NAME: &str = "acme-loyalty-tier";

fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("actions/sdk")
}

/// Runs a command in a folder of the test, with a target folder that all builds share.
fn run_in(env: &TestEnv, folder: &str, arguments: &[&str]) -> CommandOutput {
    let target = binary().with_file_name("flowhost-test-projects");
    let mut command = env.command(arguments);
    command.current_dir(env.path(folder)).env("CARGO_TARGET_DIR", target).stdin(Stdio::null());
    command.env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_TARGET").env_remove("CARGO_ENCODED_RUSTFLAGS");
    let output = command.output().unwrap();
    CommandOutput {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A project whose command writes a prepared component.
fn project(env: &TestEnv, settings: &str) {
    std::fs::create_dir_all(env.path("project/cases")).unwrap();
    env.file("project/ready.wasm", plugin("acme-validator", "1.0.0"));
    let case =
        json!({"name": "without parameters", "expect": {"port": "error", "error": {"code": "parameter-missing"}}});
    env.file("project/cases/a.json", json!({"format": 1, "cases": [case]}).to_string());
    env.file("project/flowhost.toml", settings);
}

fn settings(command: &str) -> String {
    format!(
        "[plugin]\nid = \"acme-validator\"\nlanguage = \"python\"\ncontract = \"{}\"\ncomponent = \"dist/a.wasm\"\n\
         [build]\ncommand = \"{command}\"\nwatch = [\"ready.wasm\"]\n",
        flowhost::catalog::CONTRACT_VERSION
    )
}

const COPY: &str = "mkdir -p dist && cp ready.wasm dist/a.wasm && echo copied";

#[test]
fn a_new_rust_project_builds_and_passes_its_cases() {
    let env = TestEnv::new();
    let sdk = sdk();
    let output = env.run(&["new", NAME, "--lang", "rust", "--sdk", sdk.to_str().unwrap()]).assert_success();
    for file in ["Cargo.toml", ".cargo/config.toml", "src/lib.rs", "flowhost.toml", "cases/first.json", ".gitignore"] {
        assert!(env.path(NAME).join(file).is_file(), "{file}");
        assert!(output.stdout.contains(&format!("{NAME}/{file}\n")), "{}", output.stdout);
    }
    assert!(output.stdout.ends_with(&format!("\ncd {NAME}\nflowhost build\nflowhost test\n")), "{}", output.stdout);
    // The tests share one target folder, which the command of the project does not name.
    let target = binary().with_file_name("flowhost-test-projects");
    let toml = std::fs::read_to_string(env.path(NAME).join("flowhost.toml")).unwrap();
    let toml = toml.replace("module = \"target", &format!("module = \"{}", target.display()));
    env.file(&format!("{NAME}/flowhost.toml"), toml);

    let output = run_in(&env, NAME, &["build"]).assert_success();
    assert!(output.stdout.starts_with("wrote dist/acme-loyalty-tier.wasm ("), "{}", output.stdout);
    let checked = run_in(&env, NAME, &["check", "--json"]).assert_success().json();
    assert_eq!(checked["id"], NAME);
    let report = run_in(&env, NAME, &["test", "--require", "ports,codes,parameters", "--json"]).assert_success().json();
    assert_eq!((&report["passed"], &report["failed"]), (&json!(3), &json!(0)));
    // A folder below the project uses it, too.
    run_in(&env, &format!("{NAME}/src"), &["test"]).assert_success();
    let checks = run_in(&env, NAME, &["doctor", "--json"]).json();
    for name in ["flowhost.toml", "crate-type", "contract", "component", "id", "cases"] {
        let check = find_check(&checks, name);
        assert_eq!((&check["ok"], &check["fix"]), (&json!(true), &json!("")), "{check}");
    }
    assert!(checks.as_array().unwrap().iter().all(|check| check["check"] != "node"), "{checks}");
}

fn find_check<'j>(checks: &'j Json, name: &str) -> &'j Json {
    checks.as_array().unwrap().iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("{name}: {checks}"))
}

#[test]
fn a_name_that_cannot_be_used_writes_nothing() {
    let env = TestEnv::new();
    env.file("acme-file", "");
    std::fs::create_dir(env.path("acme-used")).unwrap();
    env.file("acme-used/a", "");
    for (name, code) in [
        ("tier", "name-invalid"),
        ("Acme-tier", "name-invalid"),
        ("acme--tier", "name-invalid"),
        ("../acme-tier", "name-invalid"),
        ("campaign-dnd-validator", "name-reserved"),
        ("acme-file", "name-taken"),
        ("acme-used", "name-taken"),
    ] {
        env.run(&["new", name, "--lang", "rust"]).assert_failure(1, &[code]);
    }
    env.run(&["new", NAME, "--lang", "rust", "--sdk", "no/such/folder"]).assert_failure(1, &["project"]);
    env.run(&["new", NAME, "--lang", "rust", "--dir", "acme-file/a"]).assert_failure(1, &["acme-file"]);
    env.run(&["new", NAME, "--lang", "cobol"]).assert_failure(2, &["cobol"]);
    env.run(&["new", NAME, "--lang", "python", "--sdk", "."]).assert_failure(2, &["--sdk"]);
    let mut left: Vec<_> = std::fs::read_dir(env.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["acme-file", "acme-used"]);
    std::fs::create_dir(env.path("acme-empty")).unwrap();
    env.run(&["new", "acme-empty", "--lang", "rust"]).assert_success();
}

#[test]
fn a_build_runs_the_command_of_the_project() {
    let env = TestEnv::new();
    project(&env, &settings(COPY));
    let output = env.run(&["build", "project"]).assert_success();
    assert!(output.stdout.starts_with("wrote project/dist/a.wasm ("), "{}", output.stdout);
    assert!(output.stderr.contains("copied"), "{}", output.stderr);
    run_in(&env, "project", &["test"]).assert_success();
    run_in(&env, "project", &["test", "cases/a.json"]).assert_success();
    for (command, words) in [("exit 3", "3"), ("true", "dist/a.wasm")] {
        std::fs::remove_dir_all(env.path("project/dist")).ok();
        project(&env, &settings(command));
        env.run(&["build", "project"]).assert_failure(1, &["build-failed", words]);
    }
}

#[test]
fn an_invalid_project_has_its_code_and_line() {
    let env = TestEnv::new();
    env.run(&["build"]).assert_failure(1, &["project-invalid", "flowhost.toml"]);
    env.run(&["check"]).assert_failure(1, &["project-invalid"]);
    for (text, words) in [
        ("[plugin\n".to_owned(), ["line 1", "flowhost.toml"]),
        (settings(COPY).replace("watch", "wach"), ["line 8", "wach"]),
        (settings(COPY).replace("python", "cobol"), ["line 3", "cobol"]),
        ("[plugin]\n".to_owned(), ["line 1", "id"]),
    ] {
        project(&env, &text);
        env.run(&["build", "project"]).assert_failure(1, &["project-invalid"]).assert_failure(1, &words);
    }
}

#[test]
fn the_doctor_names_each_problem_and_changes_nothing() {
    let env = TestEnv::new();
    project(&env, &settings(COPY).replace("acme-validator", "acme-other").replace("contract = \"", "contract = \"9."));
    let checks = env.run(&["doctor", "project", "--json"]);
    assert_eq!(checks.code, 1);
    let checks = checks.json();
    for (name, fix) in [("component", "flowhost build"), ("contract", "flowhost.toml")] {
        let check = find_check(&checks, name);
        assert!(check["ok"] == false && check["fix"].as_str().unwrap().contains(fix), "{check}");
    }
    assert!(!env.path("project/dist").exists());
    env.run(&["build", "project"]).assert_success();
    env.file("project/cases/a.json", "{");
    std::fs::create_dir(env.path("project/wit")).unwrap();
    let checks = env.run(&["doctor", "project", "--json"]).json();
    assert_eq!(find_check(&checks, "component")["ok"], true);
    for name in ["id", "cases", "wit"] {
        assert_eq!(find_check(&checks, name)["ok"], false, "{name}");
    }
    assert_eq!(find_check(&checks, "id")["found"], "acme-validator");
    let text = env.run(&["doctor", "project"]);
    assert!(text.stdout.lines().any(|line| line.starts_with("problem cases: ")), "{}", text.stdout);
    // Without a project, the tools for all languages are checked.
    let checks = env.run(&["doctor", "--json"]).json();
    for name in ["rustup", "python", "componentize-py", "node", "componentize-qjs"] {
        find_check(&checks, name);
    }
}
