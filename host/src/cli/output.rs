//! Stdout, where the data goes.

use super::failed::Failed;
use super::stderr;
use super::terminal::{Paint, visible};
use flowhost::domain::escape::escape_json;
use serde::Serialize;
use std::io::{BufWriter, ErrorKind, StdoutLock, Write};

/// Writes data. What is written is seen when it is flushed.
pub(super) struct Output {
    stdout: BufWriter<StdoutLock<'static>>,
    paint: Paint,
}

impl Output {
    pub(super) fn new() -> Self {
        // Where both are one terminal, earlier text stands before the data.
        stderr::finish();
        Self { stdout: BufWriter::new(std::io::stdout().lock()), paint: Paint::stdout() }
    }

    /// Text of several lines for people.
    pub(super) fn text(&mut self, text: &str) -> Result<(), Failed> {
        self.write(&visible(text, self.paint))
    }

    /// One line for people, whatever it holds.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failed> {
        let line = text.replace('\n', "\\n");
        self.write(&visible(&line, self.paint))?;
        self.write("\n")
    }

    /// JSON within the text.
    pub(super) fn value(&mut self, value: &impl Serialize) -> Result<(), Failed> {
        let text = serde_json::to_string(value).map_err(|error| failed(error.into()))?;
        self.write(&escape_json(&text))
    }

    /// JSON on one line.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Failed> {
        self.value(value)?;
        self.write("\n")
    }

    /// JSON for people, too.
    pub(super) fn pretty(&mut self, value: &impl Serialize) -> Result<(), Failed> {
        let text = serde_json::to_string_pretty(value).map_err(|error| failed(error.into()))?;
        self.write(&escape_json(&text))?;
        self.write("\n")
    }

    fn write(&mut self, text: &str) -> Result<(), Failed> {
        self.stdout.write_all(text.as_bytes()).map_err(failed)
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

/// Writes one line to stderr, whatever it holds.
pub(super) fn say(line: &str) {
    say_text(&format!("{}\n", line.replace('\n', "\\n")));
}

/// Writes text of several lines to stderr.
pub(super) fn say_text(text: &str) {
    stderr::write(&visible(text, Paint::stderr()));
}
