//! The automaton of a pattern: its states and its character classes.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// Maximum number of states of an automaton.
const MAX_STATES: usize = 10_000;
/// The state that ends every match.
const END: u32 = 0;

/// An automaton that decides only whether a text matches.
pub(super) struct Program {
    states: Vec<State>,
    classes: Vec<CharacterClass>,
    start: u32,
    /// Whether a match can begin only at the beginning of the text.
    is_anchored: bool,
}

/// A state and its successors.
pub(super) enum State {
    /// The end of a match.
    End,
    /// Reads one character.
    Character { character: char, next: u32 },
    /// Reads a character of a class.
    Class { class: u32, next: u32 },
    /// Continues if an assertion holds at the current position.
    Look { look: Look, next: u32 },
    /// Continues with both successors.
    Split { first: u32, second: u32 },
}

/// A set of characters.
pub(super) struct CharacterClass {
    /// The first 128 characters, one bit each.
    ascii: u128,
    /// The first and last character of each range, in order.
    ranges: Box<[(char, char)]>,
}

impl CharacterClass {
    fn new(ranges: Box<[(char, char)]>) -> Self {
        let early = || ranges.iter().take_while(|(first, _)| first.is_ascii());
        let has = |code: &u8| early().any(|(first, last)| (*first..=*last).contains(&char::from(*code)));
        let ascii = (0..128_u8).filter(has).fold(0, |ascii, code| ascii | 1_u128 << code);
        Self { ascii, ranges }
    }

    fn from_class(class: &Class) -> Self {
        Self::new(match class {
            Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
            // Only ASCII remains in byte classes, since a pattern matches whole characters.
            Class::Bytes(class) => {
                class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
            }
        })
    }

    pub(super) fn contains(&self, character: char) -> bool {
        if character.is_ascii() {
            return self.ascii >> u32::from(character) & 1 == 1;
        }
        let after = self.ranges.partition_point(|(first, _)| *first <= character);
        after.checked_sub(1).and_then(|index| self.ranges.get(index)).is_some_and(|(_, last)| character <= *last)
    }
}

/// Returns the number of states that a pattern needs, which also determines the cost of compiling. `None`: too many.
pub(super) fn state_count(pattern: &Hir) -> Option<usize> {
    let size = match pattern.kind() {
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Capture(capture) => state_count(&capture.sub)?,
        HirKind::Repetition(Repetition { min, max, sub, .. }) => {
            let times = max.unwrap_or(*min).max(1);
            (state_count(sub)? + 1).checked_mul(usize::try_from(times).ok()?)?
        }
        HirKind::Concat(parts) => parts.iter().try_fold(0_usize, |sum, part| sum.checked_add(state_count(part)?))?,
        HirKind::Alternation(parts) => {
            parts.iter().try_fold(0_usize, |sum, part| sum.checked_add(state_count(part)? + 1))?
        }
    };
    (size < MAX_STATES).then_some(size)
}

impl Program {
    /// Compiles a pattern whose [`state_count`] is within the limit. Returns `None` if a literal is not UTF-8 text.
    pub(super) fn new(pattern: &Hir) -> Option<Self> {
        let mut compiler = Compiler {
            states: vec![State::End],
            classes: Vec::new(),
            class_indexes: HashMap::with_hasher(RandomState::default()),
        };
        let start = compiler.compile(pattern, END)?;
        let Compiler { states, classes, .. } = compiler;
        let is_anchored = pattern.properties().look_set_prefix().contains(Look::Start);
        Some(Self { states, classes, start, is_anchored })
    }

    pub(super) fn state(&self, state: u32) -> Option<&State> {
        self.states.get(state as usize)
    }

    pub(super) fn class_contains(&self, class: u32, character: char) -> bool {
        self.classes.get(class as usize).is_some_and(|class| class.contains(character))
    }

    pub(super) fn start(&self) -> u32 {
        self.start
    }

    pub(super) fn is_anchored(&self) -> bool {
        self.is_anchored
    }

    /// Returns the number of states.
    pub(super) fn state_count(&self) -> usize {
        self.states.len()
    }

    /// Returns the memory of the automaton in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        let ranges: usize = self.classes.iter().map(|class| size_of_val(&*class.ranges)).sum();
        self.states.capacity() * size_of::<State>() + self.classes.capacity() * size_of::<CharacterClass>() + ranges
    }
}

/// Builds states from the end of a pattern to its beginning, so that successors exist before their predecessors.
struct Compiler {
    states: Vec<State>,
    classes: Vec<CharacterClass>,
    /// The indexes of classes by their address in the pattern. A repetition compiles the same class several times.
    class_indexes: HashMap<*const Class, u32, RandomState>,
}

impl Compiler {
    fn push(&mut self, state: State) -> u32 {
        self.states.push(state);
        // [`state_count`] limits the number of states.
        self.states.len() as u32 - 1
    }

    /// Compiles a pattern that continues with `next`, and returns its first state.
    fn compile(&mut self, pattern: &Hir, next: u32) -> Option<u32> {
        Some(match pattern.kind() {
            HirKind::Empty => next,
            HirKind::Literal(literal) => {
                let text = str::from_utf8(&literal.0).ok()?;
                text.chars().rev().fold(next, |next, character| self.push(State::Character { character, next }))
            }
            HirKind::Class(class) => {
                let class = self.compile_class(class);
                self.push(State::Class { class, next })
            }
            HirKind::Look(look) => self.push(State::Look { look: *look, next }),
            HirKind::Capture(capture) => self.compile(&capture.sub, next)?,
            HirKind::Concat(parts) => parts.iter().rev().try_fold(next, |next, part| self.compile(part, next))?,
            HirKind::Alternation(parts) => {
                let mut entries = parts.iter().rev();
                let mut entry = self.compile(entries.next()?, next)?;
                for part in entries {
                    let first = self.compile(part, next)?;
                    entry = self.push(State::Split { first, second: entry });
                }
                entry
            }
            HirKind::Repetition(repetition) => self.compile_repetition(repetition, next)?,
        })
    }

    fn compile_repetition(&mut self, repetition: &Repetition, next: u32) -> Option<u32> {
        let Repetition { min, max, sub, .. } = repetition;
        let mut required = *min;
        let mut entry = next;
        match max {
            Some(max) => {
                for _ in *min..*max {
                    let first = self.compile(sub, entry)?;
                    entry = self.push(State::Split { first, second: next });
                }
            }
            None => {
                let again = self.push(State::Split { first: next, second: next });
                let body = self.compile(sub, again)?;
                if let Some(State::Split { first, .. }) = self.states.get_mut(again as usize) {
                    *first = body;
                }
                entry = if required > 0 { body } else { again };
                required = required.saturating_sub(1);
            }
        }
        for _ in 0..required {
            entry = self.compile(sub, entry)?;
        }
        Some(entry)
    }

    fn compile_class(&mut self, class: &Class) -> u32 {
        if let Some(index) = self.class_indexes.get(&std::ptr::from_ref(class)) {
            return *index;
        }
        let index = self.classes.len() as u32;
        self.classes.push(CharacterClass::from_class(class));
        self.class_indexes.insert(std::ptr::from_ref(class), index);
        index
    }
}
