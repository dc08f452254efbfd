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
    pub(crate) answer: u64,
    /// Steps of one class are the same operation with the same outcome: whether they fit a state, and leave it as it
    /// is, needs to be tried with one of them only.
    pub(crate) class: usize,
    /// Its outcome proves that it changed nothing. Then it may come as soon as it fits, without a thought of what else
    /// might have come first: taken out of any legal order and put here, it leaves a legal order.
    pub(crate) silent: bool,
    /// Where a witness saw it take effect. A hint at what to try first, and trusted in nothing.
    pub(crate) hint: Option<usize>,
}

/// What does one operation at a time.
pub(crate) trait Sequential {
    type State: Clone + Eq + Hash;

    /// The state after this step; `None`: the step has another outcome in this state than in the history.
    fn after(&mut self, state: &Self::State, step: usize) -> Option<Self::State>;

    /// Whether the history's end is this state.
    fn is_end(&mut self, state: &Self::State) -> bool;
}

/// What a search came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A legal order, by the steps' places in the history.
    Order(Vec<usize>),
    /// There is none; the longest beginning of one.
    Nothing(Vec<usize>),
    /// The search was given up, since a history without a legal order may have more orders than can be tried; the
    /// longest beginning that was found.
    TooMuch(Vec<usize>),
}

/// At most so many steps are tried in a search: with good hints a history of 128 takes some hundred.
const PATIENCE: usize = 20_000;

/// Looks for a legal order of at most 128 steps.
pub(crate) fn search<M: Sequential>(model: &mut M, start: &M::State, steps: &[Step]) -> Found {
    assert!(steps.len() <= 128);
    let all = (0..steps.len()).fold(0, |all, step| all | 1 << step);
    let mut search =
        Search { model, steps, tried: HashSet::new(), order: Vec::new(), longest: Vec::new(), patience: PATIENCE };
    match search.from(all, start.clone()) {
        Some(true) => Found::Order(search.order),
        Some(false) => Found::Nothing(search.longest),
        None => Found::TooMuch(search.longest),
    }
}

/// Those of the steps that are left before which none of the others must come.
pub(crate) fn next(steps: &[Step], left: Vec<usize>) -> Vec<usize> {
    let first = left.iter().map(|step| steps[*step].answer).min();
    left.into_iter().filter(|step| first.is_some_and(|first| steps[*step].call < first)).collect()
}

struct Search<'a, M: Sequential> {
    model: &'a mut M,
    steps: &'a [Step],
    /// What is left, and the state: whence no legal order goes on.
    tried: HashSet<(u128, M::State)>,
    order: Vec<usize>,
    longest: Vec<usize>,
    patience: usize,
}

impl<M: Sequential> Search<'_, M> {
    /// Whether the steps that are left can follow in a legal order. `None`: out of patience.
    fn from(&mut self, mut left: u128, state: M::State) -> Option<bool> {
        let before = self.order.len();
        while let Some(taken) = self.silent(left, &state)? {
            left &= !taken;
        }
        if self.order.len() > self.longest.len() {
            self.longest.clone_from(&self.order);
        }
        if left == 0 && self.model.is_end(&state) {
            return Some(true);
        }
        if left != 0 && self.tried.insert((left, state.clone())) {
            for step in self.by_hint(left, &state)? {
                if let Some(next) = self.attempt(&state, step)? {
                    self.order.push(step);
                    if self.from(left & !(1 << step), next)? {
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
        self.patience = self.patience.checked_sub(1)?;
        Some(self.model.after(state, step))
    }

    fn next(&self, left: u128) -> Vec<usize> {
        next(self.steps, (0..self.steps.len()).filter(|step| left & 1 << step != 0).collect())
    }

    /// Takes the silent steps that fit, all of a class at once.
    fn silent(&mut self, left: u128, state: &M::State) -> Option<Option<u128>> {
        let next = self.next(left);
        let (mut seen, mut taken) = (HashSet::new(), 0);
        for step in next.iter().copied().filter(|step| self.steps[*step].silent) {
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
        let next = self.next(left).into_iter().filter(|step| !self.steps[*step].silent);
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
        Reads(u32),
    }

    struct Cells<'a>(&'a [(Cell, u64, u64)], Option<u32>);

    impl Sequential for Cells<'_> {
        type State = u32;

        fn after(&mut self, state: &u32, step: usize) -> Option<u32> {
            match self.0[step].0 {
                Cell::Write(value) => Some(value),
                Cell::Reads(value) => (value == *state).then_some(value),
            }
        }

        fn is_end(&mut self, state: &u32) -> bool {
            self.1.is_none_or(|end| end == *state)
        }
    }

    fn order(history: &[(Cell, u64, u64)], end: Option<u32>) -> Found {
        let steps = history.iter().enumerate().map(|(class, (cell, call, answer))| Step {
            call: *call,
            answer: *answer,
            class,
            silent: matches!(cell, Cell::Reads(_)),
            hint: None,
        });
        search(&mut Cells(history, end), &0, &steps.collect::<Vec<_>>())
    }

    use Cell::{Reads, Write};

    #[test]
    fn a_write_that_is_being_done_may_be_read_or_not() {
        let history = [(Write(1), 0, 9), (Reads(0), 1, 2), (Reads(1), 3, 4)];
        assert_eq!(order(&history, None), Found::Order(vec![1, 0, 2]));
    }

    #[test]
    fn what_was_answered_comes_before_what_is_called_then() {
        assert_eq!(order(&[(Write(1), 0, 1), (Reads(0), 2, 3)], None), Found::Nothing(vec![0]));
    }

    #[test]
    fn what_was_read_once_stays_so() {
        let history = [(Write(1), 0, 9), (Reads(1), 1, 2), (Reads(0), 3, 4)];
        assert!(matches!(order(&history, None), Found::Nothing(_)));
    }

    #[test]
    fn the_end_tells_which_was_last() {
        let history = [(Write(1), 0, 9), (Write(2), 1, 8)];
        assert_eq!(order(&history, Some(1)), Found::Order(vec![1, 0]));
        assert_eq!(order(&history, Some(3)), Found::Nothing(vec![0, 1]));
    }

    #[test]
    fn two_readers_see_two_writes_in_one_order() {
        let history = [
            (Write(1), 0, 9),
            (Write(2), 0, 9),
            (Reads(1), 1, 2),
            (Reads(2), 3, 4),
            (Reads(2), 1, 2),
            (Reads(1), 3, 4),
        ];
        assert!(matches!(order(&history, None), Found::Nothing(_)));
        assert!(matches!(order(&history[..4], None), Found::Order(_)));
    }

    #[test]
    fn a_wrong_hint_does_no_harm() {
        let history = [(Write(1), 0, 9), (Write(2), 0, 9), (Write(3), 0, 9)];
        let hints = [Some(2), Some(0), Some(1)];
        let steps = hints.iter().enumerate().map(|(class, hint)| Step {
            call: 0,
            answer: 9,
            class,
            silent: false,
            hint: *hint,
        });
        let found = search(&mut Cells(&history, Some(2)), &0, &steps.collect::<Vec<_>>());
        assert!(matches!(&found, Found::Order(order) if order.last() == Some(&1)), "{found:?}");
    }
}
