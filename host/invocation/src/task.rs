//! An invocation as its worker sees it: a task with somebody who waits for it.

use super::execute::Invocation;
use super::outcome::{Failure, Outcome};
use flowhost_engine::task::{StopReason, Task, TaskState};
use flowhost_host_functions::LogOrigin;
use std::cell::RefCell;
use std::task::Context;
use std::time::Instant;
use tokio::sync::oneshot;

type InvocationResult = Result<Outcome, Failure>;

/// What came of an invocation, and whom to tell.
pub(super) struct ReplySlot {
    sender: RefCell<Option<oneshot::Sender<InvocationResult>>>,
    result: RefCell<Option<InvocationResult>>,
}

impl ReplySlot {
    pub(super) fn new(sender: oneshot::Sender<InvocationResult>) -> Self {
        Self { sender: RefCell::new(Some(sender)), result: RefCell::default() }
    }
}

impl Invocation {
    /// Its work, whole.
    pub(super) async fn run(&self) {
        self.complete(self.execute().await);
    }

    /// Whether it will compute for long, as far as the last one tells.
    pub(super) fn is_expected_long_running(&self) -> bool {
        self.context.cpu_history.is_long_running(self.tenant(), self.request.node.action().index)
    }

    fn complete(&self, result: InvocationResult) {
        let (node, session) = (&self.request.node, &self.request.session);
        let origin = LogOrigin { action: &node.action().manifest.id, tenant: &session.tenant, session: &session.id };
        self.run_log.flush(&origin, Some(&self.context.shared.log_quota));
        // Before anybody is answered, who may come again at once.
        self.context.cpu_history.record(
            &session.tenant,
            node.action().index,
            self.task_state.cpu_time_at(Instant::now()),
        );
        *self.reply.result.borrow_mut() = Some(result);
    }
}

impl Task for Invocation {
    fn state(&self) -> &TaskState {
        &self.task_state
    }

    fn is_cancelled(&self, cx: &mut Context<'_>) -> bool {
        self.reply.sender.borrow_mut().as_mut().is_some_and(|to| to.poll_closed(cx).is_ready())
    }

    fn on_stopped(&self, stop: StopReason) {
        self.complete(self.outcome_for_stop(stop));
    }

    fn take_yielded(&self) -> bool {
        self.run_log.take_yielded()
    }

    fn send_reply(&self) {
        // Before the answer, after which the caller may invoke again.
        drop(self.permit.take());
        if let (Some(to), Some(answer)) = (self.reply.sender.take(), self.reply.result.take()) {
            // Whoever waited may be gone.
            drop(to.send(answer));
        }
    }
}
