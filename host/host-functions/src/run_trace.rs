//! The trace of an invocation for tests of actions: the called functions, the log and the transferred bytes.

use super::LogLevel;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The trace of one invocation. The caller shares it with the request and reads it after the outcome.
#[derive(Debug, Default)]
pub struct RunTrace {
    content: Mutex<TraceContent>,
}

/// The content of a trace, that of the last run after a retry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceContent {
    /// The names of the called functions, in order.
    pub calls: Vec<&'static str>,
    /// The lines of the log, as the operator's log shows them.
    pub log: Vec<(LogLevel, String)>,
    /// Bytes that were transferred between guest and host.
    pub host_bytes: usize,
}

impl RunTrace {
    /// Takes the content.
    pub fn take(&self) -> TraceContent {
        std::mem::take(&mut self.content())
    }

    pub(super) fn content(&self) -> MutexGuard<'_, TraceContent> {
        // A panic under the lock can't have left a partial entry.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
