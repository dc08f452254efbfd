//! An admitted invocation on its worker, until it has an outcome.

use super::answer::{conflict, of_guest, of_rule};
use super::burdens::Burdens;
use super::codes::may_refuse_with;
use super::outcome::{Failure, Outcome, OutcomeError};
use super::request::Request;
use super::run::{Ended, Loaded, Returned, Workshop};
use super::shared::Shared;
use super::turns::Turn;
use crate::capability::parameters::{AsksReady, Evaluated};
use crate::capability::{Function, Generator, Ids, Journal, Remains, Run, SessionState, State};
use crate::domain::Refusal;
use crate::domain::upsert::{Profile, Upsert};
use crate::engine::governor::{Spent, Stage, Stages};
use crate::store::{Commit, Lookup, StoredOutcome, Verdict, View, ViewError};
use chrono::{DateTime, SubsecRound, Utc};
use rand_xoshiro::rand_core::SeedableRng;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

/// What invocations take turns for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Topic {
    /// An idempotency key of a tenant.
    Key(String, String),
    /// A contact of a tenant.
    Contact(String, Uuid),
    /// An address, by channel and identifier, that belongs to no contact of the tenant yet.
    Address(String, String, String),
}

/// One invocation. Its future and whoever stops it share it.
pub(super) struct Invocation {
    pub(super) request: Request,
    pub(super) shared: Arc<Shared>,
    pub(super) stages: Stages,
    pub(super) spent: Spent,
    pub(super) journal: Arc<Journal>,
    pub(super) now: DateTime<Utc>,
    seed: u64,
}

/// One attempt's end.
enum Attempt {
    Over(Result<Outcome, Failure>),
    /// Run again, taking turns for these.
    Again(BTreeSet<Topic>),
}

impl From<ViewError> for Ended {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Store(error) => Self::Store(error),
            ViewError::Stale => Self::Stale(Vec::new()),
        }
    }
}

impl Invocation {
    pub(super) fn new(request: Request, shared: Arc<Shared>) -> Self {
        let session = &request.session;
        // The store keeps microseconds.
        let now = session.at.unwrap_or_else(Utc::now).trunc_subsecs(6);
        let seed = session.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().1);
        let (stages, spent) = (Stages::new(), Spent::default());
        Self { request, shared, stages, spent, journal: Arc::default(), now, seed }
    }

    /// What the key stands for.
    pub(super) fn digest(&self) -> [u8; 32] {
        let session = &self.request.session;
        self.request.node.digest([&session.tenant, &session.channel, &session.user, &session.id])
    }

    /// Runs it until it has an outcome.
    pub(super) async fn execute(&self, workshop: &Workshop) -> Result<Outcome, Failure> {
        let tenant = &self.request.session.tenant;
        let mut key_turn = match &self.request.key {
            Some(key) => Some(self.shared.turns.take(Topic::Key(tenant.clone(), key.clone())).await),
            None => None,
        };
        let Ok(_slot) = workshop.slots.acquire().await else {
            return Err(Failure::passing("overloaded", "the host is stopping"));
        };
        let started = Instant::now();
        self.stages.enter(Stage::Running(started));
        let mut turns: Vec<Turn<Topic>> = Vec::new();
        let mut topics = BTreeSet::new();
        for attempt in 0..=self.shared.limits.reruns {
            match self.attempt(workshop, attempt, started, !turns.is_empty(), &mut key_turn).await {
                Attempt::Over(result) => return result,
                Attempt::Again(found) => topics.extend(found),
            }
            self.stages.enter(Stage::Contended(started));
            turns.clear();
            // In their order, so that two invocations never wait for each other.
            for topic in &topics {
                turns.push(self.shared.turns.take(topic.clone()).await);
            }
            self.stages.enter(Stage::Running(started));
        }
        Err(conflict())
    }

    async fn attempt(
        &self,
        workshop: &Workshop,
        attempt: u32,
        started: Instant,
        has_turn: bool,
        key_turn: &mut Option<Turn<Topic>>,
    ) -> Attempt {
        self.journal.begin();
        let session =
            SessionState::new(Arc::clone(&self.request.session), self.now, Generator::seed_from_u64(self.seed));
        let loaded = match workshop.load(&self.request.node) {
            Ok(loaded) => loaded,
            Err(error) => return Attempt::Over(Ok(self.fault(started, "plugin-contract", format!("{error:#}")))),
        };
        let view = match self.look(workshop, &session, &loaded).await {
            Ok(view) => view,
            Err(Ended::Stale(_)) => return Attempt::Again(BTreeSet::new()),
            Err(ended) => return self.end(started, ended),
        };
        let (mut view, stored) = view;
        if let Some(stored) = stored {
            return Attempt::Over(self.replay(&stored));
        }
        let tenant = match view.configuration() {
            Some((tenant, _)) => tenant,
            None => {
                return self
                    .refuse(started, view, of_rule(Refusal::tenant_not_found(&self.request.session.tenant)))
                    .await;
            }
        };
        if let Some(refusal) = &self.request.node.configured.refusal {
            let error = OutcomeError {
                code: refusal.code.to_owned(),
                message: refusal.message.clone(),
                parameter: Some(refusal.path.split('[').next().unwrap_or_default().to_owned()),
            };
            return self.refuse(started, view, error).await;
        }
        if !has_turn && let Some(topics) = self.contended(&view) {
            return Attempt::Again(topics);
        }
        self.shared.remember(&tenant, view.configuration().map_or(0, |(_, version)| version));
        let state = self.state(session, view, loaded.grants, attempt);
        match workshop.run(&loaded, state, &self.journal).await {
            Ok(Returned::Port(port, remains)) => self.returned(started, port, remains, key_turn).await,
            Ok(Returned::Error(error)) => {
                if !may_refuse_with(&error.code) {
                    let code: String = error.code.chars().take(128).collect();
                    let message =
                        format!("the plugin refused with code {code:?}, which is neither the host's nor holds a slash");
                    return Attempt::Over(Ok(self.fault(started, "plugin-contract", message)));
                }
                view = self.shared.view(workshop, &self.request.session.tenant, self.now);
                self.refuse(started, view, of_guest(error)).await
            }
            Err(Ended::Stale(read)) => Attempt::Again(self.topics(read)),
            Err(ended) => self.end(started, ended),
        }
    }

    /// Reads in one trip what the action is going to ask for, and what is stored under the key.
    async fn look(
        &self,
        workshop: &Workshop,
        session: &SessionState,
        loaded: &Loaded,
    ) -> Result<(View, Option<StoredOutcome>), Ended> {
        let mut view = self.shared.view(workshop, &self.request.session.tenant, self.now);
        let asks = if loaded.grants.hold(Function::RecordsSave) { AsksReady::Newest } else { AsksReady::No };
        let mut lookups = self.request.node.mentions().lookups(session, asks);
        if loaded.grants.hold(Function::ContactsUpsertSessionUser) {
            lookups.extend(self.own_addresses());
        }
        lookups.extend(self.request.key.clone().map(Lookup::Key));
        view.prefetch(lookups).await?;
        let stored = match &self.request.key {
            Some(key) => view.stored(key).await?,
            None => None,
        };
        Ok((view, stored))
    }

    /// The session user's own address, as far as it can be told before anything is read.
    fn own_addresses(&self) -> Vec<Lookup> {
        let session = &self.request.session;
        let Some((tenant, _)) = self.shared.known(&session.tenant) else { return Vec::new() };
        let upsert = Upsert::of_session_user(&tenant, &session.channel, &session.user, &Profile::default());
        let addresses = upsert.iter().flat_map(Upsert::addresses);
        addresses.map(|address| Lookup::Address(address.channel.clone(), address.identifier.clone())).collect()
    }

    /// What of the things that were read others are taking turns for.
    fn contended(&self, view: &View) -> Option<BTreeSet<Topic>> {
        if self.shared.turns.none_is_taken() {
            return None;
        }
        let topics = self.topics(view.contacts_read());
        topics.iter().any(|topic| self.shared.turns.is_taken(topic)).then_some(topics)
    }

    fn topics(&self, contacts: impl IntoIterator<Item = Uuid>) -> BTreeSet<Topic> {
        let tenant = &self.request.session.tenant;
        contacts.into_iter().map(|id| Topic::Contact(tenant.clone(), id)).collect()
    }

    fn state(&self, session: SessionState, view: View, grants: crate::capability::Grants, attempt: u32) -> State {
        // What a run makes gets other ids each time: an id that exists already is what made the last one stale, perhaps.
        let ids = Ids::new(Generator::seed_from_u64(self.seed ^ (u64::from(attempt) + 1).rotate_left(32)), self.now);
        let parameters = Evaluated::new(Arc::clone(&self.request.node.configured));
        let run = Run { parameters, session, view: Some(view), ids, grants };
        State::new(run, Arc::clone(&self.shared.limits), Arc::clone(&self.journal))
    }

    async fn returned(
        &self,
        started: Instant,
        port: String,
        remains: Remains,
        key_turn: &mut Option<Turn<Topic>>,
    ) -> Attempt {
        if !self.request.node.configured.is_port(&port) {
            let message = format!(
                "the plugin left by port {:?}, which its manifest doesn't list",
                port.chars().take(64).collect::<String>()
            );
            return Attempt::Over(Ok(self.fault(started, "plugin-contract", message)));
        }
        let Remains { view: Some(view), written, warnings: said } = remains else {
            return Attempt::Over(Ok(self.fault(started, "plugin-contract", "the run lost its view".to_owned())));
        };
        let outs = self.request.node.configured.entity_outs().map(|(entity, _)| entity.to_owned());
        let untouched = outs.filter(|entity| !written.contains_key(entity)).map(|entity| (entity, None));
        let (mut entities, mut cleared) = (std::collections::BTreeMap::new(), BTreeSet::new());
        for (entity, value) in untouched.collect::<Vec<_>>().into_iter().chain(written) {
            match value {
                Some(value) => drop(entities.insert(entity, value)),
                None => drop(cleared.insert(entity)),
            }
        }
        let cleared = cleared.into_iter().collect();
        let usage = self.usage(started);
        let mut warnings = self.request.node.warnings();
        warnings.extend(said);
        let outcome = Outcome { port, entities, cleared, error: None, warnings, replayed: false, usage };
        if view.has_changes() {
            return self.commit(view, outcome).await;
        }
        match view.still_holds().await {
            Ok(true) => {}
            Ok(false) => return Attempt::Again(self.topics(view.contacts_read())),
            Err(error) => return self.end(started, Ended::Store(error)),
        }
        if let Some(keyed) = self.keyed(&outcome) {
            let hold = key_turn.take().map(|turn| Box::new(turn) as Box<dyn Send>);
            if let Err(error) = self.shared.commits.join(view.into_commit(Some(keyed)), hold).await {
                return Attempt::Over(Err(error.into()));
            }
        }
        Attempt::Over(Ok(outcome))
    }

    async fn refuse(&self, started: Instant, view: View, error: OutcomeError) -> Attempt {
        let outcome = self.error_outcome(started, error);
        match self.keyed(&outcome) {
            Some(keyed) => self.settle(view.into_commit(Some(keyed)), outcome).await,
            None => Attempt::Over(Ok(outcome)),
        }
    }

    async fn commit(&self, view: View, outcome: Outcome) -> Attempt {
        let keyed = self.keyed(&outcome);
        self.settle(view.into_commit(keyed), outcome).await
    }

    /// From here on nothing stops the invocation any more.
    async fn settle(&self, commit: Commit, outcome: Outcome) -> Attempt {
        let tenant = &self.request.session.tenant;
        let mut topics: BTreeSet<_> =
            commit.reads.contacts.iter().map(|(id, _)| Topic::Contact(tenant.clone(), *id)).collect();
        topics.extend(
            commit
                .reads
                .free_addresses
                .iter()
                .map(|(channel, identifier)| Topic::Address(tenant.clone(), channel.clone(), identifier.clone())),
        );
        let stage = self.stages.get();
        self.stages.enter(Stage::Committed);
        match self.shared.commits.commit(commit, None).await {
            Ok(Verdict::Done) => Attempt::Over(Ok(outcome)),
            Ok(Verdict::KeyTaken(stored)) => Attempt::Over(self.replay(&stored)),
            Ok(Verdict::Stale) => {
                self.stages.enter(stage);
                Attempt::Again(topics)
            }
            Err(error) => Attempt::Over(Err(error.into())),
        }
    }

    fn end(&self, started: Instant, ended: Ended) -> Attempt {
        Attempt::Over(match ended {
            Ended::Fault { code, message } => Ok(self.fault(started, code, message)),
            Ended::Store(error) => Err(error.into()),
            Ended::Stale(_) => Err(conflict()),
            Ended::NoRoom => {
                Err(Failure::passing("overloaded", "there is no room for another instance; try again later"))
            }
        })
    }

    /// Tells how long it computed.
    pub(super) fn remember(&self, burdens: &Burdens) {
        burdens.learn(&self.request.session.tenant, self.request.node.action.index, self.spent.total());
    }

    /// Hands the run's log to the operator.
    pub(super) fn publish(&self) {
        let session = &self.request.session;
        self.journal.publish(&self.request.node.action.manifest.id, &session.tenant, &session.id);
    }
}
