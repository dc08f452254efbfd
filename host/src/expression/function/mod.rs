//! The functions that an expression may call.
//!
//! A function gets its arguments, the receiver of a method first, and answers with a value, with a failure, or with
//! nothing where it has no form for arguments of these types. Each pays for its work before it does it.

mod convert;
mod encode;
mod format;
mod instant;
mod list;
mod math;
mod number;
mod optional;
mod pattern;
mod region;
mod search;
mod text;
mod utf8;

pub(super) use list::sorted;
pub(super) use number::{is_plain, shortest_number};
pub(super) use text::Growing;

use super::datum::Datum;
use super::error::{Fault, Outcome};
use super::evaluate::Run;

/// A function, or all of one name.
pub(super) type Native = for<'a> fn(&mut Run<'a>, &[Datum<'a>]) -> Outcome<Option<Datum<'a>>>;

type Entry = (&'static str, Native);

const GLOBALS: &[&[Entry]] = &[
    convert::GLOBALS,
    encode::GLOBALS,
    list::GLOBALS,
    math::GLOBALS,
    optional::GLOBALS,
    region::GLOBALS,
    text::GLOBALS,
];
const METHODS: &[&[Entry]] = &[instant::METHODS, list::METHODS, optional::METHODS, text::METHODS];

/// Names that the parser gives a meaning of their own, for hints.
const MACROS: [&str; 11] =
    ["all", "exists", "exists_one", "filter", "has", "map", "optFlatMap", "optMap", "or", "orValue", "sortBy"];

/// The function `name(…)`.
pub(super) fn global(name: &str) -> Option<Native> {
    find(GLOBALS, name)
}

/// The method `.name(…)`.
pub(super) fn method(name: &str) -> Option<Native> {
    find(METHODS, name)
}

/// Whether functions have names that begin so, such as `math`.
pub(super) fn is_namespace(name: &str) -> bool {
    let mut names = GLOBALS.iter().copied().flatten().map(|(function, _)| *function);
    names.any(|function| function.split_once('.').is_some_and(|(namespace, _)| namespace == name))
}

fn find(tables: &[&[Entry]], name: &str) -> Option<Native> {
    tables.iter().copied().flatten().find(|(candidate, _)| *candidate == name).map(|(_, function)| *function)
}

/// The message for a function that does not exist, and the name that was perhaps meant.
pub(super) fn unknown(name: &str, is_method: bool) -> (String, Option<String>) {
    let (here, there) = if is_method { (METHODS, GLOBALS) } else { (GLOBALS, METHODS) };
    let shown = super::error::shortened(name);
    if find(there, name).is_some() {
        let form = if is_method { format!("{name}(value)") } else { format!("value.{name}(…)") };
        return (format!("there is no function `{shown}` of this form: it is written {form}"), None);
    }
    let names = here.iter().copied().flatten().map(|(name, _)| *name).chain(MACROS);
    let nearest = super::nearest::nearest(name, names);
    let hint = nearest.as_ref().map(|nearest| format!(": the nearest name is `{nearest}`")).unwrap_or_default();
    (format!("there is no function `{shown}`{hint}"), nearest)
}

/// The failure of a call with arguments of types that the function has no form for.
pub(super) fn mismatch(name: &str, is_method: bool, arguments: &[Datum<'_>]) -> Box<Fault> {
    let (receiver, arguments) = match arguments.split_first() {
        Some((receiver, rest)) if is_method => (format!(" of {}", receiver.words()), rest),
        _ => (String::new(), arguments),
    };
    let words: Vec<_> = arguments.iter().map(Datum::words).collect();
    let with = if words.is_empty() { "without arguments".to_owned() } else { format!("with {}", words.join(", ")) };
    Fault::failed(format!("`{name}`{receiver} cannot be called {with}"))
}
