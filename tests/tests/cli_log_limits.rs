//! How much of the log one invocation, one tenant and one component fill, as a reader of stderr sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::{CommandOutput, TestEnv};
use flowhost_tests::tenants::session;
use serde_json::{Value as Json, json};
use std::io::Read as _;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than a command takes on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Bytes of log that one invocation may write.
const MAX_BYTES: usize = 64 << 10;

/// Bytes of a line that are neither text nor a name: its level, and the names of its fields.
const FORMAT_BYTES: usize = 64;

const BATCH: [&str; 4] = ["--plugins", "plugins", "invoke", "--batch"];

fn test_env(plugins: &[&str]) -> TestEnv {
    let tenant = |id: &str| {
        json!({
            "id": id, "name": id, "time_zone": "UTC", "phone_region": "CL", "default_intention": "menu",
            "channels": ["messenger"]
        })
    };
    let env = TestEnv::with_configuration(&json!({ "tenants": [tenant("acme"), tenant("other")] }));
    env.plugins(plugins);
    env
}

fn request(plugin: &str, tenant: &str, id: &str, attack: &str) -> Json {
    let mut session = session(tenant, "u-1", json!({}));
    session["id"] = id.into();
    let mut parameters = json!({ "ATTACK": attack });
    if plugin == "hostile" {
        parameters["RESULT_ENTITY"] = "result".into();
        parameters["STATUS_ENTITY"] = "status".into();
    }
    json!({ "action": plugin, "session": session, "parameters": parameters })
}

/// The command with a cache of its own: a manifest in the cache replaces `describe`.
fn command_without_cache(env: &TestEnv, arguments: &[&str]) -> Command {
    let folder = TempDir::new_in(env.path("")).unwrap();
    let mut command = env.command(arguments);
    command.env("FLOWHOST_CACHE", folder.keep());
    command
}

/// The log of a process.
struct Log(String);

impl Log {
    fn from_output(output: &CommandOutput) -> Self {
        Self(output.stderr.clone())
    }

    /// The end of each of the plugins' lines. A line that goes on has its names at its end.
    fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.lines().filter(|line| line.contains(" session=") && !line.contains("dropped beyond the limit"))
    }

    /// Bytes of all lines but the reports, without the format.
    fn bytes(&self) -> usize {
        let all: usize = self.0.lines().filter(|line| !line.contains("dropped ")).map(|line| line.len() + 1).sum();
        all.saturating_sub(self.lines().count() * FORMAT_BYTES)
    }

    /// The number of dropped lines that the reports contain.
    fn dropped_lines(&self) -> u64 {
        let reports = self.0.lines().filter(|line| line.contains("dropped beyond the limit"));
        let counts = reports.filter_map(|line| line.split_whitespace().find_map(|word| word.strip_prefix("lines=")));
        counts.map(|count| count.parse::<u64>().unwrap()).sum()
    }
}

/// Runs one invocation, which logs 1,000 lines, and asserts how much of them is in the log.
#[track_caller]
fn assert_log_limited(env: &TestEnv, request: &Json, verbose: &[&str], written: u64) {
    let output = env.run_with(&[verbose, &BATCH].concat(), &format!("{request}\n")).assert_success();
    assert_eq!(output.json()["port"], "next");
    let log = Log::from_output(&output);
    let attack = &request["parameters"]["ATTACK"];
    assert!(log.lines().count() > 0, "{attack}");
    assert_eq!(log.lines().count() as u64 + log.dropped_lines(), written, "{attack}");
    assert!(log.bytes() <= MAX_BYTES, "{attack}: {} bytes", log.bytes());
}

#[test]
fn an_invocation_writes_64_kib_of_log_at_each_level() {
    let env = test_env(&["hostile", "hostile-wasi"]);
    for verbose in [&[][..], &["-v"], &["-vv"]] {
        assert_log_limited(&env, &request("hostile", "acme", "s", "logs-at-length"), verbose, 1_000);
        assert_log_limited(&env, &request("hostile", "acme", "s", "logs-short-lines"), verbose, 1_000);
    }
    assert_log_limited(&env, &request("hostile", "acme", "s", "logs-often"), &["-v"], 5_000);
    assert_log_limited(&env, &request("hostile-wasi", "acme", "s", "prints-often"), &["-v"], 2_000);
    assert_log_limited(&env, &request("hostile-wasi", "acme", "s", "prints-lines-at-once"), &["-v"], 65_536);
}

#[test]
fn characters_count_as_they_are_written() {
    let env = test_env(&["hostile"]);
    assert_log_limited(&env, &request("hostile", "acme", "s", "logs-control-characters"), &[], 1_000);
    assert_log_limited(&env, &request("hostile", "acme", "s", "logs-line-breaks"), &[], 1_000);
}

#[test]
fn the_names_on_each_line_count() {
    let env = test_env(&["hostile"]);
    for id in ["s".repeat(256), "\"".repeat(256), "\u{85}".repeat(256), "\u{10ffff}".repeat(256)] {
        assert_log_limited(&env, &request("hostile", "acme", &id, "logs-short-lines"), &[], 1_000);
    }
}

/// The rate is 256 KiB in a second, over a burst of four times as much.
#[test]
fn a_tenant_has_a_rate_and_all_that_it_loses_is_counted() {
    let env = test_env(&["hostile"]);
    let noisy = (0..40).map(|_| request("hostile", "acme", "noisy", "logs-at-length"));
    let lines: String = noisy.map(|request| format!("{request}\n")).collect();
    let quiet = request("hostile", "other", "quiet", "logs-at-length");
    let began = Instant::now();
    let output = env.run_with(&BATCH, &format!("{lines}{quiet}\n")).assert_success();
    let seconds = 4 + usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    let of_session = |id: &str| -> String {
        output
            .stderr
            .lines()
            .filter(|line| line.contains(&format!("session=\"{id}\"")))
            .map(|line| format!("{line}\n"))
            .collect()
    };
    let (noisy, quiet) = (Log(of_session("noisy")), Log(of_session("quiet")));
    assert!(noisy.bytes() <= seconds * (256 << 10), "{} bytes in {seconds} seconds", noisy.bytes());
    assert_eq!(noisy.lines().count() as u64 + noisy.dropped_lines(), 40_000);
    assert_eq!(quiet.lines().count() as u64 + quiet.dropped_lines(), 1_000);
    assert!(quiet.bytes() > MAX_BYTES / 2, "{} bytes", quiet.bytes());
}

#[test]
fn a_warning_writes_nothing_and_a_report_says_how_many_were_dropped() {
    let env = test_env(&["hostile"]);
    let requests: String = (0..20).map(|_| format!("{}\n", request("hostile", "acme", "s", "warns-often"))).collect();
    let output = env.run_with(&BATCH, &requests).assert_success();
    let counts = output.stderr.split_whitespace().filter_map(|word| word.strip_prefix("warnings="));
    assert_eq!(counts.map(|count| count.parse::<u64>().unwrap()).sum::<u64>(), 20 * 900);
    assert_eq!(Log::from_output(&output).lines().count(), 0);
}

#[test]
fn a_component_that_prints_in_describe_writes_64_kib_each_time() {
    let env = test_env(&["describes-by-printing"]);
    for arguments in [&["check", "plugins/describes-by-printing.wasm"][..], &["--plugins", "plugins", "actions"]] {
        let output = command_without_cache(&env, arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        let log = Log(String::from_utf8(output.stderr).unwrap());
        // A host describes a component twice.
        assert!(log.lines().count() > 0 && log.dropped_lines() > 0, "{arguments:?}");
        assert!(log.bytes() <= 2 * MAX_BYTES, "{arguments:?}: {} bytes", log.bytes());
    }
}

/// Each command ends though nobody reads its stderr, and its answer is complete.
#[test]
fn commands_that_load_such_a_component_end_though_nobody_reads_their_log() {
    let env = test_env(&["describes-by-printing"]);
    for arguments in
        [&["check", "--json", "plugins/describes-by-printing.wasm"][..], &["--plugins", "plugins", "actions", "--json"]]
    {
        let mut child = command_without_cache(&env, arguments).spawn().unwrap();
        drop(child.stdin.take());
        let (sender, answer) = mpsc::channel();
        let mut stdout = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            sender.send(text)
        });
        let answer = answer.recv_timeout(TIME_LIMIT);
        if answer.is_err() {
            child.kill().unwrap();
        }
        assert!(child.wait().unwrap().success(), "{arguments:?}");
        let answer: Json = serde_json::from_str(&answer.unwrap()).unwrap();
        assert!(answer.to_string().contains("describes-by-printing"), "{arguments:?}");
    }
}
