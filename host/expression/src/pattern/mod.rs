//! Regular expressions with a cost that is charged before the work.
//!
//! The crate `regex-syntax` parses the syntax and has the character tables for `\w` and `\p{…}`. The automaton is part
//! of this module, for two reasons. It works on characters, so a class is one state and compiles at once. The search
//! takes steps as it runs, and it can pause between any two characters.

mod program;
mod search;
mod weight;

use std::sync::{Arc, LazyLock};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::hir::translate::TranslatorBuilder;

use super::budget::Fuel;
use super::error::{EvalError, EvalResult, truncated};
use program::Program;

/// Maximum bytes of a pattern.
const MAX_PATTERN_BYTES: usize = 1_000;
/// Maximum nesting of groups and classes.
const MAX_PATTERN_NESTING: u32 = 30;
/// Steps for parsing a byte of a pattern.
const STEPS_PER_BYTE: usize = 3;
/// States that one step pays for compiling.
const STATES_PER_STEP: usize = 4;
/// Maximum bytes of cached patterns, for all tenants together.
const PATTERN_CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// Compiled patterns by source. Each use takes the steps of compiling, so the number of steps does not depend on the
/// cache.
static PATTERN_CACHE: LazyLock<Cache<Box<str>, Arc<Pattern>, PatternWeighter>> =
    LazyLock::new(|| Cache::with_weighter(512, PATTERN_CACHE_BYTES, PatternWeighter));

/// A compiled pattern.
pub(super) struct Pattern {
    program: Program,
    /// The steps of compiling, without parsing.
    steps: usize,
}

#[derive(Clone)]
struct PatternWeighter;

impl Weighter<Box<str>, Arc<Pattern>> for PatternWeighter {
    fn weight(&self, source: &Box<str>, pattern: &Arc<Pattern>) -> u64 {
        (source.len() + pattern.program.memory_bytes() + 512) as u64
    }
}

impl Pattern {
    /// Returns the pattern of a source, from the cache or newly compiled.
    pub(super) fn get_or_compile(fuel: &mut Fuel<'_>, source: &str) -> EvalResult<Arc<Self>> {
        if source.len() > MAX_PATTERN_BYTES {
            return Err(pattern_too_large());
        }
        fuel.spend(10 + STEPS_PER_BYTE * source.len())?;
        if let Some(cached) = PATTERN_CACHE.get(source) {
            fuel.spend(cached.steps)?;
            return Ok(cached);
        }
        let pattern = Arc::new(Self::compile(fuel, source)?);
        PATTERN_CACHE.insert(source.into(), Arc::clone(&pattern));
        Ok(pattern)
    }

    /// Returns whether the pattern matches anywhere in a text.
    pub(super) fn is_match(&self, fuel: &mut Fuel<'_>, text: &str) -> EvalResult<bool> {
        search::is_match(&self.program, fuel, text)
    }

    fn compile(fuel: &mut Fuel<'_>, source: &str) -> EvalResult<Self> {
        let invalid = || EvalError::evaluation_failed(format!("`{}` is not a regular expression", truncated(source)));
        let parsed =
            ParserBuilder::new().nest_limit(MAX_PATTERN_NESTING).build().parse(source).map_err(|_| invalid())?;
        let weight = weight::weight(&parsed, source).ok_or_else(pattern_too_large)?;
        fuel.spend(weight)?;
        let translated = TranslatorBuilder::new().build().translate(source, &parsed).map_err(|_| invalid())?;
        let size = program::state_count(&translated).ok_or_else(pattern_too_large)?;
        let build_steps = size / STATES_PER_STEP;
        fuel.spend(build_steps)?;
        let program = Program::new(&translated).ok_or_else(invalid)?;
        Ok(Self { program, steps: weight + build_steps })
    }
}

fn pattern_too_large() -> Box<EvalError> {
    EvalError::too_large(
        "steps",
        "the regular expression is too large: make it shorter, repeat less, or use fewer classes such as \\w and \\p{L}",
    )
}
