//! The run of a session through a flow.

use super::key;
use super::prepare::{FlowNode, PreparedFlow};
use flowhost_error::ErrorCode;
use flowhost_host_functions::{Recorder, Session};
use flowhost_invocation::catalog::Action;
use flowhost_invocation::{Failure, Host, Outcome, PreparedNode, Request};
use flowhost_recording::{Recording, RecordingError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Maximum number of steps of one run.
pub const MAX_STEPS: u32 = 1_000;

/// A completed step of a run.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Step<'r> {
    /// The number of the step, from 1.
    pub number: u32,
    /// The node's id.
    pub node: &'r str,
    /// The node's name in the flow.
    pub name: Option<&'r str>,
    /// The action of the node.
    pub action: &'r Action,
    /// How often this run has visited the node, including this step.
    pub visit: u64,
    /// The outcome of the action.
    pub outcome: &'r Outcome,
    /// The id of the next node; `None`: the flow ends here.
    pub next: Option<&'r str>,
    /// Time from the request to the outcome.
    pub elapsed: Duration,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FlowRun {
    /// The session after the last step, at the last node.
    pub session: Session,
    /// The number of completed steps.
    pub steps: u32,
    /// The reason why the run stopped early; `None`: it reached the end of the flow.
    pub stop: Option<StopReason>,
}

/// The reason why a run stopped before the flow's end. Running the same session again resumes it: completed steps are
/// replayed from their idempotency keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StopReason {
    /// The flow has errors, see [`PreparedFlow::blocking_diagnostics`]; no step was run.
    #[error("{message}")]
    InvalidFlow {
        /// The code of the first error.
        code: ErrorCode,
        /// The message of the first error.
        message: String,
    },
    /// The run reached [`MAX_STEPS`] steps. Code `limit-steps`.
    #[error("the flow took {MAX_STEPS} steps and would continue at node {next}; check it for a loop")]
    StepLimit {
        /// The node that would be next.
        next: String,
    },
    /// The host did not carry out a step.
    #[error("node {node}: {failure}")]
    Failed {
        /// The node's id.
        node: String,
        /// The reason.
        failure: Failure,
    },
}

impl StopReason {
    /// Returns the stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::InvalidFlow { code, .. } => code.as_str(),
            Self::StepLimit { .. } => ErrorCode::LimitSteps.as_str(),
            Self::Failed { failure, .. } => &failure.code,
        }
    }
}

impl PreparedFlow {
    /// Runs a session from the start to an end of the flow, and calls `on_step` after each step.
    ///
    /// Each step has an idempotency key of the session's id, the node and the number of its visits in this run. A
    /// session that runs again from its initial state repeats no effect. The host replays the completed steps, and the
    /// run continues after them.
    pub async fn run(&self, host: &Host, mut session: Session, mut on_step: impl FnMut(&Step<'_>)) -> FlowRun {
        // The run's result contains the id, so a generated one is the session's own from here on.
        session.keep_id();
        let mut state = RunState { session: Arc::new(session), steps: 0, visits: HashMap::new() };
        let stop = match self.invalid_flow() {
            Some(invalid) => Some(invalid),
            None => self.run_steps(host, &mut state, &mut on_step).await.err(),
        };
        FlowRun { session: Arc::unwrap_or_clone(state.session), steps: state.steps, stop }
    }

    /// Runs as [`PreparedFlow::run`] does, and records each step. `on_step` receives the recording of the step. A step
    /// that its idempotency key answers has none.
    pub async fn run_recorded(
        &self,
        host: &Host,
        mut session: Session,
        mut on_step: impl AsyncFnMut(&Step<'_>, &PreparedNode, Option<Result<Recording, RecordingError>>),
    ) -> FlowRun {
        session.keep_id();
        let mut state = RunState { session: Arc::new(session), steps: 0, visits: HashMap::new() };
        let mut current = self.start;
        let mut stop = self.invalid_flow();
        while let (None, Some(index)) = (&stop, current) {
            let recorder = Arc::new(Recorder::default());
            match self.take_step(host, &mut state, index, Some(Arc::clone(&recorder))).await {
                Ok(taken) => {
                    current = taken.next;
                    if let (Some(node), Some(step)) = (self.nodes.get(index), self.step(&state, &taken)) {
                        on_step(&step, &node.node, recorder.take_recording()).await;
                    }
                }
                Err(reason) => stop = Some(reason),
            }
        }
        FlowRun { session: Arc::unwrap_or_clone(state.session), steps: state.steps, stop }
    }

    fn invalid_flow(&self) -> Option<StopReason> {
        let error = self.blocking_diagnostics().next()?;
        Some(StopReason::InvalidFlow { code: error.code, message: error.message.clone() })
    }

    async fn run_steps(
        &self,
        host: &Host,
        state: &mut RunState,
        on_step: &mut impl FnMut(&Step<'_>),
    ) -> Result<(), StopReason> {
        let mut current = self.start;
        while let Some(index) = current {
            let taken = self.take_step(host, state, index, None).await?;
            current = taken.next;
            if let Some(step) = self.step(state, &taken) {
                on_step(&step);
            }
        }
        Ok(())
    }

    /// Invokes one node and applies its outcome.
    async fn take_step(
        &self,
        host: &Host,
        state: &mut RunState,
        index: usize,
        recorder: Option<Arc<Recorder>>,
    ) -> Result<TakenStep, StopReason> {
        let missing = || StopReason::StepLimit { next: index.to_string() };
        let at = self.nodes.get(index).ok_or_else(missing)?;
        if state.steps >= MAX_STEPS {
            return Err(StopReason::StepLimit { next: at.id.clone() });
        }
        let (visit, started) = (state.arrive(index, at), Instant::now());
        let key = key::step_key(&state.session.id, &at.id, visit);
        let request = Request::new(at.node.clone(), Arc::clone(&state.session)).with_key(key);
        let outcome = host.invoke(recorder.into_iter().fold(request, Request::with_recorder)).await;
        let elapsed = started.elapsed();
        let outcome = outcome.map_err(|failure| StopReason::Failed { node: at.id.clone(), failure })?;
        state.apply_outcome(&outcome);
        let port = at.node.action().manifest.ports.iter().position(|port| *port == outcome.port);
        let next = port.and_then(|port| *at.next.get(port)?);
        Ok(TakenStep { index, visit, outcome, next, elapsed })
    }

    fn step<'r>(&'r self, state: &RunState, taken: &'r TakenStep) -> Option<Step<'r>> {
        let at = self.nodes.get(taken.index)?;
        Some(Step {
            number: state.steps,
            node: &at.id,
            name: at.name.as_deref(),
            action: at.node.action(),
            visit: taken.visit,
            outcome: &taken.outcome,
            next: taken.next.and_then(|next| self.nodes.get(next)).map(|next| next.id.as_str()),
            elapsed: taken.elapsed,
        })
    }
}

/// A step that was taken.
struct TakenStep {
    index: usize,
    visit: u64,
    outcome: Outcome,
    /// The index of the next node.
    next: Option<usize>,
    elapsed: Duration,
}

/// The state of a run.
struct RunState {
    session: Arc<Session>,
    steps: u32,
    visits: HashMap<usize, u64>,
}

impl RunState {
    /// Moves the session to a node and returns the visit count.
    fn arrive(&mut self, index: usize, node: &FlowNode) -> u64 {
        let visits = self.visits.entry(index).or_default();
        *visits += 1;
        let session = Arc::make_mut(&mut self.session);
        session.node = Some(node.id.clone());
        session.visit = Some(*visits);
        *visits
    }

    /// Applies the outcome to the session.
    fn apply_outcome(&mut self, outcome: &Outcome) {
        self.steps += 1;
        let session = Arc::make_mut(&mut self.session);
        session.entities.extend(outcome.entities.iter().map(|(name, value)| (name.clone(), value.clone())));
        for name in &outcome.cleared {
            session.entities.remove(name);
        }
    }
}
