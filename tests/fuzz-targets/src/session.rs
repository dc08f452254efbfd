//! Sessions, and the lines of `invoke --batch` that contain them.

use crate::batch_request;
use crate::fixture::{HostPool, block_on, with_actions};
use crate::lines::{Line, Lines};
use crate::{message_checks, time_limit};
use flowhost::{CodeClass, ErrorCode};
use flowhost::{Failure, Host, Outcome, Request, Session};

/// Limit for the bytes of a line.
const MAX_LINE_BYTES: usize = 4 << 10;

static HOST: HostPool = HostPool::new(with_actions);

pub(crate) fn parse(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        time_limit::within_time_limit("the session", || check_session(text));
    }
    let lines: Vec<Line> = Lines::new(bytes, MAX_LINE_BYTES).map(Result::unwrap).collect();
    // A byte order mark at the beginning is not part of the first line.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let given =
        text.split(|byte| *byte == b'\n').filter(|line| line.len() > MAX_LINE_BYTES || !line.trim_ascii().is_empty());
    assert_eq!(lines.len(), given.count(), "a line has one answer");
    for line in lines {
        match line {
            Line::Text(text) => HOST.with_host(|host| check_line(host, &text)),
            Line::Invalid(why) => check_failure(&Failure::new(why.code(), why.message())),
        }
    }
}

fn check_session(text: &str) {
    match Session::from_json(text) {
        Ok(session) => {
            let written = serde_json::to_string(&session).unwrap();
            assert_eq!(Session::from_json(&written).as_ref(), Ok(&session), "{written}");
            assert_eq!(Session::from_value(serde_json::to_value(&session).unwrap()), Ok(session));
        }
        Err(error) => message_checks::check_message(&error.to_string()),
    }
}

fn check_line(host: &Host, line: &str) {
    let request = match time_limit::within_time_limit("the line", || batch_request::parse_request(host, line)) {
        Ok(request) => request,
        Err(failure) => return check_failure(&failure),
    };
    let first = invoke(host, &request);
    if request.key.is_none() {
        return;
    }
    let second = invoke(host, &request);
    match (first, second) {
        (Ok(mut first), Ok(second)) if is_stored(&first) => {
            first.replayed = true;
            assert_eq!(second, first);
        }
        (first, second) => {
            assert_eq!(first.is_ok(), second.is_ok());
            assert_eq!(first.err(), second.err());
        }
    }
}

fn invoke(host: &Host, request: &Request) -> Result<Outcome, Failure> {
    let result = block_on(host.invoke(request.clone()));
    match &result {
        Ok(outcome) => {
            assert!(request.node.action().manifest.ports.contains(&outcome.port));
            assert_eq!(outcome.port == "error", outcome.error.is_some());
            if let Some(error) = &outcome.error {
                message_checks::check_message(&error.message);
                message_checks::check_code(&error.code, &[CodeClass::Refusal, CodeClass::Fault]);
            }
            for warning in &outcome.warnings {
                message_checks::check_message(&warning.message);
                message_checks::check_code(&warning.code, &[CodeClass::Warning]);
            }
        }
        Err(failure) => check_failure(failure),
    }
    result
}

fn check_failure(failure: &Failure) {
    message_checks::check_message(&failure.message);
    message_checks::check_code(&failure.code, &[CodeClass::Failure]);
}

fn is_stored(outcome: &Outcome) -> bool {
    let is_kept = |code: &str| {
        ErrorCode::find(code).map(ErrorCode::class) == Some(CodeClass::Refusal) && code != "tenant-not-found"
    };
    outcome.error.as_ref().is_none_or(|error| is_kept(&error.code))
}
