//! `matches`: regular expressions in time that is known beforehand.
//!
//! The engine is the one that follows all possible matches at once: its time is at most the text's length times the
//! pattern's compiled size, and just that is paid for. The quicker engines have no better bound. Classes such as `\w` know
//! all alphabets.

use std::sync::{Arc, LazyLock};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use regex_automata::nfa::thompson::pikevm::{self, PikeVM};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::{pool::Pool, syntax};

use super::super::datum::Datum;
use super::super::error::{Fault, Outcome, shortened};
use super::super::evaluate::Run;

/// Bytes of a pattern.
const PATTERN_BYTES: usize = 1_000;
/// Bytes of a compiled pattern.
const COMPILED_BYTES: usize = 256 * 1024;
/// Groups inside one another.
const NESTING: u32 = 30;
/// Steps for compiling a byte of a pattern.
const STEPS_PER_BYTE: usize = 20;
/// Steps for compiling what may be a class of characters, and what each is multiplied by where case may not matter.
const STEPS_PER_CLASS: usize = 1_000;
const FOLDING: usize = 10;
/// States of a pattern, at one byte of text, that one step pays for.
const STATES_PER_STEP: usize = 4;
/// Bytes of compiled patterns that are kept, whoever's they are.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;

/// Compiled patterns by their source. Compiling takes far longer than most searches do, but is paid for each time, so that
/// what is kept decides about time alone.
static COMPILED: LazyLock<Cache<Box<str>, Arc<Pattern>, BySize>> =
    LazyLock::new(|| Cache::with_weighter(512, KEPT_BYTES, BySize));

type Create = Box<dyn Fn() -> pikevm::Cache + Send + Sync>;

struct Pattern {
    engine: PikeVM,
    /// The engine's scratch memory, which is as large as the pattern.
    memory: Pool<pikevm::Cache, Create>,
}

#[derive(Clone)]
struct BySize;

impl Weighter<Box<str>, Arc<Pattern>> for BySize {
    fn weight(&self, source: &Box<str>, pattern: &Arc<Pattern>) -> u64 {
        let nfa = pattern.engine.get_nfa();
        // The scratch memory takes about as much again.
        (source.len() + 2 * nfa.memory_usage() + 1_024) as u64
    }
}

pub(super) fn matches<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let [Datum::Text(text), Datum::Text(source)] = arguments else { return Ok(None) };
    run.fuel.spend(compiling_steps(source))?;
    let pattern = match COMPILED.get(&**source) {
        Some(pattern) => pattern,
        None => {
            let pattern = Arc::new(compile(source)?);
            COMPILED.insert((&**source).into(), Arc::clone(&pattern));
            pattern
        }
    };
    let states = pattern.engine.get_nfa().states().len();
    run.fuel.spend(states.saturating_add(states.saturating_mul(text.len()) / STATES_PER_STEP))?;
    Ok(Some(Datum::Boolean(pattern.engine.is_match(&mut pattern.memory.get(), &**text))))
}

/// What compiling a pattern costs at most, before anything is known of it but its text.
fn compiling_steps(source: &str) -> usize {
    let classes = source.bytes().filter(|byte| matches!(byte, b'\\' | b'[')).count();
    let folding = if source.contains("(?") { FOLDING } else { 1 };
    STEPS_PER_BYTE * source.len() + STEPS_PER_CLASS * folding * classes
}

fn compile(source: &str) -> Outcome<Pattern> {
    let too_large =
        || Fault::too_large("steps", "the regular expression is too large: it is too long, or repeats too much");
    if source.len() > PATTERN_BYTES {
        return Err(too_large());
    }
    let config = thompson::Config::new().nfa_size_limit(Some(COMPILED_BYTES)).which_captures(WhichCaptures::None);
    let compiled = thompson::Compiler::new()
        .syntax(syntax::Config::new().nest_limit(NESTING))
        .configure(config)
        .build(source)
        .map_err(|error| match error.size_limit() {
            Some(_) => too_large(),
            None => Fault::failed(format!("`{}` is no regular expression", shortened(source))),
        })?;
    let engine = PikeVM::new_from_nfa(compiled).map_err(|_| too_large())?;
    let memory = Pool::new({
        let engine = engine.clone();
        Box::new(move || engine.create_cache()) as Create
    });
    Ok(Pattern { engine, memory })
}
