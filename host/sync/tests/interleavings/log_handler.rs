//! A handler of batches that records numbers, in place of a store.

use crate::step;
use flowhost_sync::BatchHandler;
use shuttle::sync::Mutex;
use std::sync::Arc;

/// The numbers that were applied. Clones are the same log.
#[derive(Clone, Default)]
pub(crate) struct Log {
    pub(crate) applied: Arc<Mutex<Vec<u32>>>,
    /// A batch with this number fails.
    pub(crate) failing_number: Option<u32>,
    /// No handler can be opened.
    pub(crate) is_closed: bool,
}

impl Log {
    /// The numbers that were applied, in their order.
    pub(crate) fn applied(&self) -> Vec<u32> {
        self.applied.lock().unwrap().clone()
    }
}

/// The error of a batch or of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogError {
    Closed,
    Refused,
}

pub(crate) struct LogHandler(Log);

impl BatchHandler for LogHandler {
    type Source = Log;
    type Item = u32;
    type Reply = u32;
    type Error = LogError;

    async fn open(log: &Log) -> Result<Self, LogError> {
        if log.is_closed { Err(LogError::Closed) } else { Ok(Self(log.clone())) }
    }

    async fn apply(&mut self, batch: &[u32]) -> Result<Vec<u32>, LogError> {
        assert!(!batch.is_empty());
        step();
        if batch.iter().any(|number| Some(*number) == self.0.failing_number) {
            return Err(LogError::Refused);
        }
        self.0.applied.lock().unwrap().extend(batch);
        step();
        Ok(batch.to_vec())
    }
}
