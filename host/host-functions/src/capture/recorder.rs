//! The recorder of an invocation. It outlives the instance, which the worker may stop at any time.

use super::reads::{EntryKey, ReadData};
use flowhost_error::ErrorCode;
use flowhost_recording::{
    Call, CalledFunction, Cause, Conflict, Divergence, End, Found, MAX_RECORDING_BYTES, RecordedWarning, Recording,
    RecordingError,
};
use flowhost_store::{ChangedEntry, ReadSet, UsedEntry};
use serde_json::Value as Json;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The recorder of one invocation. The caller shares it with the request and takes the recording after the outcome.
#[derive(Debug, Default)]
pub struct Recorder {
    content: Mutex<Content>,
}

#[derive(Debug, Default)]
struct Content {
    calls: Vec<(Call, Vec<EntryKey>)>,
    data: ReadData,
    /// Bytes of the calls, to end the recording of a run that is too large.
    bytes: usize,
    /// Bytes that the calls transferred.
    call_bytes: usize,
    end: Option<End>,
    conflict_reads: Option<ReadSet>,
    conflicts: Vec<Conflict>,
    divergence: Option<Divergence>,
    is_cut: bool,
    result: Option<Result<Recording, RecordingError>>,
}

/// The record of the last run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunRecord {
    /// The calls.
    pub calls: Vec<Call>,
    /// The value with which the run ended. `None`: the component was not called.
    pub end: Option<End>,
    /// The conflicts of the earlier runs.
    pub conflicts: Vec<Conflict>,
    /// Bytes that the calls transferred.
    pub call_bytes: usize,
    /// The first difference of a replay from its recording.
    pub divergence: Option<Divergence>,
    /// Whether the replay ended at the last call of a recording that a limit of time ended.
    pub is_cut: bool,
}

impl Recorder {
    fn content(&self) -> MutexGuard<'_, Content> {
        // A panic under the lock can't have left a partial entry.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Discards the calls of an earlier run. Its conflicts stay.
    pub fn start_run(&self) {
        let mut content = self.content();
        let conflicts = std::mem::take(&mut content.conflicts);
        *content = Content { conflicts, ..Content::default() };
    }

    /// Adds a call.
    pub(super) fn push_call(
        &self,
        function: &str,
        arguments: Vec<Json>,
        answer: Json,
        warnings: Vec<RecordedWarning>,
        transferred: usize,
        used: Option<(String, Vec<UsedEntry>)>,
    ) {
        let mut content = self.content();
        content.call_bytes += transferred;
        content.bytes += json_bytes(&answer) + arguments.iter().map(json_bytes).sum::<usize>() + function.len();
        let keys = used.map(|(tenant, used)| content.data.add(&tenant, used)).unwrap_or_default();
        if content.bytes <= MAX_RECORDING_BYTES {
            let call = Call { function: function.to_owned(), arguments, answer, warnings, reads: Vec::new() };
            content.calls.push((call, keys));
        }
    }

    /// Sets the value with which the run ended.
    pub fn set_end(&self, end: End) {
        self.content().end = Some(end);
    }

    /// Notes the read set of a run that saw different versions of an entry.
    pub fn set_conflict_reads(&self, reads: ReadSet) {
        self.content().conflict_reads = Some(reads);
    }

    /// Takes the read set of [`Recorder::set_conflict_reads`].
    pub fn take_conflict_reads(&self) -> Option<ReadSet> {
        self.content().conflict_reads.take()
    }

    /// Adds the conflict that ended the run: the entry that changed, if it is known.
    pub fn add_conflict(&self, cause: Cause, changed: Option<&ChangedEntry>) {
        let mut content = self.content();
        content.fill_found();
        let key = changed.and_then(ReadData::key_of);
        let uses_entry = |keys: &[EntryKey]| key.as_ref().is_some_and(|key| keys.contains(key));
        let calls = content.calls.iter().enumerate().filter(|(_, (_, keys))| cause != Cause::Lock && uses_entry(keys));
        let calls = calls.map(|(at, (call, _))| CalledFunction { index: at + 1, function: call.function.clone() });
        let found = changed.filter(|_| cause != Cause::Lock).and_then(|changed| {
            let version = match changed {
                ChangedEntry::Configuration { current, .. }
                | ChangedEntry::Contact { current, .. }
                | ChangedEntry::Address { current, .. } => *current,
                _ => return None,
            };
            Some(Found { version, value: Json::Null })
        });
        let conflict = Conflict {
            run: u32::try_from(content.conflicts.len()).unwrap_or(u32::MAX).saturating_add(1),
            cause,
            calls: calls.collect(),
            read: key.as_ref().map(|key| content.data.read(key)),
            found,
        };
        content.conflicts.push(conflict);
    }

    /// Adds the conflict that a created id existed already.
    pub fn add_id_conflict(&self, id: &str) {
        let mut content = self.content();
        content.fill_found();
        let created = |answer: &Json| {
            answer.pointer("/ok/id").and_then(Json::as_str) == Some(id)
                && answer.pointer("/ok/created") == Some(&Json::Bool(true))
        };
        let calls = content.calls.iter().enumerate().filter(|(_, (call, _))| created(&call.answer));
        let calls = calls.map(|(at, (call, _))| CalledFunction { index: at + 1, function: call.function.clone() });
        let conflict = Conflict {
            run: u32::try_from(content.conflicts.len()).unwrap_or(u32::MAX).saturating_add(1),
            cause: Cause::IdExists,
            read: None,
            calls: calls.collect(),
            found: None,
        };
        content.conflicts.push(conflict);
    }

    pub(super) fn set_divergence(&self, divergence: Divergence) {
        self.content().divergence.get_or_insert(divergence);
    }

    pub(super) fn set_cut(&self) {
        self.content().is_cut = true;
    }

    /// Returns whether a replay can't continue: it has diverged, or the recording ends here.
    pub fn is_stopped(&self) -> bool {
        let content = self.content();
        content.divergence.is_some() || content.is_cut
    }

    /// Takes the record of the last run. `Err`: it is too large for a recording.
    pub fn take_run(&self) -> Result<RunRecord, RecordingError> {
        let mut content = self.content();
        if content.bytes > MAX_RECORDING_BYTES {
            let message = format!("the calls of the invocation have more than {MAX_RECORDING_BYTES} bytes");
            return Err(RecordingError::new(ErrorCode::RecordTooLarge, message));
        }
        content.fill_found();
        let Content { calls, data, end, conflicts, call_bytes, divergence, is_cut, .. } = std::mem::take(&mut *content);
        let mut known = HashSet::new();
        let calls = calls.into_iter().map(|(call, keys)| {
            let reads = keys.into_iter().map(|key| {
                let read = data.read(&key);
                if known.insert(key) { read } else { flowhost_recording::Read { value: None, ..read } }
            });
            Call { reads: reads.collect(), ..call }
        });
        Ok(RunRecord { calls: calls.collect(), end, conflicts, call_bytes, divergence, is_cut })
    }

    /// Stores the recording for the caller.
    pub fn set_recording(&self, recording: Result<Recording, RecordingError>) {
        self.content().result = Some(recording);
    }

    /// Takes the recording. `None`: the invocation failed, or an idempotency key answered it.
    pub fn take_recording(&self) -> Option<Result<Recording, RecordingError>> {
        self.content().result.take()
    }
}

impl Content {
    /// Fills the data of the entry that the last conflict found changed, if this run has read that version.
    fn fill_found(&mut self) {
        let Some(conflict) = self.conflicts.last_mut() else { return };
        let (Some(read), Some(found)) = (&conflict.read, &mut conflict.found) else { return };
        if !found.value.is_null() {
            return;
        }
        let key = match (&read.id, read.channel.is_some()) {
            (Some(id), _) => id.parse().ok().map(|id| EntryKey::Contact(id, found.version)),
            (None, false) => Some(EntryKey::Configuration(found.version)),
            (None, true) => None,
        };
        if let Some(value) = key.and_then(|key| self.data.read(&key).value) {
            found.value = value;
        }
    }
}

/// Returns an estimate of the bytes of a value as text.
fn json_bytes(value: &Json) -> usize {
    match value {
        Json::String(text) => text.len() + 2,
        Json::Array(list) => 2 + list.iter().map(|element| 1 + json_bytes(element)).sum::<usize>(),
        Json::Object(members) => {
            2 + members.iter().map(|(name, member)| name.len() + 4 + json_bytes(member)).sum::<usize>()
        }
        _ => 5,
    }
}
