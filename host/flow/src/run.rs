//! A session's way through a diagram.

use super::key;
use super::prepare::{FlowNode, PreparedFlow};
use flowhost_invocation::catalog::Action;
use flowhost_host_functions::Session;
use flowhost_invocation::{Failure, Host, Outcome, Request};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Steps that one run takes at most.
pub const MAX_STEPS: u32 = 1_000;

/// One node's work, as it is told while the run goes on.
#[derive(Debug, Clone, Copy)]
pub struct Step<'r> {
    /// From 1.
    pub number: u32,
    /// The node's id.
    pub node: &'r str,
    /// The name that the designer gave it.
    pub name: Option<&'r str>,
    /// What it ran.
    pub action: &'r Action,
    /// How often this run came to the node, this time included.
    pub visit: u64,
    /// How that ended.
    pub outcome: &'r Outcome,
    /// The id of the node that follows; `None`: the flow ends here.
    pub next: Option<&'r str>,
    /// From asking to answer.
    pub elapsed: Duration,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowRun {
    /// The session as the steps left it, standing at the last node.
    pub session: Session,
    /// How many steps were taken.
    pub steps: u32,
    /// Why it went no further though the flow does; `None`: it came to its end.
    pub stop: Option<StopReason>,
}

/// Why a run stopped before the flow's end. Running the same session again resumes it: what was done is answered from
/// its keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StopReason {
    /// The flow has faults, see [`PreparedFlow::blocking_diagnostics`]; nothing was run.
    #[error("{message}")]
    InvalidFlow {
        /// The first one's code.
        code: &'static str,
        /// The first one's message.
        message: String,
    },
    /// It took [`MAX_STEPS`] steps. Code `limit-steps`.
    #[error("the flow took {MAX_STEPS} steps and would go on at node {next}; does it loop?")]
    StepLimit {
        /// The node that would be next.
        next: String,
    },
    /// A step was not carried out.
    #[error("node {node}: {failure}")]
    Failed {
        /// The node's id.
        node: String,
        /// What was wrong.
        failure: Failure,
    },
}

impl StopReason {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::InvalidFlow { code, .. } => code,
            Self::StepLimit { .. } => "limit-steps",
            Self::Failed { failure, .. } => &failure.code,
        }
    }
}

impl PreparedFlow {
    /// Runs a session from the start to an end of the flow, telling each step as it is done.
    ///
    /// Each step has a key made of the session's id, the node and the count of its visits in this run. So a session that
    /// is run again, as it was at its beginning, does nothing twice: the steps that were done answer as they did, and it
    /// goes on behind them.
    pub async fn run(&self, host: &Host, mut session: Session, mut on_step: impl FnMut(&Step<'_>)) -> FlowRun {
        // The run's result carries the id, so a generated one is the session's own from here on.
        session.keep_id();
        let mut state = RunState { session: Arc::new(session), steps: 0, visits: HashMap::new() };
        let stop = match self.blocking_diagnostics().next() {
            Some(fault) => Some(StopReason::InvalidFlow { code: fault.code, message: fault.message.clone() }),
            None => self.run_steps(host, &mut state, &mut on_step).await.err(),
        };
        FlowRun { session: Arc::unwrap_or_clone(state.session), steps: state.steps, stop }
    }

    async fn run_steps(
        &self,
        host: &Host,
        state: &mut RunState,
        on_step: &mut impl FnMut(&Step<'_>),
    ) -> Result<(), StopReason> {
        let node = |index: Option<usize>| Some((index?, self.nodes.get(index?)?));
        let mut current = node(self.start);
        while let Some((index, at)) = current {
            if state.steps >= MAX_STEPS {
                return Err(StopReason::StepLimit { next: at.id.clone() });
            }
            let (visit, started) = (state.arrive(index, at), Instant::now());
            let key = key::step_key(&state.session.id, &at.id, visit);
            let request = Request::new(at.node.clone(), Arc::clone(&state.session)).with_key(key);
            let outcome = host.invoke(request).await;
            let elapsed = started.elapsed();
            let outcome = outcome.map_err(|failure| StopReason::Failed { node: at.id.clone(), failure })?;
            state.apply_outcome(&outcome);
            let action = at.node.action();
            let port = action.manifest.ports.iter().position(|port| *port == outcome.port);
            current = node(port.and_then(|port| *at.next.get(port)?));
            let next = current.map(|(_, next)| next.id.as_str());
            let (number, name) = (state.steps, at.name.as_deref());
            on_step(&Step { number, node: &at.id, name, action, visit, outcome: &outcome, next, elapsed });
        }
        Ok(())
    }
}

/// Where a session is.
struct RunState {
    session: Arc<Session>,
    steps: u32,
    visits: HashMap<usize, u64>,
}

impl RunState {
    /// Puts the session at a node; says for the how-manieth time.
    fn arrive(&mut self, index: usize, node: &FlowNode) -> u64 {
        let visits = self.visits.entry(index).or_default();
        *visits += 1;
        let session = Arc::make_mut(&mut self.session);
        session.node = Some(node.id.clone());
        session.visit = Some(*visits);
        *visits
    }

    /// Changes the session as the outcome says.
    fn apply_outcome(&mut self, outcome: &Outcome) {
        self.steps += 1;
        let session = Arc::make_mut(&mut self.session);
        session.entities.extend(outcome.entities.iter().map(|(name, value)| (name.clone(), value.clone())));
        for name in &outcome.cleared {
            session.entities.remove(name);
        }
    }
}
