//! The replay of a recording: a run without a store, whose host calls the recording answers.

use super::build_outcome::{check_refusal_code, error_from_guest};
use super::capture::{CaptureMode, action_facts, end_of, host_facts, recorded_outcome, recorded_usage};
use super::execute::{Attempt, Invocation};
use super::instance::GuestResult;
use super::node::PreparedNode;
use super::outcome::{Failure, Outcome, OutcomeError};
use super::request::Request;
use crate::Host;
use crate::bounded_json::to_bounded_json;
use chrono::{DateTime, Utc};
use flowhost_engine::Limits;
use flowhost_error::ErrorCode;
use flowhost_host_functions::parameters::ParameterValues;
use flowhost_host_functions::{
    Capture, Comparison, HostState, IdGenerator, Recorder, Replayer, RunInput, RunOutput, RunRecord, Session,
    SessionOverlay, error_to_json,
};
use flowhost_recording::{
    Call, Divergence, End, LimitValues, Place, Recording, RecordingError, compare_end, compare_outcome, from_typed,
};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Instant;

/// The input of a replay.
#[derive(Debug)]
pub(super) struct ReplayInput {
    recording: Arc<Recording>,
    comparison: Comparison,
    pub(super) recorder: Arc<Recorder>,
    limits: Arc<Limits>,
}

/// The result of a replay.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Replay {
    /// The first difference from the recording; `None`: the replay is the same.
    pub divergence: Option<Divergence>,
    /// Whether a limit of time ended the recorded run, so that only the calls up to the shorter run were compared.
    pub is_partial: bool,
    /// The number of calls that were compared.
    pub calls: usize,
    /// The outcome of the replay; `None`: it stopped before its end.
    pub outcome: Option<Outcome>,
    /// The recording of the replay; `None`: it stopped before its end.
    pub recording: Option<Recording>,
}

impl Host {
    /// Replays a recording with a node of any component. The node has the parameters of the recording. The run has the
    /// lower of this host's and the recording's limits. It reads no store and changes none.
    ///
    /// # Errors
    /// The host did not carry out the run, for example because the session exceeds its limits.
    pub async fn replay(&self, node: PreparedNode, recording: Arc<Recording>) -> Result<Replay, Failure> {
        self.replay_with(node, recording, Comparison::Everything).await
    }

    pub(super) async fn replay_with(
        &self,
        node: PreparedNode,
        recording: Arc<Recording>,
        comparison: Comparison,
    ) -> Result<Replay, Failure> {
        let session = session_of(&recording)
            .map_err(|message| Failure::new(ErrorCode::SessionInvalid, format!("the session: {message}")))?;
        let recorder = Arc::new(Recorder::default());
        let input = ReplayInput {
            limits: Arc::new(lower_limits(self.limits(), &recording.limits)),
            recording: Arc::clone(&recording),
            comparison,
            recorder: Arc::clone(&recorder),
        };
        let mut request = Request::new(node.clone(), session);
        request.capture = Some(CaptureMode::Replay(Arc::new(input)));
        let outcome = self.invoke(request).await;
        let run = recorder.take_run().map_err(|RecordingError { code, message }| Failure::new(code, message))?;
        Ok(compare(&node, &recording, comparison, run, outcome?))
    }
}

/// Compares the replayed run with the recording.
fn compare(
    node: &PreparedNode,
    recording: &Recording,
    comparison: Comparison,
    run: RunRecord,
    outcome: Outcome,
) -> Replay {
    let is_partial = recording.end.as_ref().is_some_and(End::is_time_limit);
    let calls = run.calls.len();
    let mut replay = Replay { divergence: run.divergence.clone(), is_partial, calls, outcome: None, recording: None };
    if replay.divergence.is_some() || run.is_cut {
        return replay;
    }
    let end = end_of(&run, &outcome);
    let replayed_outcome = recorded_outcome(&outcome);
    let missing = recording.calls.get(calls).filter(|_| !is_partial);
    let is_time_limit = end.as_ref().is_some_and(End::is_time_limit);
    replay.divergence = match missing {
        _ if is_partial => None,
        Some(call) if !is_time_limit => Some(missing_call(calls, call)),
        _ if comparison == Comparison::Functions => None,
        _ => compare_end(recording.end.as_ref(), end.as_ref())
            .or_else(|| compare_outcome(end.as_ref(), &recording.outcome, &replayed_outcome)),
    };
    replay.recording = Some(Recording {
        host: host_facts(),
        action: action_facts(node),
        calls: copy_reads(run.calls, &recording.calls),
        end,
        outcome: replayed_outcome,
        usage: recorded_usage(&outcome, run.call_bytes),
        seal: String::new(),
        ..recording.clone()
    });
    replay.outcome = Some(outcome);
    replay
}

/// Returns the difference that the replay ended before this call.
fn missing_call(calls: usize, call: &Call) -> Divergence {
    Divergence {
        place: Place::Call(calls + 1),
        recorded: json!({ "function": call.function, "arguments": call.arguments, "answer": call.answer }),
        replayed: Json::Null,
    }
}

/// Returns the calls with the reads of the recorded calls.
fn copy_reads(calls: Vec<Call>, recorded: &[Call]) -> Vec<Call> {
    let reads = recorded.iter().map(|call| call.reads.clone()).chain(std::iter::repeat(Vec::new()));
    calls.into_iter().zip(reads).map(|(call, reads)| Call { reads, ..call }).collect()
}

/// Returns the session of a recording, with its seed and time. `Err`: the reason why it is not valid.
fn session_of(recording: &Recording) -> Result<Session, String> {
    let recorded = &recording.session;
    let mut session = Session::new(&recorded.tenant, &recorded.channel, &recorded.user);
    session.id.clone_from(&recorded.id);
    session.node.clone_from(&recorded.node);
    (session.visit, session.depth) = (recorded.visit, recorded.depth);
    session.seed = Some(recorded.seed.parse().map_err(|_| "`seed` is not a number of 64 bits".to_owned())?);
    let at = DateTime::parse_from_rfc3339(&recorded.at).map_err(|error| format!("`at` is not a time: {error}"))?;
    session.at = Some(at.with_timezone(&Utc));
    for (name, typed) in &recorded.entities {
        session.entities.insert(name.clone(), from_typed(typed)?);
    }
    Ok(session)
}

/// Returns this host's limits, each lowered to that of the recording. Limits of time stay those of the host.
fn lower_limits(limits: &Limits, recorded: &LimitValues) -> Limits {
    let lower = |own: usize, other: u64| own.min(usize::try_from(other).unwrap_or(usize::MAX));
    let mut limits = limits.clone();
    limits.memory_bytes = lower(limits.memory_bytes, recorded.memory_bytes);
    limits.tables = lower(limits.tables, recorded.tables);
    limits.table_elements = lower(limits.table_elements, recorded.table_elements);
    limits.memories = lower(limits.memories, recorded.memories);
    limits.core_instances = lower(limits.core_instances, recorded.core_instances);
    limits.host_calls = limits.host_calls.min(recorded.host_calls);
    limits.host_call_bytes = lower(limits.host_call_bytes, recorded.host_call_bytes);
    limits.value_bytes = lower(limits.value_bytes, recorded.value_bytes);
    limits.entities = lower(limits.entities, recorded.entities);
    limits.log_lines = lower(limits.log_lines, recorded.log_lines);
    limits.warnings = lower(limits.warnings, recorded.warnings);
    limits
}

impl Invocation {
    /// Runs the component once on the answers of a recording.
    pub(super) async fn replay_run(&self, started: Instant, session: SessionOverlay, replay: &ReplayInput) -> Attempt {
        let recording = &replay.recording;
        let refused = recording
            .outcome
            .error
            .as_ref()
            .filter(|error| recording.end.is_none() && error.code == ErrorCode::TenantNotFound.as_str());
        if let Some(error) = refused {
            let error = OutcomeError {
                code: error.code.clone(),
                message: error.message.clone(),
                parameter: error.parameter.clone(),
            };
            return Attempt::Done(Ok(self.error_outcome(started, error)));
        }
        if let Some(error) = self.refuse_early() {
            return Attempt::Done(Ok(self.error_outcome(started, error)));
        }
        let fault = |message| Attempt::Done(Ok(self.fault_outcome(started, ErrorCode::PluginContract, message)));
        let component = match self.context.link_captured(&self.request.node) {
            Ok(component) => component,
            Err(error) => return fault(format!("{error:#}")),
        };
        let run = RunInput {
            parameters: ParameterValues::new(Arc::clone(self.request.node.parameters())),
            session,
            transaction: None,
            id_generator: IdGenerator::new(self.seed, self.tenant(), 0, self.now),
            grants: component.grants,
        };
        let (limits, memory) = (Arc::clone(&replay.limits), Arc::clone(&self.context.memory));
        let mut state = HostState::new(run, limits, Arc::clone(&self.run_log), memory);
        let replayer = Replayer::new(Arc::clone(recording), replay.comparison, Arc::clone(&replay.recorder));
        state.capture(Capture::Replay(Box::new(replayer)));
        match self.context.new_instance(&component, state).run(&component, &self.run_log).await {
            Ok(GuestResult::Port(port, output)) => {
                self.record_end(|| End::Ok(port.clone()));
                match self.check_port(&port) {
                    Ok(()) => Attempt::Done(Ok(self.replayed_outcome(started, port, output, recording))),
                    Err(message) => fault(message),
                }
            }
            Ok(GuestResult::Error(error)) => {
                self.record_end(|| End::Error(error_to_json(&error)));
                match check_refusal_code(&self.request.node.action().manifest, &error.code) {
                    Ok(()) => Attempt::Done(Ok(self.error_outcome(started, error_from_guest(error)))),
                    Err(message) => fault(message),
                }
            }
            Err(error) => self.fail(started, error),
        }
    }

    /// Builds the outcome of a successful run. If the recorded outcome was too large for its idempotency key, the replay
    /// is refused in the same way.
    fn replayed_outcome(&self, started: Instant, port: String, output: RunOutput, recording: &Recording) -> Outcome {
        let RunOutput { writes, warnings, .. } = output;
        let outcome = self.successful_outcome(started, port, writes, warnings);
        let recorded = recording.outcome.error.as_ref();
        let was_too_large = recorded.is_some_and(|error| error.code == ErrorCode::LimitValueSize.as_str());
        match recorded {
            Some(error) if was_too_large && to_bounded_json(&outcome, self.context.limits.outcome_bytes).is_none() => {
                let code = error.code.clone();
                self.error_outcome(started, OutcomeError { code, message: error.message.clone(), parameter: None })
            }
            _ => outcome,
        }
    }
}
