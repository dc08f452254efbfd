//! The result of a run, as a case compares it.

use flowhost_error::text::single_line;
use flowhost_host_functions::{LogLevel, TraceContent};
use flowhost_invocation::{Failure, Outcome, Usage};
use serde_json::{Value, json};

/// Everything that was observed of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The outcome, or the failure of a request that was not carried out.
    pub result: Result<Outcome, Failure>,
    /// The changes of the store, in the form of `expect`.
    pub store: Value,
    /// The called functions in order, without those of `flow:action/log`.
    pub calls: Vec<&'static str>,
    /// The lines of the log.
    pub log: Vec<(LogLevel, String)>,
    /// Bytes that were transferred between guest and host.
    pub host_bytes: usize,
}

/// The interface whose calls are not compared.
const LOG_INTERFACE: &str = "flow:action/log#";

impl Observation {
    pub(crate) fn new(result: Result<Outcome, Failure>, store: Value, trace: TraceContent) -> Self {
        let TraceContent { calls, log, host_bytes } = trace;
        let calls = calls.into_iter().filter(|name| !name.starts_with(LOG_INTERFACE)).collect();
        Self { result, store, calls, log, host_bytes }
    }

    /// Returns the used resources; zero for a failure.
    pub fn usage(&self) -> Usage {
        self.result.as_ref().map(|outcome| outcome.usage).unwrap_or_default()
    }

    /// Returns the code of the error or failure.
    pub fn error_code(&self) -> Option<&str> {
        match &self.result {
            Ok(outcome) => outcome.error.as_ref().map(|error| error.code.as_str()),
            Err(failure) => Some(&failure.code),
        }
    }

    /// Returns the members of an outcome's JSON that do not depend on the machine, or `failure`.
    pub fn outcome_json(&self) -> Value {
        match &self.result {
            Ok(Outcome { port, entities, cleared, error, warnings, .. }) => json!({
                "port": port,
                "entities": entities,
                "cleared": cleared,
                "error": error,
                "warnings": warnings,
            }),
            Err(failure) => json!({ "failure": failure }),
        }
    }

    /// Returns the warnings and errors of the log, one line each.
    pub(crate) fn log_problems(&self) -> impl Iterator<Item = String> {
        let problems = self.log.iter().filter(|(level, _)| matches!(level, LogLevel::Warn | LogLevel::Error));
        problems.map(|(level, message)| format!("log {}: {}", level.as_str(), single_line(message.clone())))
    }
}
