//! The types of a recording. Values of the contract are JSON, as the page on recordings describes.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The generator of random numbers of this host.
pub const GENERATOR: &str = "xoshiro256++-1";

/// Everything that one invocation received and did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// The version of the format: 1.
    pub recording: u32,
    /// The host that ran the invocation.
    pub host: HostFacts,
    /// The component.
    pub action: ActionFacts,
    /// The session, with the seed and the time of the invocation.
    pub session: RecordedSession,
    /// The parameters of the node.
    pub parameters: Map<String, Json>,
    /// The limits of the invocation.
    pub limits: LimitValues,
    /// The host calls of the last run.
    pub calls: Vec<Call>,
    /// The value that the component returned. `None`: the host did not call it.
    pub end: Option<End>,
    /// The outcome.
    pub outcome: RecordedOutcome,
    /// The conflicts that ended the earlier runs, in order.
    pub conflicts: Vec<Conflict>,
    /// The resources that the invocation used.
    pub usage: RecordedUsage,
    /// Whether texts are redacted.
    pub redacted: bool,
    /// The seal; empty until the recording is written.
    #[serde(default)]
    pub seal: String,
}

/// The host that wrote a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFacts {
    /// Its version.
    pub version: String,
    /// The version of its contract.
    pub contract: String,
    /// The generator of random numbers.
    pub generator: String,
}

/// The component of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionFacts {
    /// The id of the action.
    pub id: String,
    /// The version of the action.
    pub version: String,
    /// `sha256:` and the SHA-256 of the component.
    pub digest: String,
    /// The version of the contract that it was built against.
    pub contract: String,
}

/// The session of a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedSession {
    /// The id.
    pub id: String,
    /// The tenant.
    pub tenant: String,
    /// The channel.
    pub channel: String,
    /// The user.
    pub user: String,
    /// The node.
    pub node: Option<String>,
    /// How often the session has reached the node.
    pub visit: Option<u64>,
    /// The depth.
    pub depth: u32,
    /// The seed, as decimal text.
    pub seed: String,
    /// The time of the invocation, RFC 3339.
    pub at: String,
    /// The entities as typed values.
    pub entities: BTreeMap<String, Json>,
}

/// The limits that apply to one invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitValues {
    /// Linear memory, bytes.
    pub memory_bytes: u64,
    /// Tables.
    pub tables: u64,
    /// Elements of one table.
    pub table_elements: u64,
    /// Linear memories.
    pub memories: u64,
    /// Core instances.
    pub core_instances: u64,
    /// Stack, bytes.
    pub stack_bytes: u64,
    /// CPU time, microseconds.
    pub cpu_us: u64,
    /// Time, microseconds.
    pub timeout_us: u64,
    /// Host calls.
    pub host_calls: u64,
    /// Bytes of all host calls.
    pub host_call_bytes: u64,
    /// Bytes of one value.
    pub value_bytes: u64,
    /// Entities of the session.
    pub entities: u64,
    /// Lines of the log.
    pub log_lines: u64,
    /// Warnings.
    pub warnings: u64,
}

/// One call of a host function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The function, for example `flow:outbound/dnd#blocks-campaign`.
    pub function: String,
    /// The arguments.
    pub arguments: Vec<Json>,
    /// The result: `{"ok": …}` or `{"error": …}` of a function that can fail, else the value. `{"fault": CODE}`: the host
    /// ended the run in this call.
    pub answer: Json,
    /// The warnings that the host raised in this call.
    pub warnings: Vec<RecordedWarning>,
    /// The entries of the read set that the call used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Read>,
}

/// A warning for the designer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedWarning {
    /// A stable code.
    pub code: String,
    /// One sentence without a full stop.
    pub message: String,
    /// The parameter that the warning is about.
    pub parameter: Option<String>,
}

/// The kind of a read set's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReadKind {
    /// The tenant and its campaigns.
    Configuration,
    /// A contact with everything that belongs to it.
    Contact,
    /// An address that belonged to no contact.
    Address,
}

/// An entry of the read set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The kind.
    pub read: ReadKind,
    /// The id of the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The channel of the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The identifier of the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The version of the configuration or contact. 0: the contact did not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The data that was read. `None`: an earlier call of the recording has it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub value: Option<Json>,
}

impl Read {
    /// Returns whether both are the same entry, whatever their versions and data.
    pub fn is_same_entry(&self, other: &Self) -> bool {
        let key = |read: &Self| (read.read, read.id.clone(), read.channel.clone(), read.identifier.clone());
        key(self) == key(other)
    }

    /// Returns whether the entry has exactly the fields of its kind.
    pub(crate) fn is_well_formed(&self) -> bool {
        let fields = (self.id.is_some(), self.version.is_some(), self.channel.is_some() && self.identifier.is_some());
        match self.read {
            ReadKind::Configuration => fields == (false, true, false),
            ReadKind::Contact => fields == (true, true, false),
            ReadKind::Address => fields == (false, false, true),
        }
    }
}

/// Distinguishes a null from a missing member.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

/// The value with which a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum End {
    /// The port that the component returned.
    Ok(String),
    /// The error that the component returned.
    Error(Json),
    /// The code of the fault that ended the run.
    Fault(String),
}

impl End {
    /// Returns whether a limit of time ended the run. Its end depends on the machine.
    pub fn is_time_limit(&self) -> bool {
        matches!(self, Self::Fault(code) if code == "limit-cpu" || code == "limit-deadline")
    }
}

/// The outcome of an invocation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedOutcome {
    /// The port.
    pub port: String,
    /// The entities that are set, as typed values.
    pub entities: BTreeMap<String, Json>,
    /// The entities that are cleared.
    pub cleared: Vec<String>,
    /// The reason for the port `error`.
    pub error: Option<RecordedError>,
    /// The warnings.
    pub warnings: Vec<RecordedWarning>,
}

/// The reason for the port `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedError {
    /// A stable code.
    pub code: String,
    /// One sentence without a full stop.
    pub message: String,
    /// The parameter that caused the error.
    pub parameter: Option<String>,
}

/// A conflict that ended a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// The number of the run, from 1.
    pub run: u32,
    /// The cause.
    pub cause: Cause,
    /// The entry of the read set that changed.
    pub read: Option<Read>,
    /// The calls of that run that used the entry.
    pub calls: Vec<CalledFunction>,
    /// The entry as it was found afterwards.
    pub found: Option<Found>,
}

/// The cause of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cause {
    /// An entry of the read set was not current at commit.
    Read,
    /// Two round trips of one run saw different versions of an entry.
    RoundTrips,
    /// A created id existed already.
    IdExists,
    /// The invocation waited for the lock of a contact.
    Lock,
}

/// A call by its number and function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalledFunction {
    /// The number of the call, from 1.
    pub index: usize,
    /// The function.
    pub function: String,
}

/// An entry as it was found after a conflict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The version.
    pub version: u64,
    /// The data, as the next run read it; null if it did not.
    pub value: Json,
}

/// The resources that an invocation used. Times and memory depend on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecordedUsage {
    /// CPU time, microseconds.
    pub cpu_us: u64,
    /// Time, microseconds.
    pub wall_us: u64,
    /// Host calls.
    pub host_calls: u64,
    /// Linear memory, bytes.
    pub memory_bytes: u64,
    /// Bytes that the host calls transferred, without those of WASI.
    #[serde(default)]
    pub call_bytes: u64,
}
