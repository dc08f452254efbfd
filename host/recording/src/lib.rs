//! Recordings: everything that one invocation received and did, in one file.
//!
//! This crate has the format: its types, its JSON, its seal, the reading of untrusted files, the comparison of a
//! recording with its replay, and redaction. It does not run anything. `flowhost-host-functions` fills the calls of a
//! recording, and `flowhost-invocation` records and replays invocations.
//!
//! A recording comes from a stranger. Reading one is limited in bytes, depth and memory, and never panics.

mod canonical;
mod compare;
mod error;
mod explain;
mod file;
mod model;
mod parse;
mod redact;
mod value;

pub use canonical::canonical_text;
pub use compare::{Divergence, Place, compare_call, compare_end, compare_outcome};
pub use error::RecordingError;
pub use explain::explain;
pub use file::{FILE_SUFFIX, MAX_RECORDING_BYTES, read, write_new};
pub use model::{
    ActionFacts, Call, CalledFunction, Cause, Conflict, End, Found, GENERATOR, HostFacts, LimitValues, Read, ReadKind,
    RecordedError, RecordedOutcome, RecordedSession, RecordedUsage, RecordedWarning, Recording,
};
pub use parse::MAX_RECORDING_TREE_BYTES;
pub use redact::Redactor;
pub use value::{from_typed, to_typed};

/// The JSON Schema of a recording.
pub const RECORDING_SCHEMA: &str = include_str!("recording.schema.json");

#[cfg(test)]
mod tests;
