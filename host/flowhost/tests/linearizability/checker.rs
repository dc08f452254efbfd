//! The search for a legal order of a history: the algorithm of Wing and Gong with Lowe's memoisation.
//!
//! A legal order fulfils two conditions. An operation that returned before another was called precedes it. A model that
//! executes the operations one at a time in this order returns the same outcomes and ends in the same state.

use std::collections::HashSet;
use std::hash::Hash;

/// One operation of a history. All ticks come from one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// The tick of the call.
    pub(crate) call: u64,
    /// The tick of the response.
    pub(crate) response: u64,
    /// Steps of one class are the same operation with the same outcome: the search applies only one of them to a state.
    pub(crate) class: usize,
    /// Whether the outcome proves that the operation changed nothing. The search takes such a step as soon as it fits:
    /// moving it forward to this place in any legal order gives a legal order.
    pub(crate) read_only: bool,
    /// The index of the commit of this operation in the store's log. It only determines what the search tries first.
    pub(crate) hint: Option<usize>,
}

/// A model that executes one operation at a time.
pub(crate) trait SequentialSpec {
    type State: Clone + Eq + Hash;

    /// The state after this step. `None`: the step's outcome in this state differs from the history.
    fn apply(&mut self, state: &Self::State, step: usize) -> Option<Self::State>;

    /// Whether the history ends in this state.
    fn is_final_state(&mut self, state: &Self::State) -> bool;
}

/// The result of a search.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CheckResult {
    /// A legal order, as indices of steps.
    Linearizable(Vec<usize>),
    /// There is no legal order. The value is the longest prefix that was found.
    NotLinearizable(Vec<usize>),
    /// The search exceeded `MAX_STEPS`: a history without a legal order may have too many orders to try. The value is
    /// the longest prefix that was found.
    Undecided(Vec<usize>),
}

/// Limit for the steps that a search tries. With good hints, a history of 128 operations takes a few hundred.
const MAX_STEPS: usize = 20_000;

/// Searches for a legal order of at most 128 steps.
pub(crate) fn check<M: SequentialSpec>(model: &mut M, start: &M::State, steps: &[Step]) -> CheckResult {
    assert!(steps.len() <= 128);
    let all = (0..steps.len()).fold(0, |all, step| all | 1 << step);
    let mut search = Checker {
        model,
        steps,
        tried: HashSet::new(),
        order: Vec::new(),
        longest: Vec::new(),
        remaining_steps: MAX_STEPS,
    };
    match search.explore(all, start.clone()) {
        Some(true) => CheckResult::Linearizable(search.order),
        Some(false) => CheckResult::NotLinearizable(search.longest),
        None => CheckResult::Undecided(search.longest),
    }
}

/// The remaining steps that no other remaining step must precede.
pub(crate) fn minimal_steps(steps: &[Step], left: Vec<usize>) -> Vec<usize> {
    let first = left.iter().map(|step| steps[*step].response).min();
    left.into_iter().filter(|step| first.is_some_and(|first| steps[*step].call < first)).collect()
}

struct Checker<'a, M: SequentialSpec> {
    model: &'a mut M,
    steps: &'a [Step],
    /// Pairs of remaining steps and state that the search has visited. No legal order continues from them.
    tried: HashSet<(u128, M::State)>,
    order: Vec<usize>,
    longest: Vec<usize>,
    remaining_steps: usize,
}

impl<M: SequentialSpec> Checker<'_, M> {
    /// Whether the remaining steps can follow in a legal order. `None`: the search exceeded its limit.
    fn explore(&mut self, mut left: u128, state: M::State) -> Option<bool> {
        let before = self.order.len();
        while let Some(taken) = self.take_read_only(left, &state)? {
            left &= !taken;
        }
        if self.order.len() > self.longest.len() {
            self.longest.clone_from(&self.order);
        }
        if left == 0 && self.model.is_final_state(&state) {
            return Some(true);
        }
        if left != 0 && self.tried.insert((left, state.clone())) {
            for step in self.by_hint(left, &state)? {
                if let Some(next) = self.attempt(&state, step)? {
                    self.order.push(step);
                    if self.explore(left & !(1 << step), next)? {
                        return Some(true);
                    }
                    self.order.pop();
                }
            }
        }
        self.order.truncate(before);
        Some(false)
    }

    fn attempt(&mut self, state: &M::State, step: usize) -> Option<Option<M::State>> {
        self.remaining_steps = self.remaining_steps.checked_sub(1)?;
        Some(self.model.apply(state, step))
    }

    fn candidates(&self, left: u128) -> Vec<usize> {
        minimal_steps(self.steps, (0..self.steps.len()).filter(|step| left & 1 << step != 0).collect())
    }

    /// Takes the read-only steps that fit this state, all steps of a class at once.
    fn take_read_only(&mut self, left: u128, state: &M::State) -> Option<Option<u128>> {
        let next = self.candidates(left);
        let (mut seen, mut taken) = (HashSet::new(), 0);
        for step in next.iter().copied().filter(|step| self.steps[*step].read_only) {
            let class = self.steps[step].class;
            if seen.insert(class) && self.attempt(state, step)?.is_some_and(|after| after == *state) {
                for same in next.iter().copied().filter(|other| self.steps[*other].class == class) {
                    self.order.push(same);
                    taken |= 1 << same;
                }
            }
        }
        Some((taken != 0).then_some(taken))
    }

    /// The next steps that may change something. First the steps without a hint that change nothing in this state, then
    /// the steps with a hint, then the others.
    fn by_hint(&mut self, left: u128, state: &M::State) -> Option<Vec<usize>> {
        let next = self.candidates(left).into_iter().filter(|step| !self.steps[*step].read_only);
        let (mut seen, unseen): (Vec<_>, Vec<_>) = next.partition(|step| self.steps[*step].hint.is_some());
        seen.sort_by_key(|step| self.steps[*step].hint);
        let (mut idle, mut others, mut classes) = (Vec::new(), Vec::new(), HashSet::new());
        for step in unseen {
            let known = !classes.insert(self.steps[step].class);
            match known || self.attempt(state, step)?.is_none_or(|after| after != *state) {
                true => others.push(step),
                false => idle.push(step),
            }
        }
        idle.extend(seen);
        idle.extend(others);
        Some(idle)
    }
}

mod tests {
    use super::*;

    /// A write of a value to a cell, or a read that returns a value.
    #[derive(Clone, Copy)]
    enum Cell {
        Write(u32),
        Read(u32),
    }

    struct Cells<'a>(&'a [(Cell, u64, u64)], Option<u32>);

    impl SequentialSpec for Cells<'_> {
        type State = u32;

        fn apply(&mut self, state: &u32, step: usize) -> Option<u32> {
            match self.0[step].0 {
                Cell::Write(value) => Some(value),
                Cell::Read(value) => (value == *state).then_some(value),
            }
        }

        fn is_final_state(&mut self, state: &u32) -> bool {
            self.1.is_none_or(|end| end == *state)
        }
    }

    fn check_history(history: &[(Cell, u64, u64)], end: Option<u32>) -> CheckResult {
        let steps = history.iter().enumerate().map(|(class, (cell, call, answer))| Step {
            call: *call,
            response: *answer,
            class,
            read_only: matches!(cell, Cell::Read(_)),
            hint: None,
        });
        check(&mut Cells(history, end), &0, &steps.collect::<Vec<_>>())
    }

    use Cell::{Read, Write};

    #[test]
    fn a_concurrent_write_may_be_read_or_not() {
        let history = [(Write(1), 0, 9), (Read(0), 1, 2), (Read(1), 3, 4)];
        assert_eq!(check_history(&history, None), CheckResult::Linearizable(vec![1, 0, 2]));
    }

    #[test]
    fn an_operation_precedes_those_called_after_its_response() {
        assert_eq!(check_history(&[(Write(1), 0, 1), (Read(0), 2, 3)], None), CheckResult::NotLinearizable(vec![0]));
    }

    #[test]
    fn a_value_read_once_is_not_undone() {
        let history = [(Write(1), 0, 9), (Read(1), 1, 2), (Read(0), 3, 4)];
        assert!(matches!(check_history(&history, None), CheckResult::NotLinearizable(_)));
    }

    #[test]
    fn the_final_state_determines_the_last_write() {
        let history = [(Write(1), 0, 9), (Write(2), 1, 8)];
        assert_eq!(check_history(&history, Some(1)), CheckResult::Linearizable(vec![1, 0]));
        assert_eq!(check_history(&history, Some(3)), CheckResult::NotLinearizable(vec![0, 1]));
    }

    #[test]
    fn two_readers_see_two_writes_in_one_order() {
        let history =
            [(Write(1), 0, 9), (Write(2), 0, 9), (Read(1), 1, 2), (Read(2), 3, 4), (Read(2), 1, 2), (Read(1), 3, 4)];
        assert!(matches!(check_history(&history, None), CheckResult::NotLinearizable(_)));
        assert!(matches!(check_history(&history[..4], None), CheckResult::Linearizable(_)));
    }

    #[test]
    fn a_wrong_hint_does_not_change_the_result() {
        let history = [(Write(1), 0, 9), (Write(2), 0, 9), (Write(3), 0, 9)];
        let hints = [Some(2), Some(0), Some(1)];
        let steps = hints.iter().enumerate().map(|(class, hint)| Step {
            call: 0,
            response: 9,
            class,
            read_only: false,
            hint: *hint,
        });
        let found = check(&mut Cells(&history, Some(2)), &0, &steps.collect::<Vec<_>>());
        assert!(matches!(&found, CheckResult::Linearizable(order) if order.last() == Some(&1)), "{found:?}");
    }
}
