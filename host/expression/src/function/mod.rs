//! The functions that an expression may call.
//!
//! A function gets its arguments, the receiver of a method first, and answers with a value, with a failure, or with
//! nothing where it has no form for arguments of these types. Each pays for its work before it does it.

mod convert;
mod encode;
mod format;
mod list;
mod locale;
mod math;
mod number;
mod optional;
mod regex;
mod search;
mod text;
mod time_parts;
mod utf8;

pub(super) use list::sort_by_keys;
pub(super) use number::{is_plain, shortest_number};
pub(super) use text::BoundedString;

use super::error::{EvalError, EvalResult};
use super::evaluate::Evaluator;
use super::runtime_value::RuntimeValue;

/// A function, or all of one name.
pub(super) type NativeFunction =
    for<'a> fn(&mut Evaluator<'a>, &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>>;

type FunctionEntry = (&'static str, NativeFunction);

const GLOBALS: &[&[FunctionEntry]] = &[
    convert::GLOBALS,
    encode::GLOBALS,
    list::GLOBALS,
    math::GLOBALS,
    optional::GLOBALS,
    locale::GLOBALS,
    text::GLOBALS,
];
const METHODS: &[&[FunctionEntry]] = &[time_parts::METHODS, list::METHODS, optional::METHODS, text::METHODS];

/// Names that the parser gives a meaning of their own, for hints.
const MACROS: [&str; 11] =
    ["all", "exists", "exists_one", "filter", "has", "map", "optFlatMap", "optMap", "or", "orValue", "sortBy"];

/// The function `name(…)`.
pub(super) fn global(name: &str) -> Option<NativeFunction> {
    find(GLOBALS, name)
}

/// The method `.name(…)`.
pub(super) fn method(name: &str) -> Option<NativeFunction> {
    find(METHODS, name)
}

/// Whether functions have names that begin so, such as `math`.
pub(super) fn is_namespace(name: &str) -> bool {
    let mut names = GLOBALS.iter().copied().flatten().map(|(function, _)| *function);
    names.any(|function| function.split_once('.').is_some_and(|(namespace, _)| namespace == name))
}

fn find(tables: &[&[FunctionEntry]], name: &str) -> Option<NativeFunction> {
    tables.iter().copied().flatten().find(|(candidate, _)| *candidate == name).map(|(_, function)| *function)
}

/// The message for a function that does not exist, and the name that was perhaps meant.
pub(super) fn unknown_function_message(name: &str, is_method: bool) -> (String, Option<String>) {
    let (here, there) = if is_method { (METHODS, GLOBALS) } else { (GLOBALS, METHODS) };
    let shown = super::error::truncated(name);
    if find(there, name).is_some() {
        let form = if is_method { format!("{name}(value)") } else { format!("value.{name}(…)") };
        return (format!("there is no function `{shown}` of this form: it is written {form}"), None);
    }
    let names = here.iter().copied().flatten().map(|(name, _)| *name).chain(MACROS);
    let nearest = super::suggestion::nearest_name(name, names);
    let hint = nearest.as_ref().map(|nearest| format!(": the nearest name is `{nearest}`")).unwrap_or_default();
    (format!("there is no function `{shown}`{hint}"), nearest)
}

/// The failure of a call with arguments of types that the function has no form for.
pub(super) fn argument_mismatch(name: &str, is_method: bool, arguments: &[RuntimeValue<'_>]) -> Box<EvalError> {
    let (receiver, arguments) = match arguments.split_first() {
        Some((receiver, rest)) if is_method => (format!(" of {}", receiver.type_description()), rest),
        _ => (String::new(), arguments),
    };
    let words: Vec<_> = arguments.iter().map(RuntimeValue::type_description).collect();
    let with = if words.is_empty() { "without arguments".to_owned() } else { format!("with {}", words.join(", ")) };
    EvalError::evaluation_failed(format!("`{name}`{receiver} cannot be called {with}"))
}
