//! Answers the calls of a run from a recording.

use super::recorder::Recorder;
use super::wit_json::WitJson;
use super::{Capture, CapturedHost, StartedCall, Step, fault_answer};
use crate::{Abort, HostFunction, Warning};
use flowhost_error::{CodeClass, ErrorCode};
use flowhost_recording::{Call, Recording, compare_call};
use serde_json::Value as Json;
use std::sync::Arc;

/// The parts of a call that a replay compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Comparison {
    /// Function and arguments.
    Everything,
    /// Functions only: the answers were redacted, and the arguments therefore differ.
    Functions,
}

/// The state of a replay.
pub struct Replayer {
    recording: Arc<Recording>,
    comparison: Comparison,
    recorder: Arc<Recorder>,
    /// The number of calls so far.
    position: usize,
    /// Bytes that the functions transferred which the replay has run.
    bytes: usize,
}

impl Replayer {
    /// Creates a replay. The recorder receives the calls and the first difference.
    pub fn new(recording: Arc<Recording>, comparison: Comparison, recorder: Arc<Recorder>) -> Self {
        Self { recording, comparison, recorder, position: 0, bytes: 0 }
    }

    pub(super) fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// Compares a call with the recording and returns the recorded one. `None`: the replay ends here.
    fn advance(&mut self, call: &StartedCall) -> Option<&Call> {
        let index = self.position;
        self.position += 1;
        let recorded = self.recording.calls.get(index);
        if recorded.is_none() && self.recording.end.as_ref().is_some_and(flowhost_recording::End::is_time_limit) {
            self.recorder.set_cut();
            return None;
        }
        let name = call.function.name();
        let divergence = match (self.comparison, recorded) {
            (Comparison::Functions, Some(recorded)) if recorded.function == name => None,
            _ => compare_call(index + 1, recorded, name, &call.arguments),
        };
        if let Some(divergence) = divergence {
            self.recorder.set_divergence(divergence);
            return None;
        }
        recorded
    }

    /// Returns the bytes to charge after the last recorded call, so that WASI calls find the total of the recording.
    fn final_bytes(&self) -> usize {
        if self.position < self.recording.calls.len() {
            return 0;
        }
        usize::try_from(self.recording.usage.call_bytes).unwrap_or(usize::MAX).saturating_sub(self.bytes)
    }

    /// Returns the abort of a recorded fault.
    fn abort(&self, answer: &Json) -> Option<Abort> {
        let code = answer.get("fault").and_then(Json::as_str)?;
        let code = ErrorCode::find(code).filter(|code| code.class() == CodeClass::Fault)?;
        let message = self.recording.outcome.error.as_ref().map(|error| error.message.clone());
        Some(Abort::fault(code, message.unwrap_or_default()))
    }
}

impl CapturedHost<'_> {
    /// Compares the call with the recording and returns its answer.
    pub(super) fn replay_call<T: WitJson>(&mut self, call: &StartedCall) -> wasmtime::Result<Step<T>> {
        let Some(Capture::Replay(replayer)) = &mut self.0.capture else { return Ok(Step::Run) };
        let Some(recorded) = replayer.advance(call) else { return Err(stopped()) };
        let (answer, warnings) = (recorded.answer.clone(), recorded.warnings.clone());
        if !self.0.grants.allows(call.function) {
            let ended = self.0.begin_call(call.function, 0);
            return Err(self.record_fault(call, ended.err().unwrap_or_else(stopped)));
        }
        let Some(Capture::Replay(replayer)) = &mut self.0.capture else { return Ok(Step::Run) };
        if let Some(abort) = replayer.abort(&answer) {
            self.0.run_log.count_host_call();
            return Err(self.record_fault(call, abort.into()));
        }
        let Some(answer) = T::from_json(&answer) else {
            return Err(self.record_fault(call, mismatch(call.function).into()));
        };
        if call.function.changes_session() {
            // Only a successful call has changed the session.
            let is_refused = recorded_error(&answer.to_json());
            if !is_refused {
                return Ok(Step::RunAndAnswer(answer));
            }
        }
        if let Err(error) = self.count_call() {
            return Err(self.record_fault(call, error));
        }
        for warning in warnings {
            self.0.add_warning(Warning::new(warning.code, warning.message, warning.parameter));
        }
        Ok(Step::Answer(answer))
    }

    /// Charges what the recorded calls transferred, as soon as all of them are made.
    pub(super) fn charge_replayed(&mut self, transferred: usize) {
        if let Some(Capture::Replay(replayer)) = &mut self.0.capture {
            replayer.bytes += transferred;
            let bytes = replayer.final_bytes();
            replayer.bytes += bytes;
            self.0.run_log.charge_bytes(bytes);
        }
    }

    fn record_fault(&mut self, call: &StartedCall, error: wasmtime::Error) -> wasmtime::Error {
        let StartedCall { function, arguments, warnings, bytes } = call;
        let call =
            StartedCall { function: *function, arguments: arguments.clone(), warnings: *warnings, bytes: *bytes };
        self.record(call, fault_answer(&error));
        error
    }
}

/// Returns whether the answer of a function is an error for the guest.
fn recorded_error(answer: &Json) -> bool {
    answer.get("error").is_some()
}

/// Ends the run of a replay. The recorder has the reason.
fn stopped() -> wasmtime::Error {
    Abort::fault(ErrorCode::PluginContract, "the replay differs from the recording").into()
}

fn mismatch(function: HostFunction) -> Abort {
    let message = format!("the recorded answer of {} does not have the type of this host", function.name());
    Abort::fault(ErrorCode::PluginContract, message)
}
