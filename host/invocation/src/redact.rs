//! Redaction of a recording: redacted answers, and a second run on them.

use super::node::PreparedNode;
use super::outcome::Failure;
use crate::Host;
use flowhost_error::ErrorCode;
use flowhost_host_functions::Comparison;
use flowhost_manifest::Manifest;
use flowhost_recording::{Divergence, Recording, RecordingError, Redactor};
use serde_json::Value as Json;
use std::sync::Arc;
use uuid::Uuid;

/// Attempts to find a key whose replacements contain no replaced text by chance.
const MAX_KEYS: usize = 8;

/// The reason why a recording was not redacted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// On redacted answers, the component calls other functions. Code `redaction-diverges`.
    #[error("the action runs differently on redacted data, {}: {} instead of {}", .0.place, .0.replayed_line(), .0.recorded_line())]
    Diverges(Box<Divergence>),
    /// The host did not carry out the second run.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<RedactError> for RecordingError {
    fn from(error: RedactError) -> Self {
        Self::new(ErrorCode::RedactionDiverges, error.to_string())
    }
}

impl Host {
    /// Redacts a recording: replaces the texts that the host gave, runs the component on the replacements, and returns
    /// the recording of that run. The key of the replacements is discarded.
    ///
    /// # Errors
    /// The component calls other functions on redacted answers, or the host did not carry out the run.
    pub async fn redact(&self, node: &PreparedNode, recording: &Recording) -> Result<Recording, RedactError> {
        let mut last = None;
        for _ in 0..MAX_KEYS {
            let mut redactor = Redactor::new(new_key(), kept_texts(&node.action().manifest));
            let redacted = redactor.redact(recording);
            let replay = self.replay_with(node.clone(), Arc::new(redacted), Comparison::Functions).await?;
            if let Some(divergence) = replay.divergence {
                return Err(RedactError::Diverges(Box::new(divergence)));
            }
            let Some(found) = replay.recording else { break };
            let leaks = redactor.leaks(&found);
            last = Some(Recording { usage: recording.usage, ..found });
            if !leaks {
                break;
            }
        }
        last.ok_or_else(|| {
            let message = "a run that a limit of time ended can't be redacted; record it again";
            RedactError::Failed(Failure::new(ErrorCode::RedactionDiverges, message))
        })
    }
}

/// Returns a random key.
fn new_key() -> [u8; 32] {
    let mut key = [0; 32];
    let (first, second) = key.split_at_mut(16);
    first.copy_from_slice(Uuid::new_v4().as_bytes());
    second.copy_from_slice(Uuid::new_v4().as_bytes());
    key
}

/// Returns the texts of a manifest that stay: names of ports and parameters, choices, defaults and `on-error` values.
fn kept_texts(manifest: &Manifest) -> Vec<String> {
    let mut texts = manifest.ports.clone();
    for parameter in &manifest.parameters {
        texts.push(parameter.name.clone());
        texts.extend(parameter.choices.iter().cloned());
        let values = [&parameter.default, &parameter.on_error];
        values.into_iter().flatten().for_each(|value| add_texts(value, &mut texts));
    }
    texts
}

fn add_texts(value: &Json, texts: &mut Vec<String>) {
    match value {
        Json::String(text) => texts.push(text.clone()),
        Json::Array(list) => list.iter().for_each(|element| add_texts(element, texts)),
        Json::Object(members) => members.values().for_each(|member| add_texts(member, texts)),
        _ => {}
    }
}
