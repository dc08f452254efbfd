//! The bounds that make an expression harmless, whatever its source.
//!
//! Sources come from tenants. Parsing is bounded by the size and the nesting of the source, evaluation by steps: every
//! operation costs at least one, and work on texts and lists costs in proportion to their sizes *before* it is done. No
//! clock is involved, so the same expression over the same entities always ends in the same way.

use super::error::{EvalError, EvalResult};

/// Characters of a source, string literals not counted.
pub const MAX_SOURCE_CHARACTERS: usize = 10_000;
/// Bytes of all string literals of an expression together, and of a template's literal text.
pub const MAX_LITERAL_BYTES: usize = 64 * 1024;
/// Characters of a number that is written in a source.
pub const MAX_NUMBER_CHARACTERS: usize = 64;
/// Tokens of an expression, and of all expressions of a template together.
pub const MAX_TOKENS: usize = 1_000;
/// Brackets inside one another.
pub const MAX_NESTING: usize = 50;
/// Operations inside one another, brackets or not.
pub const MAX_TREE_DEPTH: u32 = 100;
/// Comprehensions (`map`, `filter`, `all`, `exists`, …) inside one another.
pub const MAX_NESTED_COMPREHENSIONS: usize = 2;
/// Elements that a comprehension may run over.
pub const MAX_COMPREHENSION_ELEMENTS: usize = 10_000;
/// Elements that a comprehension may run over when it contains another or stands inside one.
pub const MAX_NESTED_COMPREHENSION_ELEMENTS: usize = 100;
/// Bytes of any text, and of a whole result as JSON.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;
/// Elements of any list that an expression makes.
pub const MAX_LIST_ELEMENTS: usize = 10_000;
/// Lists and maps inside one another that an expression may build, compare or yield.
pub const MAX_VALUE_DEPTH: u8 = 64;
/// Steps of one evaluation: at most about ten milliseconds.
pub const MAX_STEPS: u32 = 200_000;
/// Characters of a source that an error shows.
pub const MAX_SHOWN_SOURCE: usize = 120;

/// Steps for the arguments of a call.
pub(super) const STEPS_PER_CALL: usize = 3;
/// Steps for a value with memory of its own: a list, a map, an optional, a text. All values of an evaluation may be freed
/// at once, without a pause, so their number is what keeps that short.
pub(super) const STEPS_PER_ALLOCATION: usize = 15;

/// Refuses a source that no bound allows, whatever is in it, before it is read.
pub(super) fn check_source(source: &str) -> EvalResult<()> {
    /// Bytes of the longest character.
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

/// Refuses a text that would be longer than any value may be.
pub(super) fn check_text(bytes: usize) -> EvalResult<()> {
    if bytes > MAX_VALUE_BYTES {
        return Err(EvalError::too_large("value", "the expression makes a text of more than 1 MiB"));
    }
    Ok(())
}

/// Refuses a list that would be longer than any that an expression may make.
pub(super) fn check_list(elements: usize) -> EvalResult<()> {
    if elements > MAX_LIST_ELEMENTS {
        return Err(EvalError::too_large(
            "list",
            format!("the expression makes a list of more than {MAX_LIST_ELEMENTS} elements"),
        ));
    }
    Ok(())
}

/// The failure of what would look into too many lists and maps inside one another.
pub(super) fn too_deep_error() -> Box<EvalError> {
    EvalError::too_large("value", format!("more than {MAX_VALUE_DEPTH} lists and maps stand inside one another"))
}
