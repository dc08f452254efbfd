//! The model of a host: one worker over the store in memory, which does one operation at a time.

use crate::actions::{Operation, configuration, told};
use crate::contents::{Contents, Names};
use crate::history::{Event, History, host, invoke};
use crate::search::Sequential;
use crate::watched::Watched;
use flowhost::store::{self, Commit, MemoryStore, Store, Verdict};
use flowhost::{Host, Outcome};
use serde_json::Value as Json;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;
use tokio::runtime::Runtime;

pub(crate) struct Model {
    runtime: Runtime,
    host: Host,
    store: Watched,
}

impl Model {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = Watched::new(MemoryStore::new());
        let host = runtime.block_on(host(store.clone(), 1));
        Self { runtime, host, store }
    }

    /// Does these, one after the other, with an empty store; what they answered and committed.
    pub(crate) fn start(&self, operations: &[Operation]) -> (Vec<Outcome>, Vec<Commit>) {
        self.become_state(&[]);
        let outcomes = operations.iter().map(|operation| self.invoke(operation)).collect();
        (outcomes, self.store.changes())
    }

    fn invoke(&self, operation: &Operation) -> Outcome {
        self.runtime.block_on(invoke(&self.host, operation)).unwrap()
    }

    /// Goes on from where these commits lead.
    fn become_state(&self, commits: &[&Commit]) {
        let fresh = MemoryStore::new();
        self.runtime.block_on(prepare(&fresh, commits));
        self.store.exchange(Arc::new(fresh));
    }

    fn contents(&self) -> Contents {
        self.runtime.block_on(Contents::of(&self.store))
    }
}

/// Configures an empty store and commits these.
pub(crate) async fn prepare(store: &dyn Store, commits: &[&Commit]) {
    store::apply(store, &configuration()).await.unwrap();
    let mut committer = store.committer().await.unwrap();
    for commit in commits {
        assert_eq!(committer.commit(&[(*commit).clone()]).await.unwrap(), [Verdict::Done]);
    }
}

/// A state of the model on its way through a history.
#[derive(Clone)]
pub(crate) struct State(Rc<Reached>);

struct Reached {
    before: Option<State>,
    commits: Vec<Commit>,
    names: Names,
    contents: Contents,
    /// What tells states apart.
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
    fn new(before: Option<State>, commits: Vec<Commit>, names: Names, contents: Contents) -> Self {
        let contents = contents.named(&names);
        let text = format!("{contents:?}");
        Self(Rc::new(Reached { before, commits, names, contents, text }))
    }

    /// What was committed on the way here.
    fn commits(&self) -> Vec<&Commit> {
        let way = std::iter::successors(Some(self), |state| state.0.before.as_ref());
        let mut commits: Vec<_> = way.flat_map(|state| state.0.commits.iter().rev()).collect();
        commits.reverse();
        commits
    }
}

/// A history that is done again, one operation at a time.
pub(crate) struct Replay<'a> {
    model: &'a Model,
    history: &'a History,
    /// The state that the model is in; `None`: one that no state stands for.
    at: Option<State>,
}

impl<'a> Replay<'a> {
    /// At the history's start.
    pub(crate) fn new(model: &'a Model, history: &'a History) -> (Self, State) {
        let start: Vec<_> = history.start.iter().collect();
        model.become_state(&start);
        let state = State::new(None, history.start.clone(), Names::default(), model.contents());
        (Self { model, history, at: Some(state.clone()) }, state)
    }

    pub(crate) fn contents(&self, state: &State) -> Contents {
        state.0.contents.clone()
    }

    /// What the model answers in this state.
    pub(crate) fn would(&mut self, state: &State, step: usize) -> Json {
        self.go_to(state);
        self.at = None;
        told(&self.model.invoke(&self.history.events[step].operation))
    }

    fn go_to(&mut self, state: &State) {
        if self.at.as_ref().is_none_or(|at| !Rc::ptr_eq(&at.0, &state.0)) {
            self.model.become_state(&state.commits());
            self.at = Some(state.clone());
        }
    }
}

impl Sequential for Replay<'_> {
    type State = State;

    fn after(&mut self, state: &State, step: usize) -> Option<State> {
        let Event { operation, outcome, .. } = &self.history.events[step];
        self.go_to(state);
        let mut names = state.0.names.clone();
        let agree = names.agree(&told(&self.model.invoke(operation)), &told(outcome));
        let commits = self.model.store.changes();
        if commits.is_empty() {
            // Nothing can be new then, so that there is nothing to name.
            return agree.then(|| state.clone());
        }
        self.at = None;
        if !agree {
            return None;
        }
        let after = State::new(Some(state.clone()), commits, names, self.model.contents());
        self.at = Some(after.clone());
        Some(after)
    }

    fn is_end(&mut self, state: &State) -> bool {
        if state.0.contents != self.history.end {
            return false;
        }
        self.go_to(state);
        self.model.runtime.block_on(self.model.contents().logs(&self.model.store)) == self.history.logs
    }
}
