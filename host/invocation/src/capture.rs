//! The recording of an invocation: its conflicts while it runs, and the whole of it at its end.

use super::execute::{Attempt, Invocation, LockKey};
use super::node::PreparedNode;
use super::outcome::{Failure, Outcome};
use super::replay::ReplayInput;
use chrono::{DateTime, SecondsFormat, Utc};
use flowhost_engine::{CONTRACT_VERSION, Limits};
use flowhost_error::{CodeClass, ErrorCode};
use flowhost_host_functions::{Recorder, RunRecord, Session, Warning};
use flowhost_recording::{
    ActionFacts, Cause, End, GENERATOR, HostFacts, LimitValues, RecordedError, RecordedOutcome, RecordedSession,
    RecordedUsage, RecordedWarning, Recording, to_typed,
};
use flowhost_store::{Change, ChangedEntry, CommitRequest, Lookup, LookupResult, ReadRequest, ReadSet};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How the calls of an invocation are captured.
#[derive(Debug, Clone)]
pub(super) enum CaptureMode {
    /// Records them.
    Record(Arc<Recorder>),
    /// Answers them from a recording.
    Replay(Arc<ReplayInput>),
}

impl CaptureMode {
    pub(super) fn recorder(&self) -> &Arc<Recorder> {
        match self {
            Self::Record(recorder) => recorder,
            Self::Replay(replay) => &replay.recorder,
        }
    }
}

/// The parts of a commit that explain its conflict.
pub(super) struct CommittedReads {
    reads: ReadSet,
    created_contacts: Vec<Uuid>,
    created_records: Vec<Uuid>,
}

impl CommittedReads {
    pub(super) fn new(commit: &CommitRequest) -> Self {
        let (mut created_contacts, mut created_records) = (Vec::new(), Vec::new());
        for change in &commit.changes {
            match change {
                Change::CreateContact(contact) => created_contacts.push(contact.id),
                Change::CreateRecord(record) => created_records.push(record.id),
                _ => {}
            }
        }
        Self { reads: commit.reads.clone(), created_contacts, created_records }
    }
}

impl Invocation {
    /// Returns the retry after a conflict, which a recorder receives.
    pub(super) async fn retry(&self, cause: Cause, reads: ReadSet, keys: BTreeSet<LockKey>) -> Attempt {
        if let Some(CaptureMode::Record(recorder)) = &self.request.capture {
            let reads = recorder.take_conflict_reads().unwrap_or(reads);
            self.record_conflict(recorder, cause, reads, &keys).await;
        }
        Attempt::Retry(keys)
    }

    /// Records the value with which the component ended.
    pub(super) fn record_end(&self, end: impl FnOnce() -> End) {
        if let Some(capture) = &self.request.capture {
            capture.recorder().set_end(end());
        }
    }

    async fn record_conflict(&self, recorder: &Recorder, cause: Cause, reads: ReadSet, keys: &BTreeSet<LockKey>) {
        if cause == Cause::Lock {
            let locked =
                |id: &Uuid| self.context.shared.keyed_locks.is_locked(&LockKey::Contact(self.tenant().to_owned(), *id));
            let contacts =
                reads.contacts.iter().filter(|(id, _)| keys.contains(&LockKey::Contact(self.tenant().to_owned(), *id)));
            let contact = contacts.clone().find(|(id, _)| locked(id)).or_else(|| contacts.clone().next());
            let entry =
                contact.map(|(id, version)| ChangedEntry::Contact { id: *id, read: *version, current: *version });
            recorder.add_conflict(cause, entry.as_ref());
            return;
        }
        // A store that fails here fails the next run, too.
        let changed = reads.find_changed(&*self.context.reader, self.tenant()).await.ok().flatten();
        recorder.add_conflict(cause, changed.as_ref());
    }

    /// Records the conflict of a commit: an entry that changed, or a created id that existed already.
    pub(super) async fn record_commit_conflict(&self, committed: CommittedReads) {
        let Some(CaptureMode::Record(recorder)) = &self.request.capture else { return };
        let CommittedReads { reads, created_contacts, created_records } = committed;
        let reader = &*self.context.reader;
        if let Ok(Some(changed)) = reads.find_changed(reader, self.tenant()).await {
            recorder.add_conflict(Cause::Read, Some(&changed));
            return;
        }
        let contacts = created_contacts.iter().map(|id| (*id, Lookup::Contact(*id)));
        let records = created_records.iter().map(|id| (*id, Lookup::Record(*id)));
        let (ids, lookups): (Vec<_>, Vec<_>) = contacts.chain(records).unzip();
        let request = ReadRequest { tenant: self.tenant().to_owned(), known_version: None, lookups };
        let results = reader.read(&request).await.map(|snapshot| snapshot.results).unwrap_or_default();
        let exists =
            |result: &LookupResult| matches!(result, LookupResult::Contact(Some(_)) | LookupResult::Record(Some(_)));
        match ids.iter().zip(&results).find(|(_, result)| exists(result)) {
            Some((id, _)) => recorder.add_id_conflict(&id.to_string()),
            None => recorder.add_conflict(Cause::Read, None),
        }
    }

    /// Stores the recording of the invocation for its caller. A failure and an outcome from a key have none.
    pub(super) fn store_recording(&self, recorder: &Recorder, result: &Result<Outcome, Failure>) {
        let Ok(outcome) = result else { return };
        if outcome.replayed {
            return;
        }
        recorder.set_recording(recorder.take_run().map(|run| self.new_recording(run, outcome)));
    }

    fn new_recording(&self, run: RunRecord, outcome: &Outcome) -> Recording {
        let (node, end) = (&self.request.node, end_of(&run, outcome));
        Recording {
            recording: 1,
            host: host_facts(),
            action: action_facts(node),
            session: self.recorded_session(),
            parameters: node.given_parameters(),
            limits: limit_values(&self.context.limits),
            end,
            outcome: recorded_outcome(outcome),
            usage: recorded_usage(outcome, run.call_bytes),
            calls: run.calls,
            conflicts: run.conflicts,
            redacted: false,
            seal: String::new(),
        }
    }

    fn recorded_session(&self) -> RecordedSession {
        let Session { id, tenant, channel, user, node, visit, depth, entities, .. } = &*self.request.session;
        RecordedSession {
            id: id.clone(),
            tenant: tenant.clone(),
            channel: channel.clone(),
            user: user.clone(),
            node: node.clone(),
            visit: *visit,
            depth: *depth,
            seed: self.seed.to_string(),
            at: rfc3339(self.now),
            entities: entities.iter().map(|(name, value)| (name.clone(), to_typed(value))).collect(),
        }
    }
}

/// Returns the value with which the run ended; a fault of the host if the component returned none.
pub(super) fn end_of(run: &RunRecord, outcome: &Outcome) -> Option<End> {
    let code = outcome.error.as_ref().and_then(|error| ErrorCode::find(&error.code));
    let fault = code.filter(|code| code.class() == CodeClass::Fault);
    run.end.clone().or_else(|| fault.map(|code| End::Fault(code.as_str().to_owned())))
}

/// Returns the facts about this host.
pub(super) fn host_facts() -> HostFacts {
    HostFacts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        contract: CONTRACT_VERSION.to_owned(),
        generator: GENERATOR.to_owned(),
    }
}

/// Returns the facts about the node's component.
pub(super) fn action_facts(node: &PreparedNode) -> ActionFacts {
    let action = node.action();
    ActionFacts {
        id: action.manifest.id.clone(),
        version: action.manifest.version.to_string(),
        digest: format!("sha256:{}", action.digest),
        contract: action.built_contract().to_owned(),
    }
}

/// Returns an outcome as a recording has it.
pub(super) fn recorded_outcome(outcome: &Outcome) -> RecordedOutcome {
    RecordedOutcome {
        port: outcome.port.clone(),
        entities: outcome.entities.iter().map(|(name, value)| (name.clone(), to_typed(value))).collect(),
        cleared: outcome.cleared.clone(),
        error: outcome.error.as_ref().map(|error| RecordedError {
            code: error.code.clone(),
            message: error.message.clone(),
            parameter: error.parameter.clone(),
        }),
        warnings: outcome.warnings.iter().map(recorded_warning).collect(),
    }
}

fn recorded_warning(warning: &Warning) -> RecordedWarning {
    let Warning { code, message, parameter, .. } = warning.clone();
    RecordedWarning { code, message, parameter }
}

/// Returns the usage as a recording has it.
pub(super) fn recorded_usage(outcome: &Outcome, call_bytes: usize) -> RecordedUsage {
    let usage = outcome.usage;
    RecordedUsage {
        cpu_us: usage.cpu_us,
        wall_us: usage.wall_us,
        host_calls: usage.host_calls,
        memory_bytes: usage.memory_bytes,
        call_bytes: call_bytes as u64,
    }
}

fn limit_values(limits: &Limits) -> LimitValues {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    LimitValues {
        memory_bytes: limits.memory_bytes as u64,
        tables: limits.tables as u64,
        table_elements: limits.table_elements as u64,
        memories: limits.memories as u64,
        core_instances: limits.core_instances as u64,
        stack_bytes: limits.stack_bytes as u64,
        cpu_us: micros(limits.cpu_time),
        timeout_us: micros(limits.invocation_timeout),
        host_calls: limits.host_calls,
        host_call_bytes: limits.host_call_bytes as u64,
        value_bytes: limits.value_bytes as u64,
        entities: limits.entities as u64,
        log_lines: limits.log_lines as u64,
        warnings: limits.warnings as u64,
    }
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
