//! Capture of host calls: recording them, or answering them from a recording.
//!
//! A captured run has a linker of its own, whose functions wrap those of [`HostState`]. A run without a recorder uses
//! the other linker and executes nothing of this module.

mod functions;
mod reads;
mod recorder;
mod replayer;
mod wit_json;

pub use recorder::{Recorder, RunRecord};
pub use replayer::{Comparison, Replayer};

use super::bindings::OutboundAction;
use super::bindings::flow::action::types::Error;
use super::{Abort, HostFunction, HostState};
use flowhost_recording::RecordedWarning;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use wasmtime::component::{HasData, Linker};
use wit_json::WitJson;

/// The capture of one run.
#[non_exhaustive]
pub enum Capture {
    /// Records the calls.
    Record(Arc<Recorder>),
    /// Answers the calls from a recording, and records them again.
    Replay(Box<Replayer>),
}

impl Capture {
    fn recorder(&self) -> &Arc<Recorder> {
        match self {
            Self::Record(recorder) => recorder,
            Self::Replay(replayer) => replayer.recorder(),
        }
    }
}

/// Returns an error of a plugin as JSON.
pub fn error_to_json(error: &Error) -> Json {
    error.to_json()
}

/// The host functions of a captured run.
struct CapturedHost<'a>(&'a mut HostState);

/// The type of [`CapturedHost`] for the linker.
struct HasCapture;

impl HasData for HasCapture {
    type Data<'a> = CapturedHost<'a>;
}

/// Links every function of the contract to its captured form, and WASI as it is.
///
/// # Errors
/// The linker has an item with the same name already.
pub fn link_captured(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    OutboundAction::add_to_linker::<HostState, HasCapture>(linker, |state| CapturedHost(state))?;
    super::wasi::link(linker)
}

/// A call in progress.
struct StartedCall {
    function: HostFunction,
    arguments: Vec<Json>,
    /// The number of warnings before the call.
    warnings: usize,
    /// The transferred bytes before the call.
    bytes: usize,
}

/// The way to answer a call.
enum Step<T> {
    /// Run the function.
    Run,
    /// Answer from the recording, without running the function.
    Answer(T),
    /// Run the function for its effect on the session, and answer from the recording.
    RunAndAnswer(T),
}

impl CapturedHost<'_> {
    fn start(&self, function: HostFunction, arguments: Vec<Json>) -> StartedCall {
        StartedCall { function, arguments, warnings: self.0.warnings.len(), bytes: self.0.run_log.bytes() }
    }

    /// Returns how to answer the call.
    fn next_step<T: WitJson>(&mut self, call: &StartedCall) -> wasmtime::Result<Step<T>> {
        match &self.0.capture {
            Some(Capture::Replay(_)) => self.replay_call(call),
            _ => Ok(Step::Run),
        }
    }

    /// Records the call with its result.
    fn finish<T: WitJson>(&mut self, call: StartedCall, answered: wasmtime::Result<T>) -> wasmtime::Result<T> {
        let answer = match &answered {
            Ok(answer) => answer.to_json(),
            Err(error) => fault_answer(error),
        };
        self.record(call, answer);
        answered
    }

    fn record(&mut self, call: StartedCall, answer: Json) {
        let StartedCall { function, arguments, warnings, bytes } = call;
        let Some(recorder) = self.0.capture.as_ref().map(|capture| Arc::clone(capture.recorder())) else { return };
        let raised = self.0.warnings.get(warnings..).unwrap_or_default().iter();
        // A warning that the action itself raised is an argument already.
        let raised = raised.filter(|_| function != HostFunction::OutcomeWarn).map(|warning| RecordedWarning {
            code: warning.code.clone(),
            message: warning.message.clone(),
            parameter: warning.parameter.clone(),
        });
        let raised = raised.collect();
        let transferred = self.0.run_log.bytes().saturating_sub(bytes);
        self.charge_replayed(transferred);
        let used = self.0.transaction.as_mut().map(|transaction| {
            if function.reads_configuration() {
                transaction.note_configuration();
            }
            (transaction.tenant_id().to_owned(), transaction.take_uses())
        });
        recorder.push_call(function.name(), arguments, answer, raised, transferred, used);
    }

    /// Counts a call that does not run its function.
    fn count_call(&self) -> wasmtime::Result<()> {
        if self.0.run_log.count_host_call() > self.0.limits.host_calls {
            return Err(Abort::host_call_limit(self.0.limits.host_calls).into());
        }
        Ok(())
    }
}

/// Returns `{"fault": CODE}` for a call that ended the run; null if the host did not carry out the call.
fn fault_answer(error: &wasmtime::Error) -> Json {
    match error.downcast_ref::<Abort>() {
        Some(Abort::Fault { code, .. }) => json!({ "fault": code.as_str() }),
        _ => Json::Null,
    }
}

impl HostFunction {
    /// Returns whether the function uses the tenant's settings without a lookup.
    fn reads_configuration(self) -> bool {
        matches!(
            self,
            Self::TenantTimeZone
                | Self::TenantPhoneRegion
                | Self::TenantChannels
                | Self::FormatsFormatDate
                | Self::FormatsParseDate
                | Self::FormatsNormalizePhone
        )
    }

    /// Returns whether the function changes the session, the warnings or the log. A replay runs these functions.
    fn changes_session(self) -> bool {
        matches!(
            self,
            Self::ParametersSet | Self::ParametersSetJson | Self::SessionSetEntity | Self::OutcomeWarn | Self::LogWrite
        )
    }
}
