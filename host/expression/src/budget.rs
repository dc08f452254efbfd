//! The steps that evaluations take, and the hook that lets other work run in between.

use super::error::{EvalError, EvalResult};
use super::limits::MAX_STEPS;

/// Bytes of text that one step copies, counts or compares.
const BYTES_PER_STEP: usize = 64;
/// Steps between two calls of the pause hook.
const STEPS_PER_PAUSE: u32 = 1_000;
/// Steps that an evaluation takes before its first operation.
const STEPS_PER_EVALUATION: usize = 4;

/// The steps that the evaluations of one invocation may still take, and the hook that lets other work run in between.
///
/// One evaluation takes at most [`MAX_STEPS`] of them. The steps that it took are gone, whether it succeeded or failed.
pub struct Budget<'p> {
    remaining: u32,
    /// Steps until the next call of the hook, counted over all evaluations.
    until_pause: u32,
    pause: Option<&'p dyn Fn()>,
}

impl<'p> Budget<'p> {
    /// A budget of `steps` without a hook.
    pub fn new(steps: u32) -> Self {
        Self { remaining: steps, until_pause: STEPS_PER_PAUSE, pause: None }
    }

    /// A budget of `steps` whose evaluations call `pause` between pieces of work: after about 1,000 steps.
    pub fn with_pause(steps: u32, pause: &'p dyn Fn()) -> Self {
        Self { remaining: steps, until_pause: STEPS_PER_PAUSE, pause: Some(pause) }
    }

    /// Takes steps for work beside an evaluation, and pauses as an evaluation does. False: there are not so many left.
    pub(crate) fn spend_steps(&mut self, steps: usize) -> bool {
        let mut fuel = Fuel::new(self);
        let taken = fuel.spend(steps).is_ok();
        fuel.charge_to(self);
        taken
    }

    /// The steps that are left.
    pub fn steps_left(&self) -> u32 {
        self.remaining
    }
}

/// The steps that one evaluation has left.
pub(super) struct Fuel<'p> {
    /// Steps until the next pause, or until the end where that is nearer.
    until_pause: u32,
    /// Steps after those.
    after_pause: u32,
    /// Steps that it had when it began.
    granted: u32,
    /// Whether the budget of the whole invocation ends before this evaluation's own.
    is_shared: bool,
    pause: Option<&'p dyn Fn()>,
}

impl<'p> Fuel<'p> {
    /// The steps that one evaluation may take of a budget.
    pub(super) fn new(budget: &Budget<'p>) -> Self {
        let granted = budget.remaining.min(MAX_STEPS);
        let until_pause = budget.until_pause.min(granted);
        let is_shared = budget.remaining < MAX_STEPS;
        Self { until_pause, after_pause: granted - until_pause, granted, is_shared, pause: budget.pause }
    }

    /// Takes what the evaluation took from its budget.
    pub(super) fn charge_to(&self, budget: &mut Budget<'_>) {
        let taken = self.granted.saturating_sub(self.until_pause + self.after_pause);
        budget.remaining = budget.remaining.saturating_sub(taken);
        budget.until_pause = self.until_pause;
    }

    /// Takes the steps of an evaluation that begins.
    pub(super) fn spend_base_cost(&mut self) -> EvalResult<()> {
        self.spend(STEPS_PER_EVALUATION)
    }

    /// Takes `steps`, or says that there are not so many left.
    pub(super) fn spend(&mut self, steps: usize) -> EvalResult<()> {
        match (self.until_pause as usize).checked_sub(steps) {
            Some(left) => {
                // No more than there was.
                self.until_pause = left as u32;
                Ok(())
            }
            None => self.spend_beyond_pause(steps),
        }
    }

    /// Takes `steps` beyond the next pause.
    #[cold]
    fn spend_beyond_pause(&mut self, steps: usize) -> EvalResult<()> {
        let left = u32::try_from(steps).ok().and_then(|steps| (self.until_pause + self.after_pause).checked_sub(steps));
        let Some(left) = left else {
            // The rest is gone too, so that nothing cheaper runs after the failure.
            (self.until_pause, self.after_pause) = (0, 0);
            return Err(self.exhausted_error());
        };
        self.until_pause = left.min(STEPS_PER_PAUSE);
        self.after_pause = left - self.until_pause;
        self.pause();
        Ok(())
    }

    /// Takes what handling `bytes` of text costs.
    pub(super) fn spend_bytes(&mut self, bytes: usize) -> EvalResult<()> {
        self.spend(1 + bytes / BYTES_PER_STEP)
    }

    /// Gives back steps that were taken for work that was not done.
    pub(super) fn refund(&mut self, steps: usize) {
        // They were taken from the same 32 bits.
        self.until_pause = self.until_pause.saturating_add(u32::try_from(steps).unwrap_or(0));
    }

    /// Lets other work run in the middle of work that is already paid for.
    pub(super) fn pause(&self) {
        if let Some(pause) = self.pause {
            pause();
        }
    }

    fn exhausted_error(&self) -> Box<EvalError> {
        let message = if self.is_shared {
            "the expressions of this invocation take too much work together: evaluate fewer of them, or use shorter \
             lists and texts"
        } else {
            "the expression takes too much work to evaluate: use shorter lists and texts, or fewer operations"
        };
        EvalError::too_large("steps", message)
    }
}
