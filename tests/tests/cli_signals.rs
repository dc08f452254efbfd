//! Signals to `flowhost invoke --batch`: the process stops reading and completes the requests in flight.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(target_os = "linux")]

use flowhost_tests::command::TestEnv;
use flowhost_tests::tenants::{self, contact_request, session};
use rustix::io::ioctl_fionbio;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, PipeReader, PipeWriter, Write as _};
use std::process::{Child, Command};

/// More bytes than a pipe and the reader's buffers can hold.
const PIPE_BYTES: usize = 1 << 20;

fn test_env() -> TestEnv {
    let env = TestEnv::with_configuration(&tenants::apply());
    env.plugins(&["hostile"]);
    env
}

fn command(env: &TestEnv) -> Command {
    env.command(&["--plugins", "plugins", "invoke", "--batch"])
}

/// A line that is longer than all buffers. After writing it, the second line before it is in flight.
fn long_line(request: &Json) -> Vec<u8> {
    format!("{request}{}\n", " ".repeat(PIPE_BYTES)).into_bytes()
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Sends the signal while the first of several requests is in flight. Returns the exit code and the answers.
fn stop(signal: Signal) -> (Option<i32>, Vec<Json>) {
    let env = test_env();
    let slow = json!({
        "action": "hostile",
        "session": session("acme", "u-1", json!({})),
        "parameters": { "ATTACK": "infinite-loop", "RESULT_ENTITY": "result", "STATUS_ENTITY": "status" }
    });
    let mut child = command(&env).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for user in ["u-1", "u-2", "u-3"] {
        let request = if user == "u-1" { slow.clone() } else { contact_request("acme", user) };
        stdin.write_all(&long_line(&request)).unwrap();
    }
    send(&child, signal);
    let answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let answers = answers.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    // Stdin is still open.
    let code = child.wait().unwrap().code();
    drop(stdin);
    (code, answers)
}

fn assert_answered(answers: &[Json]) {
    assert!((1..=3).contains(&answers.len()), "{answers:?}");
    assert_eq!(answers[0]["error"]["code"], "limit-cpu", "{answers:?}");
    assert!(answers[1..].iter().all(|answer| answer["port"] == "next"), "{answers:?}");
}

#[test]
fn a_batch_that_is_terminated_answers_what_is_in_flight() {
    let (code, answers) = stop(Signal::TERM);
    assert_eq!(code, Some(0));
    assert_answered(&answers);
}

#[test]
fn a_batch_that_is_interrupted_answers_what_is_in_flight_and_exits_with_130() {
    let (code, answers) = stop(Signal::INT);
    assert_eq!(code, Some(130));
    assert_answered(&answers);
}

#[test]
fn a_batch_without_requests_ends_when_it_is_terminated() {
    let env = test_env();
    let mut child = command(&env).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    writeln!(stdin, "{}", contact_request("acme", "u-1")).unwrap();
    assert!(answers.next().unwrap().unwrap().contains("next"));
    send(&child, Signal::TERM);
    assert!(answers.next().is_none());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A pipe whose buffer is full.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    ioctl_fionbio(&writer, true).unwrap();
    for bytes in [&[b'\n'; 4 << 10][..], b"\n"] {
        while writer.write_all(bytes).is_ok() {}
    }
    ioctl_fionbio(&writer, false).unwrap();
    (reader, writer)
}

#[test]
fn a_second_signal_ends_a_batch_with_unread_answers() {
    let env = test_env();
    let (answers, full) = full_pipe();
    let mut child = command(&env).stdout(full).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for user in ["u-1", "u-2", "u-3"] {
        stdin.write_all(&long_line(&contact_request("acme", user))).unwrap();
    }
    send(&child, Signal::INT);
    let mut said = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("a second signal"), "{said}");
    send(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(answers);
}
