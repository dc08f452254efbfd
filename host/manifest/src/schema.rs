//! The JSON Schema of an action's parameters, for form builders.

use crate::manifest::{
    CHANNEL_PLACEHOLDER, Condition, Localized, MAX_LIST_ELEMENTS, Manifest, Parameter, ParameterKind, channel_suffix,
};
use serde_json::{Map, Value as Json, json};

/// Returns a schema (2020-12) for the object of an action's parameters. Titles and help are in `language` if it exists,
/// otherwise in English. Unknown parameters are allowed, since the host accepts them with a warning.
pub(super) fn parameters(manifest: &Manifest, language: &str) -> Json {
    let mut properties = Map::new();
    let mut patterns = Map::new();
    let mut required = Vec::new();
    let mut conditions = Vec::new();
    for parameter in &manifest.parameters {
        let schema = parameter_schema(parameter, language);
        if parameter.per_channel.is_some() {
            patterns.insert(pattern(parameter), schema);
            continue;
        }
        properties.insert(parameter.name.clone(), schema);
        if parameter.required && parameter.default.is_none() {
            required.push(parameter.name.clone());
        }
        conditions.extend(parameter.required_when.as_ref().map(|condition| required_when(parameter, condition)));
    }
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:flowhost:action:{}:{}", manifest.id, manifest.version),
        "title": in_language(&manifest.title, language),
        "description": in_language(&manifest.description, language),
        "type": "object",
        "properties": properties,
        "required": required,
    });
    if let Some(object) = schema.as_object_mut() {
        if !patterns.is_empty() {
            object.insert("patternProperties".to_owned(), Json::Object(patterns));
        }
        if !conditions.is_empty() {
            object.insert("allOf".to_owned(), Json::Array(conditions));
        }
    }
    schema
}

fn parameter_schema(parameter: &Parameter, language: &str) -> Json {
    let mut schema = match parameter.kind {
        ParameterKind::BooleanExpression => json!({ "type": ["boolean", "string"] }),
        ParameterKind::IntegerExpression => json!({ "type": ["integer", "string"] }),
        ParameterKind::NumberExpression => json!({ "type": ["number", "string"] }),
        ParameterKind::Boolean => json!({ "anyOf": [
            { "type": "boolean" },
            { "type": "string", "pattern": "^\\s*([Yy][Ee][Ss]|[Nn][Oo]|[Ss][IiÍí]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])?\\s*$" },
        ] }),
        ParameterKind::EntityList | ParameterKind::ExpressionList => {
            json!({ "type": "array", "items": { "type": "string" }, "maxItems": MAX_LIST_ELEMENTS })
        }
        ParameterKind::Campaign => json!({ "type": "string", "format": "uuid" }),
        ParameterKind::Choice => json!({ "enum": parameter.choices }),
        ParameterKind::EntityIn | ParameterKind::EntityOut | ParameterKind::Category | ParameterKind::Channel => {
            json!({ "type": "string", "maxLength": 256 })
        }
        ParameterKind::TextExpression | ParameterKind::Text => json!({ "type": "string" }),
    };
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), Json::from(in_language(&parameter.title, language)));
        object.insert("description".to_owned(), Json::from(in_language(&parameter.help, language)));
        let kind = serde_json::to_value(parameter.kind).unwrap_or_default();
        object.insert("x-kind".to_owned(), kind);
        object.extend(parameter.default.clone().map(|default| ("default".to_owned(), default)));
        object.extend(parameter.group.clone().map(|group| ("x-group".to_owned(), Json::from(group))));
        object.extend(parameter.shown_when.as_ref().map(|shown| ("x-shown-when".to_owned(), json!(shown))));
        if parameter.required && parameter.kind != ParameterKind::Choice && parameter.kind != ParameterKind::Boolean {
            // An empty text counts as absent.
            object.insert("minLength".to_owned(), Json::from(1));
        }
    }
    schema
}

fn required_when(parameter: &Parameter, Condition { parameter: other, is, given }: &Condition) -> Json {
    let holds = if *given { json!({ "not": { "enum": ["", null] } }) } else { json!({ "enum": is }) };
    json!({
        "if": { "properties": { (other.as_str()): holds }, "required": [other] },
        "then": { "required": [parameter.name] },
    })
}

/// Returns the pattern for the names of a parameter that repeats per channel.
fn pattern(parameter: &Parameter) -> String {
    let except = parameter.per_channel.iter().flat_map(|per| &per.except).map(|channel| channel_suffix(channel));
    let (before, after) = parameter.name.split_once(CHANNEL_PLACEHOLDER).unwrap_or((&parameter.name, ""));
    let except: Vec<_> = except.map(|channel| format!("{channel}{after}$")).collect();
    let not = if except.is_empty() { String::new() } else { format!("(?!{})", except.join("|")) };
    format!("^{before}{not}[A-Z0-9_]+{after}$")
}

fn in_language<'t>(text: &'t Localized, language: &str) -> &'t str {
    text.get(language).or_else(|| text.get("en")).or_else(|| text.values().next()).map_or("", String::as_str)
}
