//! The execution of an admitted invocation on its worker, up to its outcome, with its retries after a conflict.

use super::admission::AdmissionPermit;
use super::build_outcome::{check_refusal_code, error_from_guest, error_from_refusal, quota_failure, store_conflict};
use super::capture::{CaptureMode, CommittedReads};
use super::instance::{GuestResult, LinkedComponent, RunError, WorkerContext};
use super::outcome::{Failure, Outcome, OutcomeError};
use super::request::Request;
use super::task::ReplySlot;
use chrono::{DateTime, SubsecRound, Utc};
use flowhost_domain::Refusal;
use flowhost_domain::upsert::{ContactUpsert, Profile};
use flowhost_engine::task::{Phase, TaskState};
use flowhost_error::ErrorCode;
use flowhost_host_functions::parameters::{ParameterValues, lookups};
use flowhost_host_functions::{
    Capture, HostFunction, HostState, IdGenerator, RunInput, RunLog, SeededRng, SessionOverlay, error_to_json,
};
use flowhost_recording::{Cause, End};
use flowhost_store::{
    CommitOutcome, CommitRequest, IdempotencyRecord, Lookup, NewIdempotencyRecord, ReadSet, Transaction,
    TransactionError,
};
use flowhost_sync::KeyedLockGuard;
use rand_xoshiro::rand_core::SeedableRng;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

/// A key of the locks that invocations acquire.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum LockKey {
    /// An idempotency key of a tenant.
    IdempotencyKey(String, String),
    /// A contact of a tenant.
    Contact(String, Uuid),
    /// An address, by channel and identifier, that belongs to no contact of the tenant yet.
    Address(String, String, String),
}

/// One invocation, shared by its work and by the supervisor that can stop it.
pub(super) struct Invocation {
    pub(super) request: Request,
    pub(super) context: Rc<WorkerContext>,
    pub(super) reply: ReplySlot,
    /// Held until the invocation has ended, even if its caller has dropped the future.
    pub(super) permit: Cell<Option<AdmissionPermit>>,
    pub(super) task_state: TaskState,
    pub(super) run_log: Arc<RunLog>,
    pub(super) now: DateTime<Utc>,
    pub(super) seed: u64,
}

/// Maximum size of an outcome that is queued for commit without waiting, bytes.
const UNAWAITED_OUTCOME_BYTES: usize = 4 << 10;

/// The result of one attempt.
pub(super) enum Attempt {
    Done(Result<Outcome, Failure>),
    /// The attempt had a conflict. The next one also holds these keyed locks.
    Retry(BTreeSet<LockKey>),
}

impl From<TransactionError> for RunError {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Store(error) => Self::Store(error),
            TransactionError::Conflict => Self::Conflict(Vec::new()),
        }
    }
}

impl Invocation {
    pub(super) fn new(request: Request, permit: AdmissionPermit, context: Rc<WorkerContext>, reply: ReplySlot) -> Self {
        let (session, run_log) = (&request.session, RunLog::new(&context.limits));
        #[cfg(feature = "testing")]
        let run_log = run_log.with_trace(request.trace.clone());
        let run_log = Arc::new(run_log);
        // The store has a resolution of microseconds.
        let now = session.at.unwrap_or_else(Utc::now).trunc_subsecs(6);
        let seed = session.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().1);
        let permit = Cell::new(Some(permit));
        Self { request, context, reply, permit, task_state: TaskState::new(), run_log, now, seed }
    }

    pub(super) fn tenant(&self) -> &str {
        &self.request.session.tenant
    }

    /// Returns the fingerprint of the request, which the idempotency key stands for.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let session = &self.request.session;
        self.request.node.fingerprint([&session.tenant, &session.channel, &session.user, &session.id])
    }

    /// Runs the invocation until it has an outcome.
    pub(super) async fn execute(&self) -> Result<Outcome, Failure> {
        let shared = &self.context.shared;
        let mut key_guard = match &self.request.key {
            Some(key) => {
                Some(shared.keyed_locks.lock(LockKey::IdempotencyKey(self.tenant().to_owned(), key.clone())).await)
            }
            None => None,
        };
        let Ok(_permit) = self.context.instance_permits.acquire().await else {
            return Err(Failure::transient(ErrorCode::Overloaded, "the host is stopping"));
        };
        let started = Instant::now();
        self.task_state.set_phase(Phase::Running(started));
        let mut guards: Vec<KeyedLockGuard<LockKey>> = Vec::new();
        let mut keys = BTreeSet::new();
        for attempt in 0..=self.context.limits.max_retries {
            match self.attempt(attempt, started, !guards.is_empty(), &mut key_guard).await {
                Attempt::Done(result) => return result,
                Attempt::Retry(more) => keys.extend(more),
            }
            self.task_state.set_phase(Phase::WaitingForLock(started));
            guards.clear();
            // Every invocation acquires locks in the same order, which prevents deadlocks.
            for key in &keys {
                guards.push(shared.keyed_locks.lock(key.clone()).await);
            }
            self.task_state.set_phase(Phase::Running(started));
        }
        Err(store_conflict())
    }

    // Rare branches are boxed to keep this future small: every invocation allocates it.
    async fn attempt(
        &self,
        attempt: u32,
        started: Instant,
        holds_locks: bool,
        key_guard: &mut Option<KeyedLockGuard<LockKey>>,
    ) -> Attempt {
        self.run_log.reset();
        let session =
            SessionOverlay::new(Arc::clone(&self.request.session), self.now, SeededRng::seed_from_u64(self.seed));
        let linked = match &self.request.capture {
            None => self.context.link_component(&self.request.node),
            Some(CaptureMode::Replay(replay)) => return Box::pin(self.replay_run(started, session, replay)).await,
            Some(CaptureMode::Record(recorder)) => {
                recorder.start_run();
                self.context.link_captured(&self.request.node)
            }
        };
        let component = match linked {
            Ok(component) => component,
            Err(error) => {
                return Attempt::Done(Ok(self.fault_outcome(started, ErrorCode::PluginContract, format!("{error:#}"))));
            }
        };
        let mut transaction = self.context.new_transaction(self.tenant(), self.now);
        match self.prefetch(&mut transaction, &session, &component).await {
            Ok(None) => {}
            Ok(Some(stored)) => return Attempt::Done(self.replay(&stored)),
            Err(RunError::Conflict(_)) => {
                return Box::pin(self.retry(Cause::RoundTrips, transaction.read_set(), BTreeSet::new())).await;
            }
            Err(error) => return self.fail(started, error),
        }
        if transaction.configured_tenant().is_none() {
            // The key is not stored: a caller could fill the store with keys of tenants that do not exist.
            let error = error_from_refusal(Refusal::tenant_not_found(self.tenant()));
            return Attempt::Done(Ok(self.error_outcome(started, error)));
        }
        if let Some(error) = self.refuse_early() {
            return Box::pin(self.refuse(started, transaction, error)).await;
        }
        if !holds_locks && let Some(keys) = self.contended_keys(&transaction) {
            return Box::pin(self.retry(Cause::Lock, transaction.read_set(), keys)).await;
        }
        let mut state = self.new_host_state(session, transaction, component.grants, attempt);
        if let Some(capture) = &self.request.capture {
            state.capture(Capture::Record(Arc::clone(capture.recorder())));
        }
        let instance = self.context.new_instance(&component, state);
        match instance.run(&component, &self.run_log).await {
            Ok(GuestResult::Port(port, output)) => {
                self.record_end(|| End::Ok(port.clone()));
                let (transaction, outcome) = match self.outcome(started, port, output) {
                    Ok(returned) => returned,
                    Err(message) => {
                        return Attempt::Done(Ok(self.fault_outcome(started, ErrorCode::PluginContract, message)));
                    }
                };
                if transaction.is_consistent_read() && self.request.key.is_none() {
                    return Attempt::Done(Ok(outcome));
                }
                Box::pin(self.commit_or_validate(started, transaction, outcome, key_guard)).await
            }
            Ok(GuestResult::Error(error)) => {
                self.record_end(|| End::Error(error_to_json(&error)));
                if let Err(message) = check_refusal_code(&self.request.node.action().manifest, &error.code) {
                    return Attempt::Done(Ok(self.fault_outcome(started, ErrorCode::PluginContract, message)));
                }
                let transaction = self.context.new_transaction(self.tenant(), self.now);
                Box::pin(self.refuse(started, transaction, error_from_guest(error))).await
            }
            Err(RunError::Conflict(read)) => {
                Box::pin(self.retry(Cause::RoundTrips, ReadSet::default(), self.lock_keys(read))).await
            }
            Err(error) => self.fail(started, error),
        }
    }

    /// Reads the action's references and the record under the idempotency key in one round trip. Returns the record,
    /// whose outcome answers the request.
    async fn prefetch(
        &self,
        transaction: &mut Transaction,
        session: &SessionOverlay,
        component: &LinkedComponent,
    ) -> Result<Option<IdempotencyRecord>, RunError> {
        let prefetch_newest_ready = component.grants.allows(HostFunction::RecordsSave);
        let mut lookups = lookups(self.request.node.references(), session, prefetch_newest_ready);
        if component.grants.allows(HostFunction::ContactsUpsertSessionUser) {
            lookups.extend(self.session_user_addresses());
        }
        lookups.extend(self.request.key.clone().map(Lookup::IdempotencyKey));
        transaction.prefetch(lookups).await?;
        self.context.cache_tenant(transaction);
        match &self.request.key {
            Some(key) => Ok(transaction.idempotency_record(key).await?),
            None => Ok(None),
        }
    }

    /// Returns the refusal of the node's parameters, which makes a run unnecessary.
    pub(super) fn refuse_early(&self) -> Option<OutcomeError> {
        let refusal = self.request.node.parameters().refusal.as_ref()?;
        Some(OutcomeError {
            code: refusal.code.as_str().to_owned(),
            message: refusal.message.clone(),
            parameter: Some(refusal.path.split('[').next().unwrap_or_default().to_owned()),
        })
    }

    /// Returns the lookups of the session user's own addresses, if the tenant is cached. They must be known before the
    /// first read.
    fn session_user_addresses(&self) -> Vec<Lookup> {
        let session = &self.request.session;
        let Some((tenant, _)) = self.context.cached_tenant(&session.tenant) else { return Vec::new() };
        let upsert = ContactUpsert::for_session_user(&tenant, &session.channel, &session.user, &Profile::default());
        let addresses = upsert.iter().flat_map(ContactUpsert::addresses);
        addresses.map(|address| Lookup::Address(address.channel.clone(), address.identifier.clone())).collect()
    }

    /// Returns the lock keys of the contacts that were read, if another invocation holds one of them.
    fn contended_keys(&self, transaction: &Transaction) -> Option<BTreeSet<LockKey>> {
        let locks = &self.context.shared.keyed_locks;
        if locks.is_empty() {
            return None;
        }
        let keys = self.lock_keys(transaction.read_contact_ids());
        keys.iter().any(|key| locks.is_locked(key)).then_some(keys)
    }

    fn lock_keys(&self, contacts: impl IntoIterator<Item = Uuid>) -> BTreeSet<LockKey> {
        contacts.into_iter().map(|id| LockKey::Contact(self.tenant().to_owned(), id)).collect()
    }

    fn new_host_state(
        &self,
        session: SessionOverlay,
        transaction: Transaction,
        grants: flowhost_host_functions::Grants,
        attempt: u32,
    ) -> HostState {
        // Every attempt generates different ids, because an existing id may have caused the conflict.
        let id_generator = IdGenerator::new(self.seed, self.tenant(), attempt, self.now);
        let parameters = ParameterValues::new(Arc::clone(self.request.node.parameters()));
        let run = RunInput { parameters, session, transaction: Some(transaction), id_generator, grants };
        let (limits, memory) = (Arc::clone(&self.context.limits), Arc::clone(&self.context.memory));
        HostState::new(run, limits, Arc::clone(&self.run_log), memory)
    }

    /// Commits the writes of the run, or validates its reads if it wrote nothing. Stores the outcome under the
    /// idempotency key.
    async fn commit_or_validate(
        &self,
        started: Instant,
        transaction: Transaction,
        outcome: Outcome,
        key_guard: &mut Option<KeyedLockGuard<LockKey>>,
    ) -> Attempt {
        let record = match self.idempotency_record(&outcome) {
            Ok(record) => record,
            Err(too_large) => {
                let transaction = self.context.new_transaction(self.tenant(), self.now);
                return Box::pin(self.refuse(started, transaction, too_large)).await;
            }
        };
        if transaction.has_changes() {
            return self.commit(self.commit_request(transaction, record), outcome).await;
        }
        match transaction.validate_reads().await {
            Ok(true) => {}
            Ok(false) => {
                let keys = self.lock_keys(transaction.read_contact_ids());
                return Box::pin(self.retry(Cause::Read, transaction.read_set(), keys)).await;
            }
            Err(error) => return self.fail(started, RunError::Store(error)),
        }
        // A large outcome may exceed the tenant's quota, and the caller must receive that failure.
        if record.as_ref().is_some_and(|record| record.outcome.len() > UNAWAITED_OUTCOME_BYTES) {
            return self.commit(self.commit_request(transaction, record), outcome).await;
        }
        if record.is_some() {
            let guard = key_guard.take().map(|guard| Box::new(guard) as Box<dyn Send>);
            if let Err(error) =
                self.context.shared.commit_queue.enqueue(self.commit_request(transaction, record), guard).await
            {
                return Attempt::Done(Err(error.into()));
            }
        }
        Attempt::Done(Ok(outcome))
    }

    async fn refuse(&self, started: Instant, transaction: Transaction, error: OutcomeError) -> Attempt {
        let mut outcome = self.error_outcome(started, error);
        let mut record = self.idempotency_record(&outcome);
        if record.is_err() {
            // Warnings quote names of parameters, which may have any length.
            outcome.warnings.clear();
            record = self.idempotency_record(&outcome);
        }
        match record {
            Ok(Some(record)) => self.commit(self.commit_request(transaction, Some(record)), outcome).await,
            Ok(None) => Attempt::Done(Ok(outcome)),
            Err(too_large) => Attempt::Done(Err(Failure::new(ErrorCode::RequestTooLarge, too_large.message))),
        }
    }

    fn commit_request(&self, transaction: Transaction, record: Option<NewIdempotencyRecord>) -> CommitRequest {
        CommitRequest { quota: Some(self.context.limits.stored_bytes), ..transaction.into_commit_request(record) }
    }

    /// Commits the request. From here on no limit stops the invocation.
    async fn commit(&self, commit: CommitRequest, outcome: Outcome) -> Attempt {
        let mut keys = self.lock_keys(commit.reads.contacts.iter().map(|(id, _)| *id));
        let address = |(channel, identifier): &(String, String)| {
            LockKey::Address(self.tenant().to_owned(), channel.clone(), identifier.clone())
        };
        keys.extend(commit.reads.unclaimed_addresses.iter().map(address));
        let recorded = self.request.capture.as_ref().map(|_| CommittedReads::new(&commit));
        let phase = self.task_state.phase();
        self.task_state.set_phase(Phase::Committing);
        match self.context.shared.commit_queue.commit(commit).await {
            Ok(CommitOutcome::Committed) => Attempt::Done(Ok(outcome)),
            Ok(CommitOutcome::DuplicateKey(stored)) => Attempt::Done(self.replay(&stored)),
            Ok(CommitOutcome::Conflict) => {
                self.task_state.set_phase(phase);
                if let Some(recorded) = recorded {
                    Box::pin(self.record_commit_conflict(recorded)).await;
                }
                Attempt::Retry(keys)
            }
            Ok(CommitOutcome::QuotaExceeded) => Attempt::Done(Err(quota_failure(self.context.limits.stored_bytes))),
            Ok(CommitOutcome::Failed(error)) | Err(error) => Attempt::Done(Err(error.into())),
        }
    }

    pub(super) fn fail(&self, started: Instant, error: RunError) -> Attempt {
        Attempt::Done(match error {
            RunError::Fault { code, message } => Ok(self.fault_outcome(started, code, message)),
            RunError::Store(error) => Err(error.into()),
            RunError::Conflict(_) => Err(store_conflict()),
            RunError::PoolExhausted => {
                Err(Failure::transient(ErrorCode::Overloaded, "there is no room for another instance; try again later"))
            }
        })
    }
}
