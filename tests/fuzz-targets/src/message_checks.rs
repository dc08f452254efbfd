//! Checks of messages, codes and positions in errors.

use flowhost::{CodeClass, ErrorCode};

/// Limit for the characters of a message. Messages truncate quoted input.
const MAX_MESSAGE_CHARACTERS: usize = 2_000;

/// Asserts that a message is not empty, has no control characters, and is not longer than the limit.
pub(crate) fn check_message(message: &str) {
    assert!(!message.is_empty());
    assert!(!message.chars().any(char::is_control), "it has control characters: {message:?}");
    assert!(message.chars().count() <= MAX_MESSAGE_CHARACTERS, "it is too long: {message:.200}…");
}

/// Asserts that a text is a code of the host and belongs to one of these classes.
pub(crate) fn check_code(text: &str, classes: &[CodeClass]) {
    let code = ErrorCode::find(text);
    assert!(code.is_some_and(|code| classes.contains(&code.class())), "the code {text} is none of {classes:?}");
}

/// Asserts that a line and a column, both counted from 1, are in the text or directly after it.
pub(crate) fn check_position(text: &str, line: usize, column: usize, width: impl Fn(&str) -> usize) {
    assert!(line >= 1, "line {line}");
    let lines: Vec<&str> = text.split('\n').collect();
    let found = lines.get(line - 1);
    // The column after the last character of a line is the line break, or the end of the text.
    assert!(found.is_some_and(|found| column <= width(found) + 1), "{line}:{column} is not in {text:?}");
}

/// Asserts the same for JSON, whose columns count bytes, with 0 for a line break.
pub(crate) fn check_json_position(text: &str, line: usize, column: usize) {
    check_position(text, line, column, str::len);
}
