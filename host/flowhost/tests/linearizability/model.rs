//! The model: a host with one worker and a store in memory that executes one operation at a time.

use crate::actions::{Operation, configuration, observable};
use crate::checker::SequentialSpec;
use crate::dump::{IdMapping, StoreDump};
use crate::history::{Event, History, host, invoke};
use crate::recording_store::RecordingStore;
use flowhost::store::{self, CommitOutcome, CommitRequest, MemoryStore, Store};
use flowhost::{Host, Outcome};
use serde_json::Value as Json;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;
use tokio::runtime::Runtime;

pub(crate) struct Model {
    runtime: Runtime,
    host: Host,
    store: RecordingStore,
}

impl Model {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = RecordingStore::new(MemoryStore::new());
        let host = runtime.block_on(host(store.clone(), 1));
        Self { runtime, host, store }
    }

    /// Executes these operations in order on an empty store. Returns their outcomes and commits.
    pub(crate) fn record_commits(&self, operations: &[Operation]) -> (Vec<Outcome>, Vec<CommitRequest>) {
        self.reset_to(&[]);
        let outcomes = operations.iter().map(|operation| self.invoke(operation)).collect();
        (outcomes, self.store.take_changes())
    }

    fn invoke(&self, operation: &Operation) -> Outcome {
        self.runtime.block_on(invoke(&self.host, operation)).unwrap()
    }

    /// Replaces the store by one that contains these commits.
    fn reset_to(&self, commits: &[&CommitRequest]) {
        let fresh = MemoryStore::new();
        self.runtime.block_on(initialise(&fresh, commits));
        self.store.replace(Arc::new(fresh));
    }

    fn dump(&self) -> StoreDump {
        self.runtime.block_on(StoreDump::read(&self.store))
    }
}

/// Configures an empty store and applies these commits.
pub(crate) async fn initialise(store: &dyn Store, commits: &[&CommitRequest]) {
    store::apply(store, &configuration()).await.unwrap();
    let mut committer = store.committer().await.unwrap();
    for commit in commits {
        assert_eq!(committer.commit(&[(*commit).clone()]).await.unwrap(), [CommitOutcome::Committed]);
    }
}

/// A state of the model in the replay of a history.
#[derive(Clone)]
pub(crate) struct State(Rc<StateData>);

struct StateData {
    before: Option<State>,
    commits: Vec<CommitRequest>,
    names: IdMapping,
    dump: StoreDump,
    /// The dump as text. States are equal if their texts are equal.
    text: String,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || self.0.text == other.0.text
    }
}

impl Eq for State {}

impl Hash for State {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

impl State {
    fn new(before: Option<State>, commits: Vec<CommitRequest>, names: IdMapping, contents: StoreDump) -> Self {
        let contents = contents.with_mapped_ids(&names);
        let text = format!("{contents:?}");
        Self(Rc::new(StateData { before, commits, names, dump: contents, text }))
    }

    /// All commits that led to this state, in order.
    fn commits(&self) -> Vec<&CommitRequest> {
        let way = std::iter::successors(Some(self), |state| state.0.before.as_ref());
        let mut commits: Vec<_> = way.flat_map(|state| state.0.commits.iter().rev()).collect();
        commits.reverse();
        commits
    }
}

/// The replay of a history by the model, one operation at a time.
pub(crate) struct Replay<'a> {
    model: &'a Model,
    history: &'a History,
    /// The state of the model's store. `None`: the store has changes that belong to no state.
    current: Option<State>,
}

impl<'a> Replay<'a> {
    /// A replay at the start of the history, and the initial state.
    pub(crate) fn new(model: &'a Model, history: &'a History) -> (Self, State) {
        let start: Vec<_> = history.start.iter().collect();
        model.reset_to(&start);
        let state = State::new(None, history.start.clone(), IdMapping::default(), model.dump());
        (Self { model, history, current: Some(state.clone()) }, state)
    }

    pub(crate) fn dump(&self, state: &State) -> StoreDump {
        state.0.dump.clone()
    }

    /// The model's outcome of this step in this state.
    pub(crate) fn outcome_in(&mut self, state: &State, step: usize) -> Json {
        self.restore(state);
        self.current = None;
        observable(&self.model.invoke(&self.history.events[step].operation))
    }

    fn restore(&mut self, state: &State) {
        if self.current.as_ref().is_none_or(|at| !Rc::ptr_eq(&at.0, &state.0)) {
            self.model.reset_to(&state.commits());
            self.current = Some(state.clone());
        }
    }
}

impl SequentialSpec for Replay<'_> {
    type State = State;

    fn apply(&mut self, state: &State, step: usize) -> Option<State> {
        let Event { operation, outcome, .. } = &self.history.events[step];
        self.restore(state);
        let mut names = state.0.names.clone();
        let agree = names.match_ids(&observable(&self.model.invoke(operation)), &observable(outcome));
        let commits = self.model.store.take_changes();
        if commits.is_empty() {
            // Without commits there are no new ids to map.
            return agree.then(|| state.clone());
        }
        self.current = None;
        if !agree {
            return None;
        }
        let after = State::new(Some(state.clone()), commits, names, self.model.dump());
        self.current = Some(after.clone());
        Some(after)
    }

    fn is_final_state(&mut self, state: &State) -> bool {
        if state.0.dump != self.history.end {
            return false;
        }
        self.restore(state);
        self.model.runtime.block_on(self.model.dump().read_logs(&self.model.store)) == self.history.logs
    }
}
