//! What holds for every message, code and place that is told.

use flowhost::invocation::codes::{CodeClass, class};

/// Characters of the longest message. What it quotes of an input is cut much shorter than the input may be.
const MAX_MESSAGE_CHARACTERS: usize = 2_000;

/// A message is there, on one line, without anything that a terminal would obey, and no longer than people read.
pub(crate) fn check_message(message: &str) {
    assert!(!message.is_empty());
    assert!(!message.chars().any(char::is_control), "it has control characters: {message:?}");
    assert!(message.chars().count() <= MAX_MESSAGE_CHARACTERS, "it is too long: {message:.200}…");
}

/// A code is documented, and of one of these classes.
pub(crate) fn check_code(code: &str, classes: &[CodeClass]) {
    assert!(class(code).is_some_and(|class| classes.contains(&class)), "the code {code} is none of {classes:?}");
}

/// A line and a column, both from 1, stand in the text or right behind it.
pub(crate) fn check_position(text: &str, line: usize, column: usize, width: impl Fn(&str) -> usize) {
    assert!(line >= 1, "line {line}");
    let lines: Vec<&str> = text.split('\n').collect();
    let found = lines.get(line - 1);
    // Behind a line's end stands its break, and behind the last one nothing.
    assert!(found.is_some_and(|found| column <= width(found) + 1), "{line}:{column} is not in {text:?}");
}

/// The same for JSON, whose columns count bytes, with 0 for a line's break.
pub(crate) fn check_json_position(text: &str, line: usize, column: usize) {
    check_position(text, line, column, str::len);
}
