//! The data on stdout.

use super::error::CliError;
use super::stderr;
use super::terminal::{Style, sanitise};
use flowhost::text::escape_json;
use serde::Serialize;
use std::io::{BufWriter, ErrorKind, StdoutLock, Write};

/// A buffered writer to stdout.
pub(super) struct Output {
    stdout: BufWriter<StdoutLock<'static>>,
    style: Style,
}

impl Output {
    pub(super) fn new() -> Self {
        // If both streams are one terminal, earlier text must appear before the data.
        stderr::flush();
        Self { stdout: BufWriter::new(std::io::stdout().lock()), style: Style::stdout() }
    }

    /// Writes text of several lines for people.
    pub(super) fn write_text(&mut self, text: &str) -> Result<(), CliError> {
        self.write_raw(&sanitise(text, self.style))
    }

    /// Writes one line for people; line breaks in the text are escaped.
    pub(super) fn write_line(&mut self, text: &str) -> Result<(), CliError> {
        let line = text.replace('\n', "\\n");
        self.write_raw(&sanitise(&line, self.style))?;
        self.write_raw("\n")
    }

    /// Writes JSON without a line break.
    pub(super) fn write_value(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string(value).map_err(|error| stdout_error(error.into()))?;
        self.write_raw(&escape_json(&text))
    }

    /// Writes JSON on one line.
    pub(super) fn write_json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        self.write_value(value)?;
        self.write_raw("\n")
    }

    /// Writes indented JSON.
    pub(super) fn write_pretty_json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(value).map_err(|error| stdout_error(error.into()))?;
        self.write_raw(&escape_json(&text))?;
        self.write_raw("\n")
    }

    fn write_raw(&mut self, text: &str) -> Result<(), CliError> {
        self.stdout.write_all(text.as_bytes()).map_err(stdout_error)
    }

    pub(super) fn flush(&mut self) -> Result<(), CliError> {
        self.stdout.flush().map_err(stdout_error)
    }
}

fn stdout_error(error: std::io::Error) -> CliError {
    match error.kind() {
        ErrorKind::BrokenPipe => CliError::PipeClosed,
        _ => CliError::message(format!("can't write to stdout: {error}")),
    }
}

/// Writes one line to stderr; line breaks in the text are escaped.
pub(super) fn print_stderr(line: &str) {
    print_stderr_text(&format!("{}\n", line.replace('\n', "\\n")));
}

/// Writes text of several lines to stderr.
pub(super) fn print_stderr_text(text: &str) {
    stderr::write(&sanitise(text, Style::stderr()));
}
