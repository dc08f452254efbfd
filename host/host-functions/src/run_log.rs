//! The log lines and counts of a run, which remain available if the worker stops the run.

use super::abort::Abort;
use super::log_quota::{DropCounts, LogQuota};
use flowhost_engine::Limits;
use flowhost_error::text::escape;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The level of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogLevel {
    /// Details for the plugin's author.
    Debug,
    /// Information for the operator.
    Info,
    /// A problem that the operator should examine.
    Warn,
    /// A failure.
    Error,
}

impl LogLevel {
    /// Returns the name of the level in the contract, for example `warn`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A line that a plugin wrote for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LogLine {
    /// The level.
    level: LogLevel,
    /// The text as the log shows it: at most 4 KiB, control characters escaped, further lines indented.
    message: String,
}

/// Maximum length of one line, bytes.
const MAX_LINE_BYTES: usize = 4 << 10;

/// Lines that a flush writes before it yields: about a tenth of a millisecond.
const LINES_PER_SLICE: usize = 64;

/// The target of the plugins' lines in the operator's log.
const TARGET: &str = "flowhost::plugin";

/// The log and the counts of one run. They outlive the instance, which the worker may stop at any time.
#[derive(Debug)]
pub struct RunLog {
    buffer: Mutex<LogBuffer>,
    max_lines: usize,
    max_bytes: usize,
    host_calls: AtomicU64,
    /// Bytes that were transferred between guest and host.
    bytes: AtomicUsize,
    memory_bytes: AtomicU64,
    dropped_lines: AtomicU64,
    dropped_warnings: AtomicU64,
    yielded: AtomicBool,
    #[cfg(feature = "testing")]
    trace: Option<std::sync::Arc<super::RunTrace>>,
}

/// The lines of a run and their bytes.
#[derive(Debug, Default)]
struct LogBuffer {
    lines: Vec<LogLine>,
    bytes: usize,
    /// The host's own line about the fault that ended the run.
    fault: Option<LogLine>,
}

impl LogBuffer {
    /// Adds a line unless the buffer would exceed `max_lines` or `max_bytes`; returns whether it did.
    fn push(&mut self, level: LogLevel, message: &str, (max_lines, max_bytes): (usize, usize)) -> bool {
        if self.lines.len() >= max_lines {
            return false;
        }
        let message = format_message(message);
        let bytes = self.bytes.saturating_add(message.len());
        if bytes > max_bytes {
            return false;
        }
        self.bytes = bytes;
        self.lines.push(LogLine { level, message });
        true
    }
}

/// Where lines of the log come from.
#[derive(Debug, Clone, Copy)]
pub struct LogOrigin<'a> {
    /// The id of the action.
    pub action: &'a str,
    /// The tenant.
    pub tenant: &'a str,
    /// The id of the session.
    pub session: &'a str,
}

impl RunLog {
    /// Creates an empty log with the given limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            buffer: Mutex::default(),
            max_lines: limits.log_lines,
            max_bytes: limits.log_bytes,
            host_calls: AtomicU64::default(),
            bytes: AtomicUsize::default(),
            memory_bytes: AtomicU64::default(),
            dropped_lines: AtomicU64::default(),
            dropped_warnings: AtomicU64::default(),
            yielded: AtomicBool::default(),
            #[cfg(feature = "testing")]
            trace: None,
        }
    }

    /// Adds a trace, which records the calls and the log.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_trace(mut self, trace: Option<std::sync::Arc<super::RunTrace>>) -> Self {
        self.trace = trace;
        self
    }

    #[cfg(feature = "testing")]
    pub(super) fn trace_call(&self, function: &'static str) {
        if let Some(trace) = &self.trace {
            trace.content().calls.push(function);
        }
    }

    #[cfg(feature = "testing")]
    fn trace_log(&self, lines: &[LogLine], fault: Option<&LogLine>) {
        if let Some(trace) = &self.trace {
            let mut content = trace.content();
            content.log.extend(lines.iter().chain(fault).map(|line| (line.level, line.message.clone())));
            content.host_bytes = self.bytes();
        }
    }

    /// Discards everything of a run before its retry.
    pub fn reset(&self) {
        #[cfg(feature = "testing")]
        if let Some(trace) = &self.trace {
            trace.take();
        }
        *self.buffer() = LogBuffer::default();
        self.bytes.store(0, Ordering::Relaxed);
        for count in [&self.host_calls, &self.memory_bytes, &self.dropped_lines, &self.dropped_warnings] {
            count.store(0, Ordering::Relaxed);
        }
    }

    fn buffer(&self) -> MutexGuard<'_, LogBuffer> {
        // A panic under the lock can't have left a line partially written.
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one host call and returns the total.
    pub fn count_host_call(&self) -> u64 {
        self.host_calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Returns the number of host calls.
    pub fn host_calls(&self) -> u64 {
        self.host_calls.load(Ordering::Relaxed)
    }

    /// Charges bytes that are transferred between guest and host, and returns the total.
    pub fn charge_bytes(&self, bytes: usize) -> usize {
        // Only the worker's thread charges, so that no other thread writes between the load and the store.
        let total = self.bytes().saturating_add(bytes);
        self.bytes.store(total, Ordering::Relaxed);
        total
    }

    /// Checks whether `bytes` more are within the limit.
    pub(super) fn check_bytes(&self, bytes: usize, limit: usize) -> Result<(), Abort> {
        if self.bytes().saturating_add(bytes) > limit { Err(Abort::host_byte_limit(limit)) } else { Ok(()) }
    }

    /// Returns the bytes that crossed between guest and host.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Sets the size of the guest's memory, bytes.
    pub fn set_memory_bytes(&self, bytes: usize) {
        self.memory_bytes.store(bytes as u64, Ordering::Relaxed);
    }

    /// Returns the size of the guest's memory, bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes.load(Ordering::Relaxed)
    }

    /// Records that the guest yields to its worker.
    pub fn set_yielded(&self) {
        self.yielded.store(true, Ordering::Relaxed);
    }

    /// Returns whether the guest has yielded, and resets the flag.
    pub fn take_yielded(&self) -> bool {
        self.yielded.swap(false, Ordering::Relaxed)
    }

    /// Keeps a line of the plugin, if the run has room for it.
    pub fn write(&self, level: LogLevel, message: &str) {
        if !self.buffer().push(level, message, (self.max_lines, self.max_bytes)) {
            self.dropped_lines.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Keeps the lines of a text, as far as the run has room for them. The others are only counted: a text of one call
    /// may have 32,768 of them.
    pub fn write_lines(&self, level: LogLevel, text: &[u8]) {
        let limits = (self.max_lines, self.max_bytes);
        let (mut rest, mut buffer) = (text, self.buffer());
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let (line, after) = rest.split_at(end);
            let beginning = line.get(..MAX_LINE_BYTES).unwrap_or(line);
            let line = String::from_utf8_lossy(beginning.strip_suffix(b"\r").unwrap_or(beginning));
            if !line.is_empty() && !buffer.push(level, &line, limits) {
                break;
            }
            rest = after.get(1..).unwrap_or_default();
        }
        self.dropped_lines.fetch_add(count_lines(rest), Ordering::Relaxed);
    }

    /// Keeps the host's own line about the fault that ended the run, however much the plugin has logged.
    pub fn write_fault(&self, message: &str) {
        self.buffer().fault = Some(LogLine { level: LogLevel::Error, message: format_message(message) });
    }

    /// Counts a warning that was dropped.
    pub fn count_dropped_warning(&self) {
        self.dropped_warnings.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes all lines to the operator's log once, as far as the tenant's quota allows. Yields between chunks of lines,
    /// because 1,000 lines take milliseconds.
    pub async fn flush(&self, origin: &LogOrigin<'_>, quota: Option<&LogQuota>) {
        let (lines, dropped) = self.take_lines(origin, quota);
        for (index, chunk) in lines.chunks(LINES_PER_SLICE).enumerate() {
            if index > 0 {
                tokio::task::yield_now().await;
            }
            chunk.iter().for_each(|line| origin.write(line.level, &line.message));
        }
        origin.report(dropped);
    }

    /// Writes as [`RunLog::flush`] does, without yielding: for a run that was stopped.
    pub fn flush_at_once(&self, origin: &LogOrigin<'_>, quota: Option<&LogQuota>) {
        let (lines, dropped) = self.take_lines(origin, quota);
        lines.iter().for_each(|line| origin.write(line.level, &line.message));
        origin.report(dropped);
    }

    /// Takes the lines that the log accepts, and the counts to report.
    fn take_lines(&self, origin: &LogOrigin<'_>, quota: Option<&LogQuota>) -> (Vec<LogLine>, DropCounts) {
        let LogBuffer { lines, fault, .. } = std::mem::take(&mut *self.buffer());
        #[cfg(feature = "testing")]
        self.trace_log(&lines, fault.as_ref());
        let count = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        let mut dropped = DropCounts { lines: count(&self.dropped_lines), warnings: count(&self.dropped_warnings) };
        if lines.is_empty() && fault.is_none() && dropped.is_none() {
            return (lines, dropped);
        }
        let mut shown: Vec<_> = lines.into_iter().filter(|line| is_level_enabled(line.level)).collect();
        let names = origin.written_bytes();
        // The names on each line count against the limit of the run, too.
        let within = shown.iter().scan(0, |bytes, line| {
            *bytes += line.message.len() + names;
            (*bytes <= self.max_bytes).then_some(())
        });
        let within = within.count();
        dropped.lines += (shown.len() - within) as u64;
        shown.truncate(within);
        shown.extend(fault.filter(|line| is_level_enabled(line.level)));
        if let Some(quota) = quota {
            let lengths = shown.iter().map(|line| line.message.len() + names);
            let (accepted, to_report) = quota.charge(origin.tenant, lengths, dropped);
            shown.truncate(accepted);
            dropped = to_report;
        }
        (shown, dropped)
    }
}

impl LogOrigin<'_> {
    /// Returns the bytes of the names as each line of the log contains them, quoted and escaped.
    fn written_bytes(&self) -> usize {
        [self.action, self.tenant, self.session]
            .into_iter()
            .map(|name| 2 + name.escape_debug().map(char::len_utf8).sum::<usize>())
            .sum()
    }

    fn write(&self, level: LogLevel, message: &str) {
        let Self { action, tenant, session } = self;
        match level {
            LogLevel::Debug => tracing::debug!(target: TARGET, action, tenant, session, "{message}"),
            LogLevel::Info => tracing::info!(target: TARGET, action, tenant, session, "{message}"),
            LogLevel::Warn => tracing::warn!(target: TARGET, action, tenant, session, "{message}"),
            LogLevel::Error => tracing::error!(target: TARGET, action, tenant, session, "{message}"),
        }
    }

    fn report(&self, dropped: DropCounts) {
        if dropped.is_none() {
            return;
        }
        let DropCounts { lines, warnings } = dropped;
        let Self { action, tenant, session } = self;
        tracing::warn!(target: TARGET, action, tenant, session, lines, warnings, "dropped beyond the limit");
    }
}

/// Returns whether lines of this level are enabled. Other lines are not charged to the tenant.
fn is_level_enabled(level: LogLevel) -> bool {
    match level {
        LogLevel::Debug => tracing::enabled!(target: TARGET, tracing::Level::DEBUG),
        LogLevel::Info => tracing::enabled!(target: TARGET, tracing::Level::INFO),
        LogLevel::Warn => tracing::enabled!(target: TARGET, tracing::Level::WARN),
        LogLevel::Error => tracing::enabled!(target: TARGET, tracing::Level::ERROR),
    }
}

/// Returns the number of lines that are not empty.
fn count_lines(text: &[u8]) -> u64 {
    let starts = text.iter().zip(std::iter::once(&b'\n').chain(text));
    starts.filter(|(byte, before)| **byte != b'\n' && **before == b'\n').count() as u64
}

/// Returns the text as the log shows it. Further lines are indented, so that a plugin cannot write what looks like a line of
/// another. The length is limited before the work on it, and afterwards because an escaped character is longer.
fn format_message(message: &str) -> String {
    let beginning = &message[..message.floor_char_boundary(MAX_LINE_BYTES)];
    let mut shown = beginning.trim_end().split('\n').map(escape).collect::<Vec<_>>().join("\n  | ");
    shown.truncate(shown.floor_char_boundary(MAX_LINE_BYTES));
    shown
}

#[cfg(test)]
mod tests;
