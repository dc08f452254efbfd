//! The comparison of a recording with its replay.

use crate::model::{Call, End, RecordedOutcome};
use flowhost_error::text::truncate;
use serde_json::{Value as Json, json};
use std::fmt::{self, Write as _};

/// The part in which a replay differs from its recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A call, by its number from 1.
    Call(usize),
    /// The value that the component returned.
    End,
    /// The outcome.
    Outcome,
}

impl Place {
    /// Returns the place as JSON names it: `call`, `end` or `outcome`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call(_) => "call",
            Self::End => "end",
            Self::Outcome => "outcome",
        }
    }

    /// Returns the number of the call.
    pub fn index(self) -> Option<usize> {
        if let Self::Call(index) = self { Some(index) } else { None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(index) => write!(f, "at call {index}"),
            Self::End => f.write_str("in the end"),
            Self::Outcome => f.write_str("in the outcome"),
        }
    }
}

/// The first difference between a recording and its replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    /// The place.
    pub place: Place,
    /// The part of the recording; null if the replay made more calls.
    pub recorded: Json,
    /// The part of the replay; null if it made fewer calls.
    pub replayed: Json,
}

impl Divergence {
    /// Returns the recorded part as one line.
    pub fn recorded_line(&self) -> String {
        self.line(&self.recorded)
    }

    /// Returns the replayed part as one line.
    pub fn replayed_line(&self) -> String {
        self.line(&self.replayed)
    }

    fn line(&self, part: &Json) -> String {
        match self.place {
            Place::Call(_) if part.is_null() => "no further call".to_owned(),
            Place::Call(_) => call_line(part),
            Place::End => result_line(part),
            Place::Outcome => truncate(&part.to_string(), MAX_OUTCOME_CHARACTERS).into_owned(),
        }
    }
}

/// Characters of an argument or answer in a line.
const MAX_VALUE_CHARACTERS: usize = 128;

/// Characters of an outcome in a line.
const MAX_OUTCOME_CHARACTERS: usize = 1_000;

fn call_line(call: &Json) -> String {
    let shown = |value: &Json| truncate(&value.to_string(), MAX_VALUE_CHARACTERS).into_owned();
    let arguments = call.get("arguments").and_then(Json::as_array);
    let arguments: Vec<_> = arguments.into_iter().flatten().map(shown).collect();
    let function = call.get("function").and_then(Json::as_str).unwrap_or_default();
    let mut line = format!("{}({})", truncate(function, MAX_VALUE_CHARACTERS), arguments.join(", "));
    if let Some(answer) = call.get("answer") {
        // Writing to a text does not fail.
        write!(line, " = {}", result_line(answer)).ok();
    }
    line
}

/// Returns `{"ok": false}` as `ok(false)`.
fn result_line(result: &Json) -> String {
    let single = result.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    match single {
        Some((case, value)) if matches!(case.as_str(), "ok" | "error" | "fault") => {
            format!("{case}({})", truncate(&value.to_string(), MAX_VALUE_CHARACTERS))
        }
        _ => truncate(&result.to_string(), MAX_VALUE_CHARACTERS).into_owned(),
    }
}

/// Compares a call of a replay with that of the recording. `index` counts from 1.
pub fn compare_call(index: usize, recorded: Option<&Call>, function: &str, arguments: &[Json]) -> Option<Divergence> {
    match recorded {
        Some(call) if call.function == function && call.arguments == arguments => None,
        _ => Some(Divergence {
            place: Place::Call(index),
            recorded: recorded.map_or(
                Json::Null,
                |call| json!({ "function": call.function, "arguments": call.arguments, "answer": call.answer }),
            ),
            replayed: json!({ "function": function, "arguments": arguments }),
        }),
    }
}

/// Compares the ends.
pub fn compare_end(recorded: Option<&End>, replayed: Option<&End>) -> Option<Divergence> {
    if recorded == replayed {
        return None;
    }
    Some(Divergence { place: Place::End, recorded: json!(recorded), replayed: json!(replayed) })
}

/// Compares the outcomes. If the host itself ended the run, the message of the error may differ between hosts.
pub fn compare_outcome(
    end: Option<&End>,
    recorded: &RecordedOutcome,
    replayed: &RecordedOutcome,
) -> Option<Divergence> {
    let is_own_error = matches!(end, Some(End::Error(_)));
    let without_message = |outcome: &RecordedOutcome| {
        let mut outcome = outcome.clone();
        if let (false, Some(error)) = (is_own_error, &mut outcome.error) {
            error.message.clear();
        }
        outcome
    };
    if without_message(recorded) == without_message(replayed) {
        return None;
    }
    Some(Divergence { place: Place::Outcome, recorded: json!(recorded), replayed: json!(replayed) })
}
