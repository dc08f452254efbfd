//! The [`Task`] of an invocation, through which its worker supervises it and answers the caller.

use super::capture::CaptureMode;
use super::execute::Invocation;
use super::outcome::{Failure, Outcome};
use flowhost_engine::task::{Phase, StopReason, Task, TaskState};
use flowhost_host_functions::LogOrigin;
use std::cell::RefCell;
use std::task::Context;
use std::time::Instant;
use tokio::sync::oneshot;

type InvocationResult = Result<Outcome, Failure>;

/// The result of an invocation, and the channel to its caller.
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
    /// Runs the invocation and stores its result.
    pub(super) async fn run(&self) {
        let result = self.execute().await;
        // The result is final: no limit stops the invocation while it writes its log.
        self.task_state.set_phase(Phase::Committing);
        self.run_log.flush(&self.log_origin(), Some(&self.context.shared.log_quota)).await;
        self.complete(result);
    }

    fn log_origin(&self) -> LogOrigin<'_> {
        let (node, session) = (&self.request.node, &self.request.session);
        LogOrigin { action: &node.action().manifest.id, tenant: &session.tenant, session: &session.id }
    }

    /// Returns whether the last invocation of this action by this tenant was long-running.
    pub(super) fn is_expected_long_running(&self) -> bool {
        self.context.cpu_history.is_long_running(self.tenant(), self.request.node.action().index)
    }

    fn complete(&self, result: InvocationResult) {
        if let Some(CaptureMode::Record(recorder)) = &self.request.capture {
            self.store_recording(recorder, &result);
        }
        let (node, session) = (&self.request.node, &self.request.session);
        // The history must be current before the reply, because the caller may invoke the action again at once.
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
        let result = self.outcome_for_stop(stop);
        self.run_log.flush_at_once(&self.log_origin(), Some(&self.context.shared.log_quota));
        self.complete(result);
    }

    fn take_yielded(&self) -> bool {
        self.run_log.take_yielded()
    }

    fn send_reply(&self) {
        // The permit must be free before the reply, because the caller may invoke again at once.
        drop(self.permit.take());
        if let (Some(to), Some(answer)) = (self.reply.sender.take(), self.reply.result.take()) {
            // The caller may have dropped its future.
            drop(to.send(answer));
        }
    }
}
