//! The report of replays, as text for people and as JSON for programs.

use flowhost::catalog::Action;
use flowhost::recording::{Divergence, End, Recording, RecordingError, Replay, explain};
use flowhost::text::{escape, single_line, truncate};
use serde_json::{Value as Json, json};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Characters of a digest in the text, with `sha256:`.
const DIGEST_CHARACTERS: usize = 19;

/// Characters of an id or a version in the text.
const NAME_CHARACTERS: usize = 128;

/// A recording with its replay.
pub(super) struct Replayed {
    pub(super) recorded: Arc<Recording>,
    pub(super) replay: Replay,
    pub(super) action: Arc<Action>,
}

impl Replayed {
    /// Returns the result as text of several lines.
    pub(super) fn to_text(&self, explains: bool) -> String {
        let mut lines = match &self.replay.divergence {
            None => vec![self.same_line()],
            Some(divergence) => {
                let (recorded, action) = (&self.recorded.action, &self.action);
                let shown = |text: &str| escape(&truncate(text, NAME_CHARACTERS)).into_owned();
                let (id, version) = (shown(&recorded.id), shown(&recorded.version));
                let (digest, host) = (shorten(&recorded.digest), shown(&self.recorded.host.version));
                let own = shorten(&format!("sha256:{}", action.digest));
                let mut lines = vec![
                    format!("recorded  {id} {version} {digest} on flowhost {host}"),
                    format!("replayed  {} {} {own}", action.manifest.id, action.manifest.version),
                    format!("diverged {}", divergence.place),
                ];
                lines.extend(divergence_lines(divergence));
                lines
            }
        };
        if explains {
            lines.extend(self.explanation());
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }

    /// Returns the result as JSON.
    pub(super) fn to_json(&self, explains: bool) -> Json {
        let divergence = self.replay.divergence.as_ref();
        let outcome = self.replay.outcome.as_ref();
        let mut value = json!({
            "format": 1,
            "same": divergence.is_none(),
            "at": divergence.map(|divergence| divergence.place.as_str()),
            "index": divergence.and_then(|divergence| divergence.place.index()),
            "recorded": divergence.map(|divergence| &divergence.recorded),
            "replayed": divergence.map(|divergence| &divergence.replayed),
            "outcome": self.replay.recording.as_ref().map(|recording| &recording.outcome),
            "usage": outcome.map(|outcome| outcome.usage),
        });
        if let (true, Some(members)) = (explains, value.as_object_mut()) {
            members.insert("runs".to_owned(), json!(self.recorded.conflicts.len() + 1));
            members.insert("conflicts".to_owned(), json!(self.recorded.conflicts));
        }
        value
    }

    fn same_line(&self) -> String {
        let calls = self.replay.calls;
        let calls = format!("{calls} {}", if calls == 1 { "call" } else { "calls" });
        match &self.replay.outcome {
            _ if self.replay.is_partial => format!("same as far as it goes: {calls}"),
            Some(outcome) => format!("same: {calls}, port {}", escape(&outcome.port)),
            None => format!("same: {calls}"),
        }
    }

    fn explanation(&self) -> Vec<String> {
        let outcome = &self.recorded.outcome;
        let last = match (&self.recorded.end, &outcome.error) {
            (Some(End::Fault(code)), _) => format!("the fault {code}"),
            (_, Some(error)) => format!("port {}, {}", outcome.port, error.code),
            (_, None) => format!("port {}", outcome.port),
        };
        explain(&self.recorded.conflicts, &last)
            .into_iter()
            .map(|line| escape(&single_line(line)).into_owned())
            .collect()
    }
}

fn divergence_lines(divergence: &Divergence) -> [String; 2] {
    let line = |name: &str, text: String| format!("  {name}  {}", escape(&single_line(text)));
    [line("recorded", divergence.recorded_line()), line("replayed", divergence.replayed_line())]
}

fn shorten(digest: &str) -> String {
    escape(&digest.chars().take(DIGEST_CHARACTERS).collect::<String>()).into_owned()
}

/// The numbers of recordings by their results.
#[derive(Debug, Default)]
pub(super) struct Counts {
    same: usize,
    diverged: usize,
    invalid: usize,
}

impl Counts {
    pub(super) fn add(&mut self, result: &Result<Replayed, RecordingError>) {
        match result {
            Ok(replayed) if replayed.replay.divergence.is_none() => self.same += 1,
            Ok(_) => self.diverged += 1,
            Err(_) => self.invalid += 1,
        }
    }

    pub(super) fn are_all_same(&self) -> bool {
        self.diverged == 0 && self.invalid == 0
    }

    /// Returns the counts with the reports of those that are not the same.
    pub(super) fn to_json(&self, recordings: Vec<Json>) -> Json {
        let Self { same, diverged, invalid } = self;
        json!({ "format": 1, "same": same, "diverged": diverged, "invalid": invalid, "recordings": recordings })
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} same, {} diverged, {} invalid", self.same, self.diverged, self.invalid)
    }
}

/// The result of one of many recordings.
pub(super) struct FileReport<'r> {
    pub(super) file: &'r Path,
    pub(super) result: &'r Result<Replayed, RecordingError>,
}

impl FileReport<'_> {
    /// Returns the lines of a recording that is not the same. With `explains`, also those of its conflicts.
    pub(super) fn to_text(&self, explains: bool) -> String {
        let file = escape(&single_line(self.file.display().to_string())).into_owned();
        let mut lines = match self.result {
            Err(error) => vec![format!("invalid   {file} {}", error.code)],
            Ok(replayed) => match &replayed.replay.divergence {
                Some(divergence) => {
                    let mut lines = vec![format!("diverged  {file} {}", divergence.place)];
                    lines.extend(divergence_lines(divergence));
                    lines
                }
                None => Vec::new(),
            },
        };
        if let (true, Ok(replayed)) = (explains, self.result)
            && !replayed.recorded.conflicts.is_empty()
        {
            lines.push(format!("conflicts {file}"));
            lines.extend(replayed.explanation());
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }

    /// Returns the report of a recording that is not the same.
    pub(super) fn to_json(&self) -> Option<Json> {
        let file = self.file.display().to_string();
        match self.result {
            Err(error) => Some(json!({ "file": file, "error": { "code": error.code, "message": error.message } })),
            Ok(replayed) => replayed.replay.divergence.as_ref().map(|divergence| {
                json!({
                    "file": file,
                    "same": false,
                    "at": divergence.place.as_str(),
                    "index": divergence.place.index(),
                    "recorded": divergence.recorded,
                    "replayed": divergence.replayed,
                })
            }),
        }
    }
}
