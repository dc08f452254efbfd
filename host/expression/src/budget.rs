//! The step budget of evaluations, and the hook that lets other work run during one.

use super::error::{EvalError, EvalResult};
use super::limits::MAX_STEPS;

/// Bytes of text that one step pays for copying, counting or comparing.
const BYTES_PER_STEP: usize = 64;
/// Steps between two calls of the pause hook.
const STEPS_PER_PAUSE: u32 = 1_000;
/// Steps that an evaluation costs before its first operation.
const STEPS_PER_EVALUATION: usize = 4;

/// The remaining steps for the evaluations of one invocation, and the hook that lets other work run during them.
///
/// One evaluation takes at most [`MAX_STEPS`] steps. A failed evaluation costs its steps like a successful one.
pub struct Budget<'p> {
    remaining: u32,
    /// Steps until the next call of the hook, counted across evaluations.
    until_pause: u32,
    pause: Option<&'p dyn Fn()>,
}

impl<'p> Budget<'p> {
    /// Creates a budget of `steps` without a hook.
    pub fn new(steps: u32) -> Self {
        Self { remaining: steps, until_pause: STEPS_PER_PAUSE, pause: None }
    }

    /// Creates a budget of `steps` whose evaluations call `pause` about every 1,000 steps.
    pub fn with_pause(steps: u32, pause: &'p dyn Fn()) -> Self {
        Self { remaining: steps, until_pause: STEPS_PER_PAUSE, pause: Some(pause) }
    }

    /// Takes steps for work outside an evaluation, and calls the hook like an evaluation. Returns false if too few
    /// steps are left.
    pub fn spend_steps(&mut self, steps: usize) -> bool {
        let mut fuel = Fuel::new(self);
        let taken = fuel.spend(steps).is_ok();
        fuel.charge_to(self);
        taken
    }

    /// Returns the remaining steps.
    pub fn steps_left(&self) -> u32 {
        self.remaining
    }
}

/// The remaining steps of one evaluation.
pub(super) struct Fuel<'p> {
    /// Steps until the next pause, or until the end if that is sooner.
    until_pause: u32,
    /// Steps after those.
    after_pause: u32,
    /// Steps granted at the start of the evaluation.
    granted: u32,
    /// Whether the budget of the whole invocation ends before the limit of this evaluation.
    is_shared: bool,
    pause: Option<&'p dyn Fn()>,
}

impl<'p> Fuel<'p> {
    /// Grants one evaluation its steps from a budget.
    pub(super) fn new(budget: &Budget<'p>) -> Self {
        let granted = budget.remaining.min(MAX_STEPS);
        let until_pause = budget.until_pause.min(granted);
        let is_shared = budget.remaining < MAX_STEPS;
        Self { until_pause, after_pause: granted - until_pause, granted, is_shared, pause: budget.pause }
    }

    /// Charges the steps of the evaluation to its budget.
    pub(super) fn charge_to(&self, budget: &mut Budget<'_>) {
        let taken = self.granted.saturating_sub(self.until_pause + self.after_pause);
        budget.remaining = budget.remaining.saturating_sub(taken);
        budget.until_pause = self.until_pause;
    }

    /// Takes the base cost of an evaluation.
    pub(super) fn spend_base_cost(&mut self) -> EvalResult<()> {
        self.spend(STEPS_PER_EVALUATION)
    }

    /// Takes `steps`. Error: fewer steps are left.
    pub(super) fn spend(&mut self, steps: usize) -> EvalResult<()> {
        match (self.until_pause as usize).checked_sub(steps) {
            Some(left) => {
                // The result is at most the previous `u32` value.
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
            // The rest is also spent, because nothing cheaper may run after the failure.
            (self.until_pause, self.after_pause) = (0, 0);
            return Err(self.exhausted_error());
        };
        self.until_pause = left.min(STEPS_PER_PAUSE);
        self.after_pause = left - self.until_pause;
        self.pause();
        Ok(())
    }

    /// Takes the steps for handling `bytes` of text.
    pub(super) fn spend_bytes(&mut self, bytes: usize) -> EvalResult<()> {
        self.spend(1 + bytes / BYTES_PER_STEP)
    }

    /// Returns unused steps to the evaluation.
    pub(super) fn refund(&mut self, steps: usize) {
        // The evaluation has taken these steps from a `u32`.
        self.until_pause = self.until_pause.saturating_add(u32::try_from(steps).unwrap_or(0));
    }

    /// Calls the hook during work that is already paid for.
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
