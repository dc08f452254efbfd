//! The log on stderr: its levels, and a reader that does not read it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flowhost_tests::command::TestEnv;
use flowhost_tests::tenants::{contact_request, session};
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStderr, ChildStdin};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// Limit for the time of an answer, long enough for a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Tenants whose plugins log more than the pipe of stderr and the log queue can hold.
const NOISY: [&str; 3] = ["noisy-1", "noisy-2", "noisy-3"];

fn test_env() -> TestEnv {
    let tenant = |id: &str| {
        json!({
            "id": id, "name": id, "time_zone": "UTC", "phone_region": "CL", "default_intention": "menu",
            "channels": ["messenger"]
        })
    };
    let env = TestEnv::with_configuration(
        &json!({ "tenants": [tenant("acme"), tenant(NOISY[0]), tenant(NOISY[1]), tenant(NOISY[2])] }),
    );
    env.plugins(&["hostile"]);
    env
}

fn attack_request(tenant: &str, attack: &str) -> Json {
    json!({
        "action": "hostile",
        "session": session(tenant, "u-1", json!({})),
        "parameters": { "ATTACK": attack, "RESULT_ENTITY": "result", "STATUS_ENTITY": "status" }
    })
}

/// A process with a batch whose stderr is not read. It is killed on drop.
struct Batch {
    child: Child,
    stdin: Option<ChildStdin>,
    stderr: Option<ChildStderr>,
    answers: Receiver<Json>,
}

impl Batch {
    fn start(env: &TestEnv) -> Self {
        let mut child = env.command(&["--plugins", "plugins", "invoke", "--batch", "--jobs", "4"]).spawn().unwrap();
        let (sender, answers) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let lines = stdout.lines().map_while(Result::ok);
            lines.map(|line| serde_json::from_str(&line).unwrap()).try_for_each(|answer| sender.send(answer))
        });
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        Self { child, stdin, stderr, answers }
    }

    /// Sends requests of the noisy tenants and of another tenant, and asserts that all are answered.
    fn answer_all(&mut self) {
        let requests: Vec<_> = (0..60)
            .flat_map(|number| {
                [attack_request(NOISY[number % 3], "logs-at-length"), contact_request("acme", &format!("u-{number}"))]
            })
            .collect();
        let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
        let mut stdin = self.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            stdin.write_all(lines.as_bytes()).unwrap();
            stdin
        });
        for request in &requests {
            let answer = self.answers.recv_timeout(TIME_LIMIT).expect("an answer although the log is not read");
            // On a busy machine a limit may stop a noisy plugin, but not the other tenant's action.
            let is_expected = request["action"] == "hostile" || answer["port"] == "next";
            assert!(answer["port"].is_string() && is_expected, "{request} → {answer}");
        }
        self.stdin = Some(writer.join().unwrap());
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn an_unread_log_delays_neither_answers_nor_the_end() {
    let env = test_env();
    let mut batch = Batch::start(&env);
    batch.answer_all();
    drop(batch.stdin.take());
    // The channel closes when the process ends.
    assert_eq!(batch.answers.recv_timeout(TIME_LIMIT), Err(mpsc::RecvTimeoutError::Disconnected));
    assert!(batch.child.wait().unwrap().success());
}

#[test]
fn the_number_of_dropped_lines_is_logged() {
    let env = test_env();
    let mut batch = Batch::start(&env);
    batch.answer_all();
    let (sender, reports) = mpsc::channel();
    let stderr = BufReader::new(batch.stderr.take().unwrap());
    std::thread::spawn(move || {
        let lines = stderr.lines().map_while(Result::ok).filter(|line| line.contains("were dropped"));
        lines.for_each(|line| drop(sender.send(line)));
    });
    let report = reports.recv_timeout(TIME_LIMIT).unwrap();
    let dropped: u64 = report.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
    assert!(dropped > 0, "{report}");
    drop(batch.stdin.take());
    assert!(batch.child.wait().unwrap().success());
}

#[test]
fn plugin_lines_below_warning_are_shown_only_on_request() {
    let env = test_env();
    let request = format!("{}\n", attack_request("acme", "logs-often"));
    let batch = ["--plugins", "plugins", "invoke", "--batch"];
    let is_shown = |arguments: &[&str]| {
        let answer = env.run_with(&[arguments, &batch].concat(), &request).assert_success();
        answer.stderr.contains("a line of many")
    };
    assert!(!is_shown(&[]));
    assert!(is_shown(&["-v"]));
    assert!(is_shown(&["-vv"]));
}
