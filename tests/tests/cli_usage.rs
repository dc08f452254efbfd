//! Arguments, help, stores, exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use flowhost_tests::tenants;
use serde_json::json;
use std::io::Read as _;

#[test]
fn wrong_usage_is_exit_code_2() {
    let env = TestEnv::new();
    for (arguments, words) in [
        (vec!["invok"], "invoke"),
        (vec!["invoke"], "--session"),
        (vec!["invoke", "--batch", "an-action"], "--batch"),
        (vec!["invoke", "--batch", "--jobs", "0"], "--jobs"),
        (vec!["actions", "--schema"], "ACTION"),
        (vec!["actions", "--lang", "fr"], "es"),
        (vec!["records", "--state", "redy"], "ready"),
        (vec!["records", "--contact", "ana"], "--contact"),
        (vec!["records", "--linked", "0197c3f2-6f0a-7cc1-9d3e-1f0f5a1b2c3d"], "contacts"),
        (vec!["tenants", "--store", "flowhost.db"], "sqlite:PATH"),
        (vec!["tenants", "--store", "mysql://host/db"], "sqlite:PATH"),
        (vec!["pack", "core.wasm"], "--output"),
    ] {
        env.run(&arguments).assert_failure(2, &[words]);
    }
    let nothing = env.run(&[]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (2, ""));
    assert!(nothing.stderr.contains("Usage"));
}

#[test]
fn help_goes_to_stdout_and_has_examples() {
    let env = TestEnv::new();
    let commands = "run invoke actions check eval wit pack apply tenants campaigns contacts records dnd";
    let help = env.run(&["--help"]).assert_success().stdout;
    for command in commands.split(' ') {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command} isn't in {help}");
        let own = env.run(&[command, "--help"]).assert_success().stdout;
        assert!(own.contains(&format!("flowhost {command}")) && own.contains("Example"), "{own}");
    }
    assert!(env.run(&["--version"]).assert_success().stdout.starts_with("flowhost "));
}

#[test]
fn a_missing_store_is_created_at_any_position_of_the_option() {
    let env = TestEnv::new();
    env.file("apply.json", tenants::apply().to_string());
    env.run(&["--store", "sqlite:other.db", "apply", "apply.json"]).assert_success();
    assert!(env.path("other.db").exists() && !env.path("flowhost.db").exists());
    assert_eq!(env.list(&["tenants", "--store", "sqlite:other.db"]).len(), 2);
    assert_eq!(env.list(&["tenants"]).len(), 0);
    assert!(env.path("flowhost.db").exists());

    let mut command = env.command(&["tenants", "--json"]);
    let output = command.env("FLOWHOST_STORE", "sqlite:other.db").output().unwrap();
    assert_eq!(serde_json::from_slice::<Vec<serde_json::Value>>(&output.stdout).unwrap().len(), 2);
}

#[test]
fn a_store_that_cannot_be_used_is_named() {
    let env = TestEnv::new();
    env.run(&["tenants", "--store", "postgres://host/db"]).assert_failure(1, &["not supported yet", "sqlite:PATH"]);
    env.run(&["tenants", "--store", "sqlite:no/such/folder/a.db"]).assert_failure(1, &["store-"]);
    env.file("text.db", "this is not a database, but a text that is as long as the first page of one ".repeat(60));
    env.run(&["tenants", "--store", "sqlite:text.db"]).assert_failure(1, &["store-"]);
}

#[test]
fn an_invalid_variable_fails_only_commands_that_need_its_store() {
    let env = TestEnv::new();
    env.file("apply.json", tenants::apply().to_string());
    let run = |arguments: &[&str]| {
        let output = env.command(arguments).env("FLOWHOST_STORE", "no-such-store").output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for arguments in [
        ["actions", "--json"].as_slice(),
        &["eval", "1 + 1"],
        &["wit", "wit"],
        &["--store", "sqlite:own.db", "apply", "apply.json"],
        &["tenants", "--store", "sqlite:own.db"],
        &["tenants", "--help"],
    ] {
        assert_eq!(run(arguments).0, Some(0), "{arguments:?}: {}", run(arguments).1);
    }
    let (code, stderr) = run(&["tenants"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("FLOWHOST_STORE") && stderr.contains("no-such-store"), "{stderr}");
    assert!(!env.path("flowhost.db").exists());
}

#[test]
fn a_closed_stdout_is_not_an_error() {
    let env = TestEnv::with_configuration(&tenants::apply());
    let mut child = env.command(&["actions", "--json"]).spawn().unwrap();
    // Stdout is closed before the process writes to it.
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(child.wait().unwrap().success(), "{stderr}");
    assert_eq!(stderr, "");
}

#[test]
fn applying_twice_changes_nothing_the_second_time() {
    let env = TestEnv::new();
    env.file("apply.json", tenants::apply().to_string());
    let first = env.run(&["apply", "apply.json"]).assert_success();
    assert!(first.stdout.contains("created tenant acme"), "{}", first.stdout);
    assert_eq!(first.stdout.lines().count(), 6);
    assert_eq!(env.run(&["apply", "apply.json"]).assert_success().stdout, "");

    env.file("rename.json", json!({ "tenants": [{ "id": "acme", "name": "Acme SpA" }] }).to_string());
    assert_eq!(env.run(&["apply", "rename.json"]).assert_success().stdout, "updated tenant acme: name\n");
    let report = env.run(&["apply", "rename.json", "--json"]).assert_success().json();
    assert_eq!(
        report,
        json!([{ "kind": "tenant", "id": "acme", "tenant": "acme", "action": "unchanged", "fields": [] }])
    );
}

#[test]
fn listed_configuration_can_be_applied() {
    let env = TestEnv::with_configuration(&tenants::apply());
    let listed = json!({ "tenants": env.list(&["tenants"]), "campaigns": env.list(&["campaigns"]) });
    env.file("listed.json", listed.to_string());
    assert_eq!(env.run(&["apply", "listed.json"]).assert_success().stdout, "");
    let copy = TestEnv::with_configuration(&listed);
    assert_eq!(copy.list(&["campaigns"]), env.list(&["campaigns"]));
}
