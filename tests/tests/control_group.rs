//! A host in a control group with little memory: the budget for all invocations follows the group's limit.

#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "the output states that the system does not permit the test")]

use flowhost_tests::command::TestEnv;
use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The memory of the group, bytes. Without the budget, 64 instances of up to 64 MiB exceed it, and the system kills the
/// process.
const MEMORY: &str = "268435456";

/// A control group of this test, without members after the test.
struct Group(PathBuf);

impl Group {
    /// Creates a group with the limit. `None`: the system does not permit it.
    fn create() -> Option<Self> {
        let (root, limit) = match Path::new("/sys/fs/cgroup/memory") {
            v1 if v1.is_dir() => (v1, "memory.limit_in_bytes"),
            _ => (Path::new("/sys/fs/cgroup"), "memory.max"),
        };
        let group = Self(root.join(format!("flowhost-test-{}", std::process::id())));
        std::fs::create_dir(&group.0).ok()?;
        std::fs::OpenOptions::new().write(true).open(group.0.join(limit)).ok()?.write_all(MEMORY.as_bytes()).ok()?;
        Some(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        drop(std::fs::remove_dir(&self.0));
    }
}

#[test]
fn invocations_together_stay_within_the_memory_of_a_control_group() {
    let Some(group) = Group::create() else {
        println!("not tested: the system does not permit a control group");
        return;
    };
    let env = TestEnv::with_configuration(&flowhost_tests::tenants::apply());
    env.plugins(&["hostile"]);
    let requests = (0..64).map(|number| {
        json!({
            "action": "hostile",
            "session": { "id": format!("s-{number}"), "tenant": "acme", "channel": "whatsapp", "user": "56912345678" },
            "parameters": { "ATTACK": "grow-memory-in-steps", "RESULT_ENTITY": "result", "STATUS_ENTITY": "status" },
        })
    });
    let lines: String = requests.map(|request| format!("{request}\n")).collect();
    let flowhost = env.command(&["--plugins", "plugins", "invoke", "--batch", "--jobs", "64"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "echo $$ > \"$GROUP/cgroup.procs\" && exec \"$0\" \"$@\" < requests"]).env("GROUP", &group.0);
    shell.arg(flowhost.get_program()).args(flowhost.get_args()).current_dir(env.path(""));
    for (name, value) in flowhost.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        shell.env(name, value);
    }
    env.file("requests", lines);
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    let codes: Vec<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .map(|answer| answer.pointer("/error/code").or(answer.pointer("/failure/code")).unwrap().to_string())
        .collect();
    assert_eq!(codes.len(), 64);
    assert!(codes.iter().any(|code| code.contains("limit-memory")), "{codes:?}");
    assert!(codes.iter().all(|code| code.contains("limit-memory") || code.contains("overloaded")), "{codes:?}");
}
