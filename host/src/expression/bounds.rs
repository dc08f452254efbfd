//! The bounds that make an expression harmless, whatever its source.
//!
//! Sources come from tenants. Parsing is bounded by the size and the nesting of the source, evaluation by steps: every
//! operation costs at least one, and work on texts and lists costs in proportion to their sizes *before* it is done. No
//! clock is involved, so the same expression over the same entities always ends in the same way.

use super::error::{Fault, Outcome};

/// Characters of a source, string literals not counted.
pub const SOURCE_CHARACTERS: usize = 10_000;
/// Bytes of all string literals of an expression together, and of a template's literal text.
pub const LITERAL_BYTES: usize = 64 * 1024;
/// Characters of a number that is written in a source.
pub const NUMBER_CHARACTERS: usize = 64;
/// Tokens of an expression, and of all expressions of a template together.
pub const TOKENS: usize = 1_000;
/// Brackets inside one another.
pub const NESTING: usize = 50;
/// Operations inside one another, brackets or not.
pub const TREE_DEPTH: u32 = 100;
/// Comprehensions (`map`, `filter`, `all`, `exists`, …) inside one another.
pub const COMPREHENSIONS: usize = 2;
/// Elements that a comprehension may run over.
pub const COMPREHENSION_ELEMENTS: usize = 10_000;
/// Elements that a comprehension may run over when it contains another or stands inside one.
pub const NESTED_COMPREHENSION_ELEMENTS: usize = 100;
/// Bytes of any text, and of a whole result as JSON.
pub const VALUE_BYTES: usize = 1024 * 1024;
/// Elements of any list that an expression makes.
pub const LIST_ELEMENTS: usize = 10_000;
/// Lists and maps inside one another that an expression may build, compare or yield.
pub const VALUE_DEPTH: u8 = 64;
/// Steps of one evaluation: at most about ten milliseconds.
pub const STEPS: u32 = 200_000;
/// Characters of a source that an error shows.
pub const SHOWN_SOURCE: usize = 120;

/// Steps for the arguments of a call.
pub(super) const STEPS_PER_CALL: usize = 3;
/// Steps for a value with memory of its own: a list, a map, an optional, a text. All values of an evaluation may be freed
/// at once, without a pause, so their number is what keeps that short.
pub(super) const STEPS_PER_VALUE: usize = 15;

/// Refuses a source that no bound allows, whatever is in it, before it is read.
pub(super) fn check_source(source: &str) -> Outcome<()> {
    /// Bytes of the longest character.
    const CHARACTER_BYTES: usize = 4;
    if source.len() > SOURCE_CHARACTERS * CHARACTER_BYTES + LITERAL_BYTES {
        return Err(Fault::too_large(
            "source",
            format!(
                "the expression is longer than {SOURCE_CHARACTERS} characters and {} KiB of text",
                LITERAL_BYTES / 1024
            ),
        ));
    }
    Ok(())
}

/// Refuses a text that would be longer than any value may be.
pub(super) fn check_text(bytes: usize) -> Outcome<()> {
    if bytes > VALUE_BYTES {
        return Err(Fault::too_large("value", "the expression makes a text of more than 1 MiB"));
    }
    Ok(())
}

/// Refuses a list that would be longer than any that an expression may make.
pub(super) fn check_list(elements: usize) -> Outcome<()> {
    if elements > LIST_ELEMENTS {
        return Err(Fault::too_large(
            "list",
            format!("the expression makes a list of more than {LIST_ELEMENTS} elements"),
        ));
    }
    Ok(())
}

/// The failure of what would look into too many lists and maps inside one another.
pub(super) fn too_deep() -> Box<Fault> {
    Fault::too_large("value", format!("more than {VALUE_DEPTH} lists and maps stand inside one another"))
}
