//! What is kept of a run even when it is stopped from outside: its log lines and counts.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// For the plugin's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
}

/// A line that a plugin wrote for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How grave.
    pub level: LogLevel,
    /// The text, at most 4 KiB of it.
    pub message: String,
}

/// Bytes kept of one line.
const MAX_LINE_BYTES: usize = 4 << 10;

/// One run's log and counts. Outlives the instance, which may be stopped at any moment.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    lines: Mutex<Vec<LogLine>>,
    host_calls: AtomicU64,
    memory_bytes: AtomicU64,
    dropped_lines: AtomicU64,
    dropped_warnings: AtomicU64,
    yielded: AtomicBool,
}

impl Journal {
    /// Forgets a run that is to be done again.
    pub(crate) fn begin(&self) {
        self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        for count in [&self.host_calls, &self.memory_bytes, &self.dropped_lines, &self.dropped_warnings] {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// Counts one and says how many there are.
    pub(crate) fn count_host_call(&self) -> u64 {
        self.host_calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn host_calls(&self) -> u64 {
        self.host_calls.load(Ordering::Relaxed)
    }

    pub(crate) fn note_memory(&self, bytes: usize) {
        self.memory_bytes.store(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory_bytes.load(Ordering::Relaxed)
    }

    /// Its guest lets go of its worker for others.
    pub(crate) fn note_yield(&self) {
        self.yielded.store(true, Ordering::Relaxed);
    }

    /// Whether it has since that was asked last.
    pub(crate) fn has_yielded(&self) -> bool {
        self.yielded.swap(false, Ordering::Relaxed)
    }

    /// Keeps a line unless there are `limit` already.
    pub(crate) fn write(&self, level: LogLevel, mut message: String, limit: usize) {
        message.truncate(message.floor_char_boundary(MAX_LINE_BYTES));
        message.shrink_to_fit();
        // A panic while the lock was held can't have left a line half written.
        let mut lines = self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if lines.len() < limit {
            lines.push(LogLine { level, message });
        } else {
            self.dropped_lines.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn drop_warning(&self) {
        self.dropped_warnings.fetch_add(1, Ordering::Relaxed);
    }

    /// Hands everything to the operator's log, once.
    pub(crate) fn publish(&self, action: &str, tenant: &str, session: &str) {
        let lines = std::mem::take(&mut *self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for LogLine { level, message } in lines {
            let message = indented(&message);
            match level {
                LogLevel::Debug => tracing::debug!(target: "flowhost::plugin", action, tenant, session, "{message}"),
                LogLevel::Info => tracing::info!(target: "flowhost::plugin", action, tenant, session, "{message}"),
                LogLevel::Warn => tracing::warn!(target: "flowhost::plugin", action, tenant, session, "{message}"),
                LogLevel::Error => tracing::error!(target: "flowhost::plugin", action, tenant, session, "{message}"),
            }
        }
        let (lines, warnings) =
            (self.dropped_lines.swap(0, Ordering::Relaxed), self.dropped_warnings.swap(0, Ordering::Relaxed));
        if lines + warnings > 0 {
            tracing::warn!(target: "flowhost::plugin", action, tenant, session, lines, warnings, "dropped beyond the limit");
        }
    }
}

/// The text with its further lines set in, so that a plugin can't make what looks like somebody else's line.
fn indented(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for char in text.trim_end().chars() {
        match char {
            '\n' => plain.push_str("\n  | "),
            '\t' => plain.push(char),
            _ if char.is_control() => plain.extend(char.escape_default()),
            _ => plain.push(char),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_past_the_limit_are_counted_and_dropped() {
        let journal = Journal::default();
        for _ in 0..3 {
            journal.write(LogLevel::Info, "line".to_owned(), 2);
        }
        assert_eq!(journal.lines.lock().unwrap().len(), 2);
        assert_eq!(journal.dropped_lines.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn further_lines_are_set_in_and_control_characters_spelt_out() {
        assert_eq!(indented("one\nERROR two\r\u{1b}[2J\n"), "one\n  | ERROR two\\r\\u{1b}[2J");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let journal = Journal::default();
        journal.write(LogLevel::Info, "ñ".repeat(3_000), 1);
        assert_eq!(journal.lines.lock().unwrap()[0].message.len(), MAX_LINE_BYTES);
    }
}
