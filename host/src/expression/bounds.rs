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
/// Steps of one evaluation: well below ten milliseconds, mostly.
pub const STEPS: u32 = 200_000;
/// Characters of a source that an error shows.
pub const SHOWN_SOURCE: usize = 120;

/// Bytes of text that one step handles.
const BYTES_PER_STEP: usize = 64;
/// Steps for a piece of memory: a list, an optional, a part of a text, the arguments of a call.
pub(super) const STEPS_PER_PIECE: usize = 3;

/// The steps that an evaluation has left.
#[derive(Debug)]
pub(super) struct Fuel(u32);

impl Fuel {
    /// A full tank.
    pub(super) fn full() -> Self {
        Self(STEPS)
    }

    /// Takes `steps`, or says that there are not so many left.
    pub(super) fn spend(&mut self, steps: usize) -> Outcome<()> {
        match u32::try_from(steps).ok().and_then(|steps| self.0.checked_sub(steps)) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => {
                // What is left is gone too, so that nothing cheaper runs after the failure.
                self.0 = 0;
                Err(Fault::too_large(
                    "steps",
                    "the expression takes too much work to evaluate: use shorter lists and texts, or fewer operations",
                ))
            }
        }
    }

    /// Takes what handling `bytes` of text costs.
    pub(super) fn spend_bytes(&mut self, bytes: usize) -> Outcome<()> {
        self.spend(1 + bytes / BYTES_PER_STEP)
    }
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
