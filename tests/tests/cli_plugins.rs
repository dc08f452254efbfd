//! Plugin folders and the cache folder with any content.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{CommandOutput, TestEnv};
use flowhost_tests::components::plugin;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;

/// A test environment with these components in the folder `plugins`.
fn test_env(plugins: &[(&str, Vec<u8>)]) -> TestEnv {
    let env = TestEnv::new();
    fs::create_dir(env.path("plugins")).unwrap();
    for (name, component) in plugins {
        env.file(&format!("plugins/{name}"), component);
    }
    env
}

/// The version of an action in the output of `actions`.
fn version(env: &TestEnv, arguments: &[&str], action: &str) -> String {
    let arguments = [&["--plugins", "plugins", "actions", action, "--json"], arguments].concat();
    env.run(&arguments).assert_success().json()["version"].as_str().unwrap().to_owned()
}

/// Asserts that the host skipped this file with this code.
#[track_caller]
fn assert_skipped(answer: &CommandOutput, file: &str, code: &str) {
    let is_it = |line: &&str| line.contains(&format!("{file} is left out: {code}: "));
    assert_eq!(answer.stderr.lines().filter(is_it).count(), 1, "{file}, {code}: {}", answer.stderr);
}

#[test]
fn the_ids_of_shipped_actions_and_node_types_are_reserved() {
    let shipped = "campaign-dnd-validator";
    let env = test_env(&[("own.wasm", plugin(shipped, "9.0.0")), ("tab.wasm", plugin("tab", "1.0.0"))]);
    let answer = env.run(&["--plugins", "plugins", "actions"]).assert_success();
    assert_skipped(&answer, "own.wasm", "action-reserved");
    assert_skipped(&answer, "tab.wasm", "action-reserved");
    assert_eq!(answer.stdout.lines().count(), 11);
    assert_eq!(version(&env, &[], shipped), "1.0.0");
    env.run(&["check", "plugins/own.wasm"]).assert_failure(1, &["action-reserved"]);

    let replace = ["--replace", shipped, "--replace", "tab"];
    let answer = env.run(&[&["--plugins", "plugins", "actions"], &replace[..]].concat()).assert_success();
    assert_skipped(&answer, "tab.wasm", "action-reserved");
    assert!(!answer.stderr.contains("own.wasm"), "{}", answer.stderr);
    assert_eq!(version(&env, &replace, shipped), "9.0.0");
    env.run(&[&["check", "plugins/own.wasm"], &replace[..]].concat()).assert_success();
}

#[test]
fn a_component_of_the_same_version_replaces_a_shipped_action() {
    let shipped = "campaign-dnd-validator";
    // A custom section changes the bytes of the component.
    let other = [plugin(shipped, "1.0.0"), b"\0\x05\x03abc\x01".to_vec()].concat();
    let env = test_env(&[("own.wasm", other)]);
    let manifests = env.run(&["--plugins", "plugins", "actions", "--replace", shipped, "--json"]).assert_success();
    assert_eq!((manifests.json().as_array().unwrap().len(), manifests.stderr.as_str()), (10, ""));
}

#[test]
fn a_duplicate_id_and_version_is_skipped() {
    let first = plugin("acme-greeting", "1.2.0");
    let second = [first.clone(), b"\0\x05\x03abc\x01".to_vec()].concat();
    let env = test_env(&[
        ("a.wasm", first.clone()),
        ("b.wasm", second),
        ("c.wasm", first),
        ("d.wasm", plugin("acme-greeting", "1.1.0")),
    ]);
    let answer = env.run(&["--plugins", "plugins", "actions"]).assert_success();
    assert_skipped(&answer, "b.wasm", "action-duplicate");
    let line = answer.stderr.lines().find(|line| line.contains("action-duplicate")).unwrap();
    assert!(line.contains("a.wasm"), "{line}");
    assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
    assert_eq!(version(&env, &[], "acme-greeting"), "1.2.0");
    assert_eq!(version(&env, &[], "acme-greeting@1.1"), "1.1.0");
}

#[test]
fn a_prerelease_is_named_by_its_full_version_only() {
    let env = test_env(&[
        ("release.wasm", plugin("acme-greeting", "1.2.0")),
        ("candidate.wasm", plugin("acme-greeting", "1.3.0-rc.1")),
        ("next.wasm", plugin("acme-next", "1.0.0-rc.1")),
    ]);
    for name in ["acme-greeting", "acme-greeting@1", "acme-greeting@1.2"] {
        assert_eq!(version(&env, &[], name), "1.2.0", "{name}");
    }
    assert_eq!(version(&env, &[], "acme-greeting@1.3.0-rc.1"), "1.3.0-rc.1");
    for name in ["acme-greeting@1.3", "acme-greeting@1.3.0", "acme-next", "acme-next@1", "acme-next@1.0.0"] {
        let arguments = ["--plugins", "plugins", "actions", name];
        env.run(&arguments).assert_failure(1, &["action-not-found", "-rc.1"]);
    }
}

#[test]
fn files_that_are_special_or_too_large_are_skipped() {
    let env = test_env(&[("good.wasm", plugin("acme-greeting", "1.0.0"))]);
    let plugins = env.path("plugins");
    fs::create_dir(plugins.join("folder.wasm")).unwrap();
    File::create(plugins.join("huge.wasm")).unwrap().set_len(1 << 40).unwrap();
    symlink("/dev/zero", plugins.join("device.wasm")).unwrap();
    mknodat(CWD, plugins.join("pipe.wasm"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let answer = env.run(&["--plugins", "plugins", "actions"]).assert_success();
    assert_eq!(answer.stdout.lines().count(), 12);
    for (name, code) in [
        ("folder.wasm", "component-invalid"),
        ("huge.wasm", "limit-component-size"),
        ("device.wasm", "component-invalid"),
        ("pipe.wasm", "component-invalid"),
    ] {
        assert_skipped(&answer, name, code);
        let file = format!("plugins/{name}");
        env.run(&["check", &file]).assert_failure(1, &[name, code]);
        env.run(&["pack", &file, "-o", "out.wasm"]).assert_failure(1, &[name, code]);
    }
    fs::rename(plugins.join("pipe.wasm"), plugins.join("pipe")).unwrap();
    env.run(&["check", "plugins/pipe"]).assert_failure(1, &["component-invalid"]);
}

/// Lists the actions with this cache folder and returns the log.
fn list_with_cache(env: &TestEnv, folder: &Path) -> String {
    let output = env.command(&["actions"]).env("FLOWHOST_CACHE", folder).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 11);
    String::from_utf8(output.stderr).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_cache_folder_that_others_may_write_is_neither_used_nor_changed() {
    let env = TestEnv::new();
    let folder = env.path("cache/new");
    assert_eq!(list_with_cache(&env, &folder), "");
    assert_eq!(mode(&folder), 0o700);
    let entries = || {
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
        let mut entries: Vec<_> =
            entries.map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap())).collect();
        entries.sort();
        entries
    };
    assert_eq!(entries().len(), 20);
    assert!(entries().iter().all(|(path, _)| mode(path) == 0o600));

    let before = entries();
    for others in [0o720, 0o702, 0o1777] {
        fs::set_permissions(&folder, Permissions::from_mode(others)).unwrap();
        let log = list_with_cache(&env, &folder);
        assert!(log.contains("compiled code is not cached"), "{log}");
        assert_eq!((mode(&folder), entries()), (others, before.clone()));
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(list_with_cache(&env, &folder), "");
    assert_eq!((mode(&folder), entries()), (0o755, before.clone()));

    // Only root can change the owner of a file.
    if chown(&folder, Some(65_534), None).is_ok() {
        let log = list_with_cache(&env, &folder);
        assert!(log.contains("compiled code is not cached"), "{log}");
        assert_eq!((mode(&folder), entries()), (0o755, before));
    }
}

#[test]
fn cache_entries_that_others_may_have_written_are_replaced() {
    let env = TestEnv::new();
    let folder = env.path("cache");
    assert_eq!(list_with_cache(&env, &folder), "");
    let mut entries: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let (writable, linked) = (&entries[0], &entries[2]);
    fs::set_permissions(writable, Permissions::from_mode(0o666)).unwrap();
    fs::rename(linked, env.path("elsewhere")).unwrap();
    symlink(env.path("elsewhere"), linked).unwrap();
    let log = list_with_cache(&env, &folder);
    for entry in [writable, linked] {
        assert!(log.contains(entry.file_name().unwrap().to_str().unwrap()), "{log}");
        assert_eq!(mode(entry), 0o600);
        assert!(fs::symlink_metadata(entry).unwrap().is_file());
    }
    assert_eq!(list_with_cache(&env, &folder), "");
}
