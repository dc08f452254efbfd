//! Sessions, and the lines of `invoke --batch` that carry them.

use crate::lines::{Line, Lines};
use crate::wanted;
use crate::world::{Lender, now, with_actions};
use crate::{watch, words};
use flowhost::invocation::codes::{Class, class};
use flowhost::{Failure, Host, Outcome, Request, Session};

/// Bytes of a line.
const LIMIT: usize = 4 << 10;

static HOST: Lender = Lender::new(with_actions);

pub(crate) fn parse(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        watch::quick("the session", || read(text));
    }
    let lines: Vec<Line> = Lines::new(bytes, LIMIT).map(Result::unwrap).collect();
    // A byte order mark at the beginning is not part of the first line.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let given = text.split(|byte| *byte == b'\n').filter(|line| line.len() > LIMIT || !line.trim_ascii().is_empty());
    assert_eq!(lines.len(), given.count(), "a line has one answer");
    for line in lines {
        match line {
            Line::Text(text) => HOST.lend(|host| answer(host, &text)),
            Line::Unreadable(why) => failed(&Failure::new(why.code(), why.message())),
        }
    }
}

fn read(text: &str) {
    match Session::from_json(text) {
        Ok(session) => {
            let written = serde_json::to_string(&session).unwrap();
            assert_eq!(Session::from_json(&written).as_ref(), Ok(&session), "{written}");
            assert_eq!(Session::from_value(serde_json::to_value(&session).unwrap()), Ok(session));
        }
        Err(error) => words::message(&error.to_string()),
    }
}

fn answer(host: &Host, line: &str) {
    let request = match watch::quick("the line", || wanted::request(host, line)) {
        Ok(request) => request,
        Err(failure) => return failed(&failure),
    };
    let first = invoke(host, &request);
    if request.key.is_none() {
        return;
    }
    let second = invoke(host, &request);
    match (first, second) {
        (Ok(first), Ok(second)) if is_kept(&first) => assert_eq!(second, Outcome { replayed: true, ..first }),
        (first, second) => {
            assert_eq!(first.is_ok(), second.is_ok());
            assert_eq!(first.err(), second.err());
        }
    }
}

fn invoke(host: &Host, request: &Request) -> Result<Outcome, Failure> {
    let result = now(host.invoke(request.clone()));
    match &result {
        Ok(outcome) => {
            assert!(request.node.action().manifest.ports.contains(&outcome.port));
            assert_eq!(outcome.port == "error", outcome.error.is_some());
            if let Some(error) = &outcome.error {
                words::message(&error.message);
                words::code(&error.code, &[Class::Refusal, Class::Fault]);
            }
            for warning in &outcome.warnings {
                words::message(&warning.message);
                words::code(&warning.code, &[Class::Warning]);
            }
        }
        Err(failure) => failed(failure),
    }
    result
}

fn failed(failure: &Failure) {
    words::message(&failure.message);
    words::code(&failure.code, &[Class::Failure]);
}

fn is_kept(outcome: &Outcome) -> bool {
    let is_kept = |code: &str| class(code) == Some(Class::Refusal) && code != "tenant-not-found";
    outcome.error.as_ref().is_none_or(|error| is_kept(&error.code))
}
