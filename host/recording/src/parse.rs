//! Reading and writing of a recording's text. The text may come from anyone.

use crate::canonical::seal;
use crate::error::RecordingError;
use crate::file::MAX_RECORDING_BYTES;
use crate::model::{GENERATOR, Recording};
use crate::value::from_typed;
use flowhost_domain::json::{IntegerCheck, inspect, tree_bytes};
use flowhost_error::ErrorCode;
use serde_json::{Map, Value as Json, json};

/// Maximum memory for the lists and objects of a recording, bytes.
pub const MAX_RECORDING_TREE_BYTES: usize = 256 << 20;

/// The version of the format.
const FORMAT: u32 = 1;

/// The member with the seal.
const SEAL: &str = "seal";

impl Recording {
    /// Parses the text of a recording. The size and the memory of the result are checked before anything is parsed.
    ///
    /// # Errors
    /// `recording-invalid`, `recording-version` or `recording-damaged`.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        if text.len() > MAX_RECORDING_BYTES {
            return Err(RecordingError::invalid(format!("it has more than {MAX_RECORDING_BYTES} bytes")));
        }
        if tree_bytes(text) > MAX_RECORDING_TREE_BYTES {
            let most = MAX_RECORDING_TREE_BYTES;
            return Err(RecordingError::invalid(format!(
                "its lists and objects need more than {most} bytes of memory"
            )));
        }
        let value: Json = serde_json::from_str(text).map_err(RecordingError::invalid)?;
        if let Some(found) = inspect(text, IntegerCheck::Nowhere).duplicate {
            return Err(RecordingError::invalid(found));
        }
        let Json::Object(mut members) = value else { return Err(RecordingError::invalid("it is not a JSON object")) };
        check_version(&members)?;
        let Some(Json::String(stored)) = members.remove(SEAL) else {
            return Err(RecordingError::invalid("it has no text `seal`"));
        };
        let unsealed = Json::Object(members);
        if seal(&unsealed) != stored {
            let message = "the recording is damaged: its content does not match its seal; ask for the original file";
            return Err(RecordingError::new(ErrorCode::RecordingDamaged, message));
        }
        let recording: Self = serde_json::from_value(unsealed).map_err(RecordingError::invalid)?;
        recording.check()?;
        Ok(Self { seal: stored, ..recording })
    }

    /// Returns the text of a file, with the seal. The text has no line break, so that every truncation is an error.
    ///
    /// # Errors
    /// `record-too-large`: the text, or the memory to read it again, exceeds the limit. `record-failed`: it could not be
    /// read again.
    pub fn to_text(&self) -> Result<String, RecordingError> {
        let failed = |error: &dyn std::fmt::Display| {
            RecordingError::new(ErrorCode::RecordFailed, format!("the recording can't be written: {error}"))
        };
        let mut value = serde_json::to_value(self).map_err(|error| failed(&error))?;
        if let Some(members) = value.as_object_mut() {
            members.remove(SEAL);
        }
        let sealed = json!({ SEAL: seal(&value) });
        let (value, sealed) = (value.to_string(), sealed.to_string());
        let text = join_members(&value, &sealed);
        if text.len() > MAX_RECORDING_BYTES || tree_bytes(&text) > MAX_RECORDING_TREE_BYTES {
            let message =
                format!("the recording is larger than {MAX_RECORDING_BYTES} bytes; record a smaller invocation");
            return Err(RecordingError::new(ErrorCode::RecordTooLarge, message));
        }
        Self::parse(&text).map_err(|error| failed(&error))?;
        Ok(text)
    }

    /// Checks the rules that the types do not express.
    fn check(&self) -> Result<(), RecordingError> {
        let reads = self.calls.iter().flat_map(|call| &call.reads);
        let mut reads = reads.chain(self.conflicts.iter().filter_map(|conflict| conflict.read.as_ref()));
        if reads.any(|read| !read.is_well_formed()) {
            return Err(RecordingError::invalid("an entry of `reads` lacks a field of its kind, or has another"));
        }
        let mut entities = self.session.entities.values().chain(self.outcome.entities.values());
        entities.try_for_each(|typed| from_typed(typed).map(drop)).map_err(RecordingError::invalid)?;
        if self.session.seed.parse::<u64>().is_err() {
            return Err(RecordingError::invalid("`seed` is not a number of 64 bits as text"));
        }
        Ok(())
    }
}

/// Appends the members of an object to those of another, which is not empty.
fn join_members(object: &str, other: &str) -> String {
    let (members, others) = (object.strip_suffix('}').unwrap_or(object), other.strip_prefix('{').unwrap_or(other));
    format!("{members},{others}")
}

fn check_version(members: &Map<String, Json>) -> Result<(), RecordingError> {
    let version = |what: &str, value: &Json| {
        let message =
            format!("this host does not know the {what} {value} of the recording; use the host that wrote it");
        RecordingError::new(ErrorCode::RecordingVersion, message)
    };
    match members.get("recording") {
        Some(Json::Number(number)) if number.as_u64() == Some(FORMAT.into()) => {}
        Some(number @ Json::Number(_)) => return Err(version("format", number)),
        _ => return Err(RecordingError::invalid("it has no number `recording`")),
    }
    match members.get("host").and_then(|host| host.get("generator")) {
        Some(Json::String(generator)) if generator == GENERATOR => Ok(()),
        Some(generator @ Json::String(_)) => Err(version("generator", generator)),
        _ => Err(RecordingError::invalid("it has no text `host.generator`")),
    }
}
