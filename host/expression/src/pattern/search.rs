//! The search for a match: a simulation of all states at once, character by character.

use regex_syntax::hir::Look;

use super::super::budget::Fuel;
use super::super::error::EvalResult;
use super::program::{Program, State};

/// Visited states that one step pays for.
const VISITS_PER_STEP: usize = 6;
/// Visited states between two charges, plus those of one character.
const VISITS_PER_CHARGE: usize = 256;
/// The weight of a word assertion, in visits.
const VISITS_PER_WORD: usize = 8;

/// Returns whether an automaton matches anywhere in a text.
pub(super) fn is_match(program: &Program, fuel: &mut Fuel<'_>, text: &str) -> EvalResult<bool> {
    fuel.spend(2 + program.state_count() / 32)?;
    let mut search = Search {
        program,
        seen: vec![0; program.state_count()],
        round: 0,
        pending: Vec::new(),
        active: Vec::new(),
        visits: 0,
    };
    let mut before = None;
    let mut characters = text.chars();
    loop {
        let after = characters.next();
        if before.is_none() || !program.is_anchored() {
            search.pending.push(program.start());
        } else if search.pending.is_empty() {
            return Ok(false);
        }
        let is_found = search.epsilon_closure(before, after);
        if let (false, Some(character)) = (is_found, after) {
            search.step_character(character);
        }
        if search.visits >= VISITS_PER_CHARGE || is_found || after.is_none() {
            fuel.spend(1 + search.visits / VISITS_PER_STEP)?;
            search.visits = 0;
        }
        if is_found || after.is_none() {
            return Ok(is_found);
        }
        before = after;
    }
}

struct Search<'p> {
    program: &'p Program,
    /// The round of the last visit to each state.
    seen: Vec<u32>,
    round: u32,
    /// States to follow without reading a character.
    pending: Vec<u32>,
    /// States that need the next character.
    active: Vec<u32>,
    /// Visits that are not yet charged.
    visits: usize,
}

impl Search<'_> {
    /// Follows the pending states as far as possible without reading a character. Returns whether one of them ends a
    /// match.
    fn epsilon_closure(&mut self, before: Option<char>, after: Option<char>) -> bool {
        // The round does not overflow, since the length of a text is limited.
        self.round += 1;
        self.active.clear();
        while let Some(at) = self.pending.pop() {
            self.visits += 1;
            match self.seen.get_mut(at as usize) {
                Some(seen) if *seen != self.round => *seen = self.round,
                _ => continue,
            }
            match self.program.state(at) {
                Some(State::End) => return true,
                Some(State::Character { .. } | State::Class { .. }) => self.active.push(at),
                Some(State::Split { first, second }) => self.pending.extend([*second, *first]),
                Some(State::Look { look, next }) => {
                    self.visits += if Look::WordAscii.as_repr() <= look.as_repr() { VISITS_PER_WORD } else { 0 };
                    if assertion_holds(*look, before, after) {
                        self.pending.push(*next);
                    }
                }
                None => {}
            }
        }
        false
    }

    /// Reads a character, and makes the states after it pending.
    fn step_character(&mut self, character: char) {
        self.visits += self.active.len() * if character.is_ascii() { 1 } else { 3 };
        for at in &self.active {
            let next = match self.program.state(*at) {
                Some(State::Character { character: expected, next }) if *expected == character => *next,
                Some(State::Class { class, next }) if self.program.class_contains(*class, character) => *next,
                _ => continue,
            };
            self.pending.push(next);
        }
    }
}

/// Returns whether an assertion holds between two characters.
fn assertion_holds(look: Look, before: Option<char>, after: Option<char>) -> bool {
    let unicode = |side: Option<char>| side.is_some_and(is_word);
    let ascii = |side: Option<char>| side.is_some_and(|side| side.is_ascii_alphanumeric() || side == '_');
    match look {
        Look::Start => before.is_none(),
        Look::End => after.is_none(),
        Look::StartLF => matches!(before, None | Some('\n')),
        Look::EndLF => matches!(after, None | Some('\n')),
        Look::StartCRLF => matches!(before, None | Some('\n')) || (before == Some('\r') && after != Some('\n')),
        Look::EndCRLF => matches!(after, None | Some('\r')) || (after == Some('\n') && before != Some('\r')),
        Look::WordAscii => ascii(before) != ascii(after),
        Look::WordAsciiNegate => ascii(before) == ascii(after),
        Look::WordUnicode => unicode(before) != unicode(after),
        Look::WordUnicodeNegate => unicode(before) == unicode(after),
        Look::WordStartAscii => !ascii(before) && ascii(after),
        Look::WordEndAscii => ascii(before) && !ascii(after),
        Look::WordStartUnicode => !unicode(before) && unicode(after),
        Look::WordEndUnicode => unicode(before) && !unicode(after),
        Look::WordStartHalfAscii => !ascii(before),
        Look::WordEndHalfAscii => !ascii(after),
        Look::WordStartHalfUnicode => !unicode(before),
        Look::WordEndHalfUnicode => !unicode(after),
    }
}

/// Returns whether a character is a word character. The function cannot fail, since the build includes the Unicode
/// tables.
fn is_word(character: char) -> bool {
    regex_syntax::try_is_word_character(character).unwrap_or(false)
}
