//! Parsing of a parameter's value by the parameter's kind.

use super::bind::ParameterSource;
use super::sources::ExpressionSources;
use crate::{MAX_LIST_ELEMENTS, Parameter, ParameterKind};
use flowhost_domain::text::exceeds;
use flowhost_error::text::truncate;
use serde_json::{Number, Value as Json};
use uuid::Uuid;

/// Maximum length of a name, characters.
const MAX_NAME: usize = 256;

/// Parses the value of the parameter `name`. `Err`: the reason why it is not valid.
pub(super) fn parse_parameter(
    parameter: &Parameter,
    name: &str,
    value: &Json,
    sources: &mut ExpressionSources<'_>,
) -> Result<ParameterSource, String> {
    let text = |what: &str| {
        value.as_str().ok_or_else(|| format!("{name} must be {what}, written as a text, but is {}", json_type(value)))
    };
    Ok(match parameter.kind {
        ParameterKind::TextExpression => {
            ParameterSource::TextExpression(sources.text(name, text("an expression or a template")?)?)
        }
        ParameterKind::BooleanExpression => match value {
            Json::Bool(value) => ParameterSource::Boolean(*value),
            _ => ParameterSource::BooleanExpression(sources.expression(name, text("an expression, true or false")?)?),
        },
        ParameterKind::IntegerExpression => match value {
            Json::Number(number) => ParameterSource::Integer(number.as_i64().ok_or_else(|| {
                format!("{name} must be an integer of 64 bits, but is {}; remove the fraction", preview(value))
            })?),
            _ => ParameterSource::IntegerExpression(
                sources.expression(name, text("an expression that yields an integer, or an integer")?)?,
            ),
        },
        ParameterKind::NumberExpression => match value {
            // The designer's 5 is 5.0.
            Json::Number(number) => ParameterSource::Number(exact_number(number).ok_or_else(|| {
                format!("{name} must be a number, but no number of 64 bits equals {}; use fewer digits", preview(value))
            })?),
            _ => ParameterSource::NumberExpression(
                sources.expression(name, text("an expression that yields a number, or a number")?)?,
            ),
        },
        ParameterKind::Boolean => ParameterSource::Boolean(parse_boolean(value).ok_or_else(|| {
            format!("{name} must be YES or NO (SI, SÍ, true and false are accepted, too), but is {}", preview(value))
        })?),
        ParameterKind::EntityIn => ParameterSource::EntityIn(parse_entity_name(name, text("the name of an entity")?)?),
        ParameterKind::EntityOut => {
            ParameterSource::EntityOut(parse_entity_name(name, text("the name of an entity")?)?)
        }
        ParameterKind::EntityList => ParameterSource::EntityList(
            parse_texts(name, value, "names of entities")?
                .map(|text| parse_entity_name(name, text?))
                .collect::<Result<_, _>>()?,
        ),
        ParameterKind::ExpressionList => ParameterSource::Expressions(
            parse_texts(name, value, "expressions")?.map(|text| sources.text(name, text?)).collect::<Result<_, _>>()?,
        ),
        ParameterKind::Campaign => {
            let id = text("a campaign's id")?;
            ParameterSource::Campaign(
                Uuid::try_parse(id.trim())
                    .map_err(|_| format!("{name} must be a campaign's id, a UUID, but is {}", preview(value)))?,
            )
        }
        ParameterKind::Choice => {
            let choice = text("one of a fixed set")?;
            if !parameter.choices.iter().any(|known| known == choice) {
                return Err(format!(
                    "{name} must be one of {}, but is {}",
                    parameter.choices.join(", "),
                    preview(value)
                ));
            }
            ParameterSource::Text(choice.to_owned())
        }
        ParameterKind::Category | ParameterKind::Channel => {
            ParameterSource::Text(check_name_length(name, text("a name")?)?)
        }
        ParameterKind::Text => ParameterSource::Text(text("a text")?.to_owned()),
    })
}

/// Returns a literal number as floating point. `None`: it is an integer that would be rounded.
fn exact_number(number: &Number) -> Option<f64> {
    let float = number.as_f64()?;
    let is_exact = match number.as_i128() {
        // The comparison as integers is exact.
        Some(integer) => float as i128 == integer,
        None => float.is_finite(),
    };
    is_exact.then_some(float)
}

fn parse_texts<'v>(
    name: &'v str,
    value: &'v Json,
    of: &'v str,
) -> Result<impl Iterator<Item = Result<&'v str, String>>, String> {
    let list = value.as_array().ok_or_else(|| format!("{name} must be a list of {of}, but is {}", json_type(value)))?;
    if list.len() > MAX_LIST_ELEMENTS {
        let count = list.len();
        return Err(format!("{name} has {count} elements; at most {MAX_LIST_ELEMENTS} are allowed, remove the others"));
    }
    Ok(list.iter().enumerate().map(move |(index, element)| {
        element.as_str().ok_or_else(|| format!("{name}[{index}] must be a text, but is {}", json_type(element)))
    }))
}

/// Parses YES, NO, SI, SÍ, true or false in any case. Other values are not booleans.
fn parse_boolean(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(value) => Some(*value),
        Json::String(text) => match text.trim().to_lowercase().as_str() {
            "yes" | "si" | "sí" | "si\u{301}" | "true" => Some(true),
            "no" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn parse_entity_name(name: &str, text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err(format!("{name} must be the name of an entity, but is blank"));
    }
    check_name_length(name, text)
}

fn check_name_length(name: &str, text: &str) -> Result<String, String> {
    if exceeds(text, MAX_NAME) {
        return Err(format!("{name} is too long; at most {MAX_NAME} characters are allowed"));
    }
    Ok(text.to_owned())
}

/// Returns a short preview of a value on one line, for a message.
fn preview(value: &Json) -> String {
    truncate(&value.to_string(), 60).into_owned()
}

/// The name of a JSON value's type as designers know it.
pub fn json_type(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(number) if number.is_f64() => "a number",
        Json::Number(_) => "an integer",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}
