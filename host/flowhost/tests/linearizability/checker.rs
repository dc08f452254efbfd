//! The search for a legal order of a history: Wing and Gong's, which remembers what it tried as Lowe's does.
//!
//! An order is legal when no operation comes before one that was answered before it was called, and when a model that
//! does one operation at a time, in this order, gives each its outcome and ends in the same state.

use std::collections::HashSet;
use std::hash::Hash;

/// One operation of a history, as far as the search is concerned. Ticks are of one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// The tick at which it was called.
    pub(crate) call: u64,
    /// The tick at which its outcome was there.
    pub(crate) response: u64,
    /// Steps of one class are the same operation with the same outcome: whether they fit a state, and leave it as it
    /// is, needs to be tried with one of them only.
    pub(crate) class: usize,
    /// Its outcome proves that it changed nothing. Then it may come as soon as it fits, without a thought of what else
    /// might have come first: taken out of any legal order and put here, it leaves a legal order.
    pub(crate) read_only: bool,
    /// Where a witness saw it take effect. A hint at what to try first, and trusted in nothing.
    pub(crate) hint: Option<usize>,
}

/// What does one operation at a time.
pub(crate) trait SequentialSpec {
    type State: Clone + Eq + Hash;

    /// The state after this step; `None`: the step has another outcome in this state than in the history.
    fn apply(&mut self, state: &Self::State, step: usize) -> Option<Self::State>;

    /// Whether the history's end is this state.
    fn is_final_state(&mut self, state: &Self::State) -> bool;
}

/// What a search came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CheckResult {
    /// A legal order, by the steps' places in the history.
    Linearizable(Vec<usize>),
    /// There is none; the longest beginning of one.
    NotLinearizable(Vec<usize>),
    /// The search was given up, since a history without a legal order may have more orders than can be tried; the
    /// longest beginning that was found.
    Undecided(Vec<usize>),
}

/// At most so many steps are tried in a search: with good hints a history of 128 takes some hundred.
const MAX_STEPS: usize = 20_000;

/// Looks for a legal order of at most 128 steps.
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

/// Those of the steps that are left before which none of the others must come.
pub(crate) fn minimal_steps(steps: &[Step], left: Vec<usize>) -> Vec<usize> {
    let first = left.iter().map(|step| steps[*step].response).min();
    left.into_iter().filter(|step| first.is_some_and(|first| steps[*step].call < first)).collect()
}

struct Checker<'a, M: SequentialSpec> {
    model: &'a mut M,
    steps: &'a [Step],
    /// What is left, and the state: whence no legal order goes on.
    tried: HashSet<(u128, M::State)>,
    order: Vec<usize>,
    longest: Vec<usize>,
    remaining_steps: usize,
}

impl<M: SequentialSpec> Checker<'_, M> {
    /// Whether the steps that are left can follow in a legal order. `None`: out of patience.
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

    /// Takes the silent steps that fit, all of a class at once.
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

    /// The next steps that may change something: first those that the witness didn't see and that change nothing here,
    /// then those that it saw, then the others.
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

    /// A cell that is written, and read to have a value.
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
