//! Defaults of parameters, and values of entities on the port `error`.

use crate::bind::ParameterSource;
use crate::kinds::{json_type, parse_parameter};
use crate::sources::ExpressionSources;
use crate::{Manifest, Parameter, ParameterKind, ValueType, describe_expression_error};
use flowhost_error::{Diagnostic, ErrorCode};
use flowhost_expression::ExpressionCache;
use serde_json::Value as Json;

/// Memory of the cache that parses the default expressions, bytes.
const CACHE_BYTES: u64 = 1 << 20;

/// The greatest integer below which every integer has an exact 64-bit float.
const MAX_EXACT_INTEGER: u64 = 1 << 53;

/// Checks the defaults. It turns whole numbers of the type `number` into floating-point numbers, because JavaScript
/// writes 1.0 as `1`.
pub(super) fn check(manifest: &mut Manifest, found: &mut Vec<Diagnostic>) {
    let cache = ExpressionCache::new(CACHE_BYTES);
    let mut sources = ExpressionSources::new(&cache);
    for (index, parameter) in manifest.parameters.iter_mut().enumerate() {
        let mut add = |field: &str, message: String| {
            let pointer = format!("/parameters/{index}/{field}");
            found.push(Diagnostic::error(pointer, ErrorCode::ManifestDefault, message));
        };
        if let Some(default) = &parameter.default
            && let Err(message) = check_default(parameter, default, &mut sources)
        {
            add("default", message);
        }
        if let Err(message) = check_on_error(parameter) {
            add("on-error", message);
        }
    }
}

fn check_default(parameter: &Parameter, default: &Json, sources: &mut ExpressionSources<'_>) -> Result<(), String> {
    let name = &parameter.name;
    if parameter.required {
        return Err(format!("{name} is required and has a default; remove one of them"));
    }
    // A node with an empty text counts as a node without the parameter.
    if default.as_str().is_some_and(str::is_empty) {
        return Ok(());
    }
    let expressions = match parse_parameter(parameter, name, default, sources)? {
        ParameterSource::TextExpression(expression) => vec![expression.map(drop)],
        ParameterSource::BooleanExpression(expression) => vec![expression.map(drop)],
        ParameterSource::Expressions(list) => list.into_iter().map(|expression| expression.map(drop)).collect(),
        _ => Vec::new(),
    };
    expressions
        .into_iter()
        .try_for_each(|expression| expression.map_err(|error| describe_expression_error(name, &error)))
}

fn check_on_error(parameter: &mut Parameter) -> Result<(), String> {
    let (name, kind, value_type) = (&parameter.name, parameter.kind, parameter.value_type);
    let Some(value) = &mut parameter.on_error else { return Ok(()) };
    if kind != ParameterKind::EntityOut {
        return Err(format!("{name} has on-error but is not an entity-out; remove on-error"));
    }
    let (is_valid, wanted) = match value_type {
        None => (true, ""),
        Some(ValueType::Boolean) => (value.is_boolean(), "true or false"),
        Some(ValueType::Integer) => (value.is_i64(), "an integer"),
        Some(ValueType::Text) => (value.is_string(), "a text"),
        Some(ValueType::Json) => (value.is_array(), "a list"),
        Some(ValueType::Number) => {
            let exact = value.as_i64().filter(|integer| integer.unsigned_abs() <= MAX_EXACT_INTEGER);
            if let Some(integer) = exact {
                *value = Json::from(integer as f64);
            }
            (value.is_f64(), "a number")
        }
    };
    let found = json_type(value);
    if is_valid { Ok(()) } else { Err(format!("on-error of {name} must be {wanted}, but is {found}")) }
}
