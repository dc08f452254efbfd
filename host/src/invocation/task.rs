//! An invocation as its worker sees it: a task with somebody who waits for it.

use super::execute::Invocation;
use super::outcome::{Failure, Outcome};
use crate::capability::Origin;
use crate::engine::governor::{Course, Stop, Task};
use std::cell::RefCell;
use std::task::Context;
use std::time::Instant;
use tokio::sync::oneshot;

type Answer = Result<Outcome, Failure>;

/// What came of an invocation, and whom to tell.
pub(super) struct Reply {
    to: RefCell<Option<oneshot::Sender<Answer>>>,
    answer: RefCell<Option<Answer>>,
}

impl Reply {
    pub(super) fn new(to: oneshot::Sender<Answer>) -> Self {
        Self { to: RefCell::new(Some(to)), answer: RefCell::default() }
    }
}

impl Invocation {
    /// Its work, whole.
    pub(super) async fn work(&self) {
        self.conclude(self.execute().await);
    }

    /// Whether it will compute for long, as far as the last one tells.
    pub(super) fn is_expected_heavy(&self) -> bool {
        self.workshop.burdens.expect(self.tenant(), self.request.node.action().index)
    }

    fn conclude(&self, answer: Answer) {
        let (node, session) = (&self.request.node, &self.request.session);
        let origin = Origin { action: &node.action().manifest.id, tenant: &session.tenant, session: &session.id };
        self.journal.publish(&origin, Some(&self.workshop.shared.log_quota));
        // Before anybody is answered, who may come again at once.
        self.workshop.burdens.learn(&session.tenant, node.action().index, self.course.spent_until(Instant::now()));
        *self.reply.answer.borrow_mut() = Some(answer);
    }
}

impl Task for Invocation {
    fn course(&self) -> &Course {
        &self.course
    }

    fn is_abandoned(&self, cx: &mut Context<'_>) -> bool {
        self.reply.to.borrow_mut().as_mut().is_some_and(|to| to.poll_closed(cx).is_ready())
    }

    fn stop(&self, stop: Stop) {
        self.conclude(self.stopped(stop));
    }

    fn has_yielded(&self) -> bool {
        self.journal.has_yielded()
    }

    fn answer(&self) {
        // Before the answer, after which the caller may invoke again.
        drop(self.permit.take());
        if let (Some(to), Some(answer)) = (self.reply.to.take(), self.reply.answer.take()) {
            // Whoever waited may be gone.
            drop(to.send(answer));
        }
    }
}
