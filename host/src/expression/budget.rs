//! The steps that evaluations take, and the hook that lets other work run in between.

use super::bounds::STEPS;
use super::error::{Fault, Outcome};

/// Bytes of text that one step copies, counts or compares.
const BYTES_PER_STEP: usize = 64;
/// Steps between two calls of the pause hook.
const STEPS_PER_PAUSE: u32 = 1_000;
/// Steps that an evaluation takes before its first operation.
const STEPS_PER_EVALUATION: usize = 4;

/// The steps that the evaluations of one invocation may still take, and the hook that lets other work run in between.
///
/// One evaluation takes at most [`STEPS`] of them. The steps that it took are gone, whether it succeeded or failed.
pub struct Budget<'p> {
    left: u32,
    /// Steps until the next call of the hook, counted over all evaluations.
    until_pause: u32,
    pause: Option<&'p dyn Fn()>,
}

impl<'p> Budget<'p> {
    /// A budget of `steps` without a hook.
    pub fn new(steps: u32) -> Self {
        Self { left: steps, until_pause: STEPS_PER_PAUSE, pause: None }
    }

    /// A budget of `steps` whose evaluations call `pause` between pieces of work: after about 1,000 steps.
    pub fn with_pause(steps: u32, pause: &'p dyn Fn()) -> Self {
        Self { left: steps, until_pause: STEPS_PER_PAUSE, pause: Some(pause) }
    }

    /// Takes steps for work beside an evaluation, and pauses as an evaluation does. False: there are not so many left.
    pub(crate) fn take(&mut self, steps: usize) -> bool {
        let mut fuel = Fuel::of(self);
        let taken = fuel.spend(steps).is_ok();
        fuel.settle(self);
        taken
    }

    /// The steps that are left.
    pub fn steps_left(&self) -> u32 {
        self.left
    }
}

/// The steps that one evaluation has left.
pub(super) struct Fuel<'p> {
    /// Steps until the next pause, or until the end where that is nearer.
    now: u32,
    /// Steps after those.
    later: u32,
    /// Steps that it had when it began.
    granted: u32,
    /// Whether the budget of the whole invocation ends before this evaluation's own.
    is_shared: bool,
    pause: Option<&'p dyn Fn()>,
}

impl<'p> Fuel<'p> {
    /// The steps that one evaluation may take of a budget.
    pub(super) fn of(budget: &Budget<'p>) -> Self {
        let granted = budget.left.min(STEPS);
        let now = budget.until_pause.min(granted);
        let is_shared = budget.left < STEPS;
        Self { now, later: granted - now, granted, is_shared, pause: budget.pause }
    }

    /// Takes what the evaluation took from its budget.
    pub(super) fn settle(&self, budget: &mut Budget<'_>) {
        let taken = self.granted.saturating_sub(self.now + self.later);
        budget.left = budget.left.saturating_sub(taken);
        budget.until_pause = self.now;
    }

    /// Takes the steps of an evaluation that begins.
    pub(super) fn begin(&mut self) -> Outcome<()> {
        self.spend(STEPS_PER_EVALUATION)
    }

    /// Takes `steps`, or says that there are not so many left.
    pub(super) fn spend(&mut self, steps: usize) -> Outcome<()> {
        match (self.now as usize).checked_sub(steps) {
            Some(left) => {
                // No more than there was.
                self.now = left as u32;
                Ok(())
            }
            None => self.spend_later(steps),
        }
    }

    /// Takes `steps` beyond the next pause.
    #[cold]
    fn spend_later(&mut self, steps: usize) -> Outcome<()> {
        let left = u32::try_from(steps).ok().and_then(|steps| (self.now + self.later).checked_sub(steps));
        let Some(left) = left else {
            // The rest is gone too, so that nothing cheaper runs after the failure.
            (self.now, self.later) = (0, 0);
            return Err(self.exhausted());
        };
        self.now = left.min(STEPS_PER_PAUSE);
        self.later = left - self.now;
        self.pause();
        Ok(())
    }

    /// Takes what handling `bytes` of text costs.
    pub(super) fn spend_bytes(&mut self, bytes: usize) -> Outcome<()> {
        self.spend(1 + bytes / BYTES_PER_STEP)
    }

    /// Gives back steps that were taken for work that was not done.
    pub(super) fn refund(&mut self, steps: usize) {
        // They were taken from the same 32 bits.
        self.now = self.now.saturating_add(u32::try_from(steps).unwrap_or(0));
    }

    /// Lets other work run in the middle of work that is already paid for.
    pub(super) fn pause(&self) {
        if let Some(pause) = self.pause {
            pause();
        }
    }

    fn exhausted(&self) -> Box<Fault> {
        let message = if self.is_shared {
            "the expressions of this invocation take too much work together: evaluate fewer of them, or use shorter \
             lists and texts"
        } else {
            "the expression takes too much work to evaluate: use shorter lists and texts, or fewer operations"
        };
        Fault::too_large("steps", message)
    }
}
