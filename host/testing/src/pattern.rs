//! Regular expressions of `$matches`, which find a match anywhere in a text in linear time.

use regex_automata::nfa::thompson::pikevm::PikeVM;

/// Returns whether the pattern occurs in the text. `None`: the pattern does not parse.
pub(crate) fn find_match(pattern: &str, text: &str) -> Option<bool> {
    let machine = PikeVM::new(pattern).ok()?;
    let mut cache = machine.create_cache();
    Some(machine.is_match(&mut cache, text))
}
