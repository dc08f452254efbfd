//! The drain: the service ends without losing a request.

use std::sync::Arc;
use tokio::sync::watch;

/// The phases of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// It serves.
    Serving,
    /// It serves, but reports that it is not ready.
    Draining,
    /// It accepts no connection and reads no further line of a stream.
    Closing,
    /// Requests in progress are cancelled.
    Cancelled,
}

/// A handle on the drain of a service. Clones share it.
#[derive(Debug, Clone)]
pub struct Drain(Arc<watch::Sender<Phase>>);

impl Default for Drain {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Phase::Serving)))
    }
}

impl Drain {
    /// Starts the drain. The service reports that it is not ready, and ends after its requests.
    pub fn start(&self) {
        self.advance(Phase::Draining);
    }

    pub(crate) fn close(&self) {
        self.advance(Phase::Closing);
    }

    pub(crate) fn cancel(&self) {
        self.advance(Phase::Cancelled);
    }

    fn advance(&self, phase: Phase) {
        self.0.send_if_modified(|current| {
            let is_later = phase > *current;
            *current = phase.max(*current);
            is_later
        });
    }

    pub(crate) fn is_draining(&self) -> bool {
        *self.0.borrow() >= Phase::Draining
    }

    /// Waits until the drain has started.
    pub(crate) async fn started(&self) {
        self.reached(Phase::Draining).await;
    }

    /// Waits until the service accepts no connections any more.
    pub(crate) async fn closing(&self) {
        self.reached(Phase::Closing).await;
    }

    /// Waits until requests in progress are cancelled.
    pub(crate) async fn cancelled(&self) {
        self.reached(Phase::Cancelled).await;
    }

    async fn reached(&self, phase: Phase) {
        // The sender lives as long as this handle, so waiting can't fail.
        self.0.subscribe().wait_for(|current| *current >= phase).await.ok();
    }
}
