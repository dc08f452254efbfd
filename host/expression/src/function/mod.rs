//! The functions that an expression may call.
//!
//! A function receives its arguments, for a method the receiver first. It returns a value, an error, or `None` if it
//! does not support the types of the arguments. Each function charges for its work in advance.

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
use flowhost_error::{comparison_steps, nearest_name};

/// A native function with all its overloads.
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

/// Names of the macros that the parser handles, for hints.
const MACROS: [&str; 11] =
    ["all", "exists", "exists_one", "filter", "has", "map", "optFlatMap", "optMap", "or", "orValue", "sortBy"];

/// Returns the function `name(…)`.
pub(super) fn global(name: &str) -> Option<NativeFunction> {
    find(GLOBALS, name)
}

/// Returns the method `.name(…)`.
pub(super) fn method(name: &str) -> Option<NativeFunction> {
    find(METHODS, name)
}

/// Returns whether a name is the namespace of functions, such as `math`.
pub(super) fn is_namespace(name: &str) -> bool {
    let mut names = GLOBALS.iter().copied().flatten().map(|(function, _)| *function);
    names.any(|function| function.split_once('.').is_some_and(|(namespace, _)| namespace == name))
}

fn find(tables: &[&[FunctionEntry]], name: &str) -> Option<NativeFunction> {
    tables.iter().copied().flatten().find(|(candidate, _)| *candidate == name).map(|(_, function)| *function)
}

/// Returns the message for an unknown function, and the nearest name. `spend` is as in [`EvalError::explain`].
pub(super) fn unknown_function_message(
    name: &str,
    is_method: bool,
    mut spend: impl FnMut(usize) -> bool,
) -> (String, Option<String>) {
    let (candidates, alternatives) = if is_method { (METHODS, GLOBALS) } else { (GLOBALS, METHODS) };
    let shown = super::error::truncated(name);
    if find(alternatives, name).is_some() {
        let form = if is_method { format!("{name}(value)") } else { format!("value.{name}(…)") };
        return (format!("there is no function `{shown}` of this form: write {form}"), None);
    }
    let names = candidates.iter().copied().flatten().map(|(name, _)| *name).chain(MACROS);
    let nearest = nearest_name(name, names.take_while(|other| spend(comparison_steps(name, other))));
    let hint = nearest.map(|nearest| format!(": the nearest name is `{nearest}`")).unwrap_or_default();
    (format!("there is no function `{shown}`{hint}"), nearest.map(str::to_owned))
}

/// Returns the error for arguments whose types the function does not support.
pub(super) fn argument_mismatch(name: &str, is_method: bool, arguments: &[RuntimeValue<'_>]) -> Box<EvalError> {
    let (receiver, arguments) = match arguments.split_first() {
        Some((receiver, rest)) if is_method => (format!(" of {}", receiver.type_description()), rest),
        _ => (String::new(), arguments),
    };
    let descriptions: Vec<_> = arguments.iter().map(RuntimeValue::type_description).collect();
    let with = if descriptions.is_empty() {
        "without arguments".to_owned()
    } else {
        format!("with {}", descriptions.join(", "))
    };
    EvalError::evaluation_failed(format!("`{name}`{receiver} cannot be called {with}"))
}
