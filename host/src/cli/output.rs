//! Stdout, where the data goes.

use super::failed::Failed;
use serde::Serialize;
use std::io::{BufWriter, ErrorKind, StdoutLock, Write};

/// Writes data. What is written is seen when it is flushed.
pub(super) struct Output {
    stdout: BufWriter<StdoutLock<'static>>,
}

impl Output {
    pub(super) fn new() -> Self {
        Self { stdout: BufWriter::new(std::io::stdout().lock()) }
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), Failed> {
        self.stdout.write_all(text.as_bytes()).map_err(failed)
    }

    pub(super) fn line(&mut self, text: &str) -> Result<(), Failed> {
        self.text(text)?;
        self.text("\n")
    }

    /// JSON on one line.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Failed> {
        serde_json::to_writer(&mut self.stdout, value).map_err(|error| failed(error.into()))?;
        self.text("\n")
    }

    /// JSON for people, too.
    pub(super) fn pretty(&mut self, value: &impl Serialize) -> Result<(), Failed> {
        serde_json::to_writer_pretty(&mut self.stdout, value).map_err(|error| failed(error.into()))?;
        self.text("\n")
    }

    pub(super) fn flush(&mut self) -> Result<(), Failed> {
        self.stdout.flush().map_err(failed)
    }
}

fn failed(error: std::io::Error) -> Failed {
    match error.kind() {
        ErrorKind::BrokenPipe => Failed::PipeClosed,
        _ => Failed::because(format!("can't write to stdout: {error}")),
    }
}

/// Says something on stderr.
pub(super) fn say(text: &str) {
    // Without stderr there is nobody to tell.
    writeln!(std::io::stderr(), "{text}").ok();
}
