//! An admitted invocation on its worker, until it has an outcome.

use super::admission::AdmissionPermit;
use super::answer::{conflict, of_guest, of_rule, over_quota};
use super::codes::may_refuse_with;
use super::outcome::{Failure, Outcome, OutcomeError};
use super::request::Request;
use super::run::{Ended, Loaded, Returned, Workshop};
use super::task::Reply;
use super::turns::Turn;
use crate::capability::parameters::{AsksReady, Evaluated};
use crate::capability::{Function, Generator, Ids, Journal, Remains, Run, SessionState, State, Written};
use crate::domain::Refusal;
use crate::domain::refusal::quoted;
use crate::domain::upsert::{Profile, Upsert};
use crate::engine::governor::{Course, Stage};
use crate::store::{Commit, KeyedOutcome, Lookup, StoredOutcome, Verdict, View, ViewError};
use chrono::{DateTime, SubsecRound, Utc};
use rand_xoshiro::rand_core::SeedableRng;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
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

/// One invocation. Its work and whoever stops that share it.
pub(super) struct Invocation {
    pub(super) request: Request,
    pub(super) workshop: Rc<Workshop>,
    pub(super) reply: Reply,
    /// Held until the invocation has ended, even if its caller does not wait any more.
    pub(super) permit: Cell<Option<AdmissionPermit>>,
    pub(super) course: Course,
    pub(super) journal: Arc<Journal>,
    pub(super) now: DateTime<Utc>,
    seed: u64,
}

/// Bytes of an outcome that joins the next commit without anybody waiting for it.
const JOINED_BYTES: usize = 4 << 10;

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
    pub(super) fn new(request: Request, permit: AdmissionPermit, workshop: Rc<Workshop>, reply: Reply) -> Self {
        let (session, journal) = (&request.session, Arc::new(Journal::new(&workshop.limits)));
        // The store keeps microseconds.
        let now = session.at.unwrap_or_else(Utc::now).trunc_subsecs(6);
        let seed = session.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().1);
        let permit = Cell::new(Some(permit));
        Self { request, workshop, reply, permit, course: Course::new(), journal, now, seed }
    }

    pub(super) fn tenant(&self) -> &str {
        &self.request.session.tenant
    }

    /// What the key stands for.
    pub(super) fn digest(&self) -> [u8; 32] {
        let session = &self.request.session;
        self.request.node.digest([&session.tenant, &session.channel, &session.user, &session.id])
    }

    /// Runs it until it has an outcome.
    pub(super) async fn execute(&self) -> Result<Outcome, Failure> {
        let shared = &self.workshop.shared;
        let mut key_turn = match &self.request.key {
            Some(key) => Some(shared.turns.take(Topic::Key(self.tenant().to_owned(), key.clone())).await),
            None => None,
        };
        let Ok(_slot) = self.workshop.slots.acquire().await else {
            return Err(Failure::passing("overloaded", "the host is stopping"));
        };
        let started = Instant::now();
        self.course.enter(Stage::Running(started));
        let mut turns: Vec<Turn<Topic>> = Vec::new();
        let mut topics = BTreeSet::new();
        for attempt in 0..=self.workshop.limits.reruns {
            match self.attempt(attempt, started, !turns.is_empty(), &mut key_turn).await {
                Attempt::Over(result) => return result,
                Attempt::Again(found) => topics.extend(found),
            }
            self.course.enter(Stage::Contended(started));
            turns.clear();
            // In their order, so that two invocations never wait for each other.
            for topic in &topics {
                turns.push(shared.turns.take(topic.clone()).await);
            }
            self.course.enter(Stage::Running(started));
        }
        Err(conflict())
    }

    // What it holds while it waits stays small, since every invocation makes room for it: what is rare is in a box.
    async fn attempt(
        &self,
        attempt: u32,
        started: Instant,
        has_turn: bool,
        key_turn: &mut Option<Turn<Topic>>,
    ) -> Attempt {
        self.journal.begin();
        let session =
            SessionState::new(Arc::clone(&self.request.session), self.now, Generator::seed_from_u64(self.seed));
        let loaded = match self.workshop.load(&self.request.node) {
            Ok(loaded) => loaded,
            Err(error) => return Attempt::Over(Ok(self.fault(started, "plugin-contract", format!("{error:#}")))),
        };
        let mut view = self.workshop.view(self.tenant(), self.now);
        match self.look(&mut view, &session, &loaded).await {
            Ok(None) => {}
            Ok(Some(stored)) => return Attempt::Over(self.replay(&stored)),
            Err(Ended::Stale(_)) => return Attempt::Again(BTreeSet::new()),
            Err(ended) => return self.end(started, ended),
        }
        if view.configuration().is_none() {
            // The key is not stored: a caller could fill the store with keys of tenants that do not exist.
            let error = of_rule(Refusal::tenant_not_found(self.tenant()));
            return Attempt::Over(Ok(self.error_outcome(started, error)));
        }
        if let Some(error) = self.refused_before() {
            return Box::pin(self.refuse(started, view, error)).await;
        }
        if !has_turn && let Some(topics) = self.contended(&view) {
            return Attempt::Again(topics);
        }
        let instance = self.workshop.instance(&loaded, self.state(session, view, loaded.grants, attempt));
        match instance.run(&loaded, &self.journal).await {
            Ok(Returned::Port(port, remains)) => {
                let (view, outcome) = match self.outcome(started, port, remains) {
                    Ok(returned) => returned,
                    Err(message) => return Attempt::Over(Ok(self.fault(started, "plugin-contract", message))),
                };
                if view.is_settled() && self.request.key.is_none() {
                    return Attempt::Over(Ok(outcome));
                }
                Box::pin(self.keep(started, view, outcome, key_turn)).await
            }
            Ok(Returned::Error(error)) => {
                if !may_refuse_with(&error.code) {
                    let message = format!(
                        "the plugin refused with the code {}, which is neither the host's nor has the form acme/too-low",
                        quoted(&error.code)
                    );
                    return Attempt::Over(Ok(self.fault(started, "plugin-contract", message)));
                }
                let view = self.workshop.view(self.tenant(), self.now);
                Box::pin(self.refuse(started, view, of_guest(error))).await
            }
            Err(Ended::Stale(read)) => Attempt::Again(self.topics(read)),
            Err(ended) => self.end(started, ended),
        }
    }

    /// Reads in one trip what the action is going to ask for, and what is stored under the key: that is the answer.
    async fn look(
        &self,
        view: &mut View,
        session: &SessionState,
        loaded: &Loaded,
    ) -> Result<Option<StoredOutcome>, Ended> {
        let asks = if loaded.grants.hold(Function::RecordsSave) { AsksReady::Newest } else { AsksReady::No };
        let mut lookups = self.request.node.mentions().lookups(session, asks);
        if loaded.grants.hold(Function::ContactsUpsertSessionUser) {
            lookups.extend(self.own_addresses());
        }
        lookups.extend(self.request.key.clone().map(Lookup::Key));
        view.prefetch(lookups).await?;
        self.workshop.remember(view);
        match &self.request.key {
            Some(key) => Ok(view.stored(key).await?),
            None => Ok(None),
        }
    }

    /// Why the action isn't even run.
    fn refused_before(&self) -> Option<OutcomeError> {
        let refusal = self.request.node.configured().refusal.as_ref()?;
        Some(OutcomeError {
            code: refusal.code.to_owned(),
            message: refusal.message.clone(),
            parameter: Some(refusal.path.split('[').next().unwrap_or_default().to_owned()),
        })
    }

    /// The session user's own address, as far as it can be told before anything is read.
    fn own_addresses(&self) -> Vec<Lookup> {
        let session = &self.request.session;
        let Some((tenant, _)) = self.workshop.known(&session.tenant) else { return Vec::new() };
        let upsert = Upsert::of_session_user(&tenant, &session.channel, &session.user, &Profile::default());
        let addresses = upsert.iter().flat_map(Upsert::addresses);
        addresses.map(|address| Lookup::Address(address.channel.clone(), address.identifier.clone())).collect()
    }

    /// What of the things that were read others are taking turns for.
    fn contended(&self, view: &View) -> Option<BTreeSet<Topic>> {
        let turns = &self.workshop.shared.turns;
        if turns.none_is_taken() {
            return None;
        }
        let topics = self.topics(view.contacts_read());
        topics.iter().any(|topic| turns.is_taken(topic)).then_some(topics)
    }

    fn topics(&self, contacts: impl IntoIterator<Item = Uuid>) -> BTreeSet<Topic> {
        contacts.into_iter().map(|id| Topic::Contact(self.tenant().to_owned(), id)).collect()
    }

    fn state(&self, session: SessionState, view: View, grants: crate::capability::Grants, attempt: u32) -> State {
        // What a run makes gets other ids each time: an id that exists already is what made the last one stale, perhaps.
        let ids = Ids::new(self.seed, self.tenant(), attempt, self.now);
        let parameters = Evaluated::new(Arc::clone(self.request.node.configured()));
        let run = Run { parameters, session, view: Some(view), ids, grants };
        let (limits, memory) = (Arc::clone(&self.workshop.limits), Arc::clone(&self.workshop.memory));
        State::new(run, limits, Arc::clone(&self.journal), memory)
    }

    /// What an action that left by this port makes of its node's entities. `Err`: why it may not leave so.
    fn outcome(&self, started: Instant, port: String, remains: Remains) -> Result<(View, Outcome), String> {
        let configured = self.request.node.configured();
        if !configured.is_port(&port) {
            return Err(format!(
                "the plugin left by port {:?}, which its manifest doesn't list",
                port.chars().take(64).collect::<String>()
            ));
        }
        let Remains { view: Some(view), written, warnings: said } = remains else {
            return Err("the run lost its view".to_owned());
        };
        let Written { values: entities, mut cleared } = written;
        let outs = configured.entity_outs().map(|(entity, _)| entity);
        cleared.extend(outs.filter(|entity| !entities.contains_key(*entity)).map(str::to_owned));
        let mut warnings = self.request.node.warnings();
        warnings.extend(said);
        let (cleared, usage) = (cleared.into_iter().collect(), self.usage(started));
        Ok((view, Outcome { port, entities, cleared, error: None, warnings, replayed: false, usage }))
    }

    /// Commits what the run has staged; where that is nothing, checks what it has read. Keeps the outcome under the key.
    async fn keep(
        &self,
        started: Instant,
        view: View,
        outcome: Outcome,
        key_turn: &mut Option<Turn<Topic>>,
    ) -> Attempt {
        let keyed = match self.keyed(&outcome) {
            Ok(keyed) => keyed,
            Err(too_large) => {
                let view = self.workshop.view(self.tenant(), self.now);
                return Box::pin(self.refuse(started, view, too_large)).await;
            }
        };
        if view.has_changes() {
            return self.settle(self.commit(view, keyed), outcome).await;
        }
        match view.still_holds().await {
            Ok(true) => {}
            Ok(false) => return Attempt::Again(self.topics(view.contacts_read())),
            Err(error) => return self.end(started, Ended::Store(error)),
        }
        // A large outcome may meet the tenant's quota, which its caller must know.
        if keyed.as_ref().is_some_and(|keyed| keyed.outcome.len() > JOINED_BYTES) {
            return self.settle(self.commit(view, keyed), outcome).await;
        }
        if keyed.is_some() {
            let hold = key_turn.take().map(|turn| Box::new(turn) as Box<dyn Send>);
            if let Err(error) = self.workshop.shared.commits.join(self.commit(view, keyed), hold).await {
                return Attempt::Over(Err(error.into()));
            }
        }
        Attempt::Over(Ok(outcome))
    }

    async fn refuse(&self, started: Instant, view: View, error: OutcomeError) -> Attempt {
        let mut outcome = self.error_outcome(started, error);
        let mut keyed = self.keyed(&outcome);
        if keyed.is_err() {
            // Warnings quote names of parameters, which may have any length.
            outcome.warnings.clear();
            keyed = self.keyed(&outcome);
        }
        match keyed {
            Ok(Some(keyed)) => self.settle(self.commit(view, Some(keyed)), outcome).await,
            Ok(None) => Attempt::Over(Ok(outcome)),
            Err(too_large) => Attempt::Over(Err(Failure::new("request-too-large", too_large.message))),
        }
    }

    fn commit(&self, view: View, keyed: Option<KeyedOutcome>) -> Commit {
        Commit { quota: Some(self.workshop.limits.stored_bytes), ..view.into_commit(keyed) }
    }

    /// From here on nothing stops the invocation any more.
    async fn settle(&self, commit: Commit, outcome: Outcome) -> Attempt {
        let mut topics = self.topics(commit.reads.contacts.iter().map(|(id, _)| *id));
        let address = |(channel, identifier): &(String, String)| {
            Topic::Address(self.tenant().to_owned(), channel.clone(), identifier.clone())
        };
        topics.extend(commit.reads.free_addresses.iter().map(address));
        let stage = self.course.stage();
        self.course.enter(Stage::Committed);
        match self.workshop.shared.commits.commit(commit, None).await {
            Ok(Verdict::Done) => Attempt::Over(Ok(outcome)),
            Ok(Verdict::KeyTaken(stored)) => Attempt::Over(self.replay(&stored)),
            Ok(Verdict::Stale) => {
                self.course.enter(stage);
                Attempt::Again(topics)
            }
            Ok(Verdict::OverQuota) => Attempt::Over(Err(over_quota(self.workshop.limits.stored_bytes))),
            Ok(Verdict::Failed(error)) | Err(error) => Attempt::Over(Err(error.into())),
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
}
