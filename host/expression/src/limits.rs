//! The limits on the work of an expression.
//!
//! Sources come from tenants. Size and nesting of the source limit the parsing. Steps limit the evaluation: every
//! operation costs at least one. Operations on texts and lists cost steps in proportion to their sizes, charged
//! *before* the work. The limits involve no clock, so the same expression over the same entities always gives the same
//! result.

use super::error::{EvalError, EvalResult};

/// Maximum characters of a source, without its string literals.
pub const MAX_SOURCE_CHARACTERS: usize = 10_000;
/// Maximum bytes of all string literals of an expression together, and of a template's literal text.
pub const MAX_LITERAL_BYTES: usize = 64 * 1024;
/// Maximum characters of a number in a source.
pub const MAX_NUMBER_CHARACTERS: usize = 64;
/// Maximum tokens of an expression, and of all expressions of a template together.
pub const MAX_TOKENS: usize = 1_000;
/// Maximum nesting of brackets.
pub const MAX_NESTING: usize = 50;
/// Maximum nesting of operations, with or without brackets.
pub const MAX_TREE_DEPTH: u32 = 100;
/// Maximum nesting of comprehensions (`map`, `filter`, `all`, `exists`, …).
pub const MAX_NESTED_COMPREHENSIONS: usize = 2;
/// Maximum elements of a comprehension.
pub const MAX_COMPREHENSION_ELEMENTS: usize = 10_000;
/// Maximum elements of a comprehension that contains another or is inside one.
pub const MAX_NESTED_COMPREHENSION_ELEMENTS: usize = 100;
/// Maximum bytes of any text, and of a whole result as JSON.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;
/// Maximum elements of a list that an expression creates.
pub const MAX_LIST_ELEMENTS: usize = 10_000;
/// Maximum nesting of lists and maps that an expression builds, compares or returns.
pub const MAX_VALUE_DEPTH: u8 = 64;
/// Maximum steps of one evaluation, about 10 ms.
pub const MAX_STEPS: u32 = 200_000;
/// Maximum characters of a source in an error.
pub const MAX_SHOWN_SOURCE: usize = 120;

/// Steps for the arguments of a call.
pub(super) const STEPS_PER_CALL: usize = 3;
/// Steps for a value that owns memory: a list, a map, an optional, a text. An evaluation may free all its values at
/// once without a pause, so the steps limit their number.
pub(super) const STEPS_PER_ALLOCATION: usize = 15;

/// Rejects a source that is too long for any content, before reading it.
pub(super) fn check_source(source: &str) -> EvalResult<()> {
    /// Maximum bytes of a character.
    const CHARACTER_BYTES: usize = 4;
    if source.len() > MAX_SOURCE_CHARACTERS * CHARACTER_BYTES + MAX_LITERAL_BYTES {
        return Err(EvalError::too_large(
            "source",
            format!(
                "the expression is longer than {MAX_SOURCE_CHARACTERS} characters and {} KiB of text",
                MAX_LITERAL_BYTES / 1024
            ),
        ));
    }
    Ok(())
}

/// Rejects a text that is longer than [`MAX_VALUE_BYTES`].
pub(super) fn check_text(bytes: usize) -> EvalResult<()> {
    if bytes > MAX_VALUE_BYTES {
        return Err(EvalError::too_large("value", "the expression creates a text of more than 1 MiB"));
    }
    Ok(())
}

/// Rejects a list that is longer than [`MAX_LIST_ELEMENTS`].
pub(super) fn check_list(elements: usize) -> EvalResult<()> {
    if elements > MAX_LIST_ELEMENTS {
        return Err(EvalError::too_large(
            "list",
            format!("the expression creates a list of more than {MAX_LIST_ELEMENTS} elements"),
        ));
    }
    Ok(())
}

/// Returns the error for lists and maps that are nested too deeply.
pub(super) fn too_deep_error() -> Box<EvalError> {
    EvalError::too_large("value", format!("lists and maps are nested more than {MAX_VALUE_DEPTH} deep"))
}
