//! Recording of invocations, for the commands that invoke actions.

use super::error::CliError;
use clap::Args;
use flowhost::recording::{Recorder, Recording, RecordingError};
use flowhost::{Host, PreparedNode, Request};
use flowhost_author::{RecordFile, RecordFolder};
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments for recordings.
#[derive(Debug, Args)]
pub(super) struct RecordArguments {
    /// Writes a recording of the invocation to this new file. Of a run, a batch or failing cases: a numbered recording
    /// for each, to this folder
    #[arg(long, value_name = "PATH")]
    pub(super) record: Option<PathBuf>,

    /// Replaces the texts in recordings by random ones
    #[arg(long, requires = "record")]
    pub(super) redact: bool,
}

impl RecordArguments {
    /// Returns the file for one recording, which does not exist yet.
    pub(super) fn file(&self) -> Result<Option<RecordFile>, CliError> {
        Ok(self.record.as_deref().map(RecordFile::new).transpose()?)
    }

    /// Returns the folder for numbered recordings, which has none yet.
    pub(super) fn folder(&self) -> Result<Option<RecordFolder>, CliError> {
        Ok(self.record.as_deref().map(RecordFolder::new).transpose()?)
    }
}

/// A recording in progress.
pub(super) struct ActiveRecording {
    recorder: Arc<Recorder>,
    node: PreparedNode,
    redact: bool,
}

impl ActiveRecording {
    /// Adds a recorder to the request.
    pub(super) fn start(request: Request, redact: bool) -> (Request, Self) {
        let (recorder, node) = (Arc::new(Recorder::default()), request.node.clone());
        (request.with_recorder(Arc::clone(&recorder)), Self { recorder, node, redact })
    }

    /// Returns the recording after the outcome. `None`: the request failed, or an idempotency key answered it.
    pub(super) async fn finish(self, host: &Host) -> Result<Option<Recording>, RecordingError> {
        let Some(recording) = self.recorder.take_recording() else { return Ok(None) };
        redact(host, &self.node, recording, self.redact).await.map(Some)
    }
}

/// Redacts a recording if this is requested.
pub(super) async fn redact(
    host: &Host,
    node: &PreparedNode,
    recording: Result<Recording, RecordingError>,
    requested: bool,
) -> Result<Recording, RecordingError> {
    let recording = recording?;
    if requested { Ok(host.redact(node, &recording).await?) } else { Ok(recording) }
}

impl From<RecordingError> for CliError {
    fn from(error: RecordingError) -> Self {
        Self::message(error.message).with_code(error.code)
    }
}
