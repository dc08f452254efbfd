//! Validation of JSON by a JSON Schema (2020-12), restricted to the keywords that the published schema of manifests has.

use flowhost_error::nearest_name;
use flowhost_error::text::{quote, truncate};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// Maximum characters of a value in a message.
const MAX_SHOWN_CHARACTERS: usize = 60;

/// Maximum number of violations. Further ones are not collected, because a hostile document may have many.
const MAX_VIOLATIONS: usize = 100;

/// Keywords that describe a schema without a rule.
const ANNOTATIONS: [&str; 5] = ["$schema", "$id", "title", "description", "$defs"];

/// A place at which a document does not follow its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The JSON pointer of the place.
    pub(crate) pointer: String,
    /// The rule that the value breaks.
    pub(crate) message: String,
    /// Whether the place is a member that the schema does not have.
    pub(crate) is_unknown_field: bool,
}

/// A schema with its compiled patterns.
pub(crate) struct Schema {
    root: Json,
    patterns: HashMap<String, PikeVM>,
}

impl Schema {
    /// Parses a schema and compiles its patterns.
    ///
    /// # Errors
    /// The text is not JSON, a pattern is not valid, or a keyword is not supported.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let root: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut patterns = HashMap::new();
        compile(&root, &mut patterns)?;
        Ok(Self { root, patterns })
    }

    /// Returns the violations of a document, at most 100.
    pub(crate) fn validate(&self, document: &Json) -> Vec<Violation> {
        let mut violations = Violations::default();
        self.apply(&self.root, document, "", &mut violations);
        violations.list
    }

    fn is_valid(&self, schema: &Json, value: &Json) -> bool {
        let mut violations = Violations::default();
        self.apply(schema, value, "", &mut violations);
        violations.list.is_empty()
    }

    fn apply(&self, schema: &Json, value: &Json, pointer: &str, found: &mut Violations) {
        let Json::Object(schema) = schema else {
            if *schema == Json::Bool(false) {
                found.add(pointer, "the field is not allowed here; remove it");
            }
            return;
        };
        if let Some(reference) = schema.get("$ref").and_then(Json::as_str).and_then(|path| path.strip_prefix('#')) {
            let target = self.root.pointer(reference).unwrap_or(&Json::Bool(false));
            self.apply(target, value, pointer, found);
        }
        if !check_type(schema, value, pointer, found) {
            return;
        }
        check_values(schema, value, pointer, found);
        match value {
            Json::String(text) => self.check_text(schema, text, pointer, found),
            Json::Array(list) => self.check_list(schema, list, pointer, found),
            Json::Object(object) => self.check_object(schema, object, pointer, found),
            _ => {}
        }
        self.check_combinations(schema, value, pointer, found);
    }

    fn check_text(&self, schema: &Map<String, Json>, text: &str, pointer: &str, found: &mut Violations) {
        let characters = || text.chars().count() as u64;
        if let Some(least) = number(schema, "minLength").filter(|least| characters() < *least) {
            found.add(pointer, format!("the text has fewer than {least} characters"));
        }
        if let Some(most) = number(schema, "maxLength").filter(|most| characters() > *most) {
            found.add(pointer, format!("the text has more than {most} characters; shorten it"));
            return;
        }
        if let Some(pattern) = schema.get("pattern").and_then(Json::as_str)
            && !self.matches(pattern, text)
        {
            let message = format!("{} does not match {pattern}", quote(&truncate(text, MAX_SHOWN_CHARACTERS)));
            found.add(pointer, message);
        }
    }

    fn check_list(&self, schema: &Map<String, Json>, list: &[Json], pointer: &str, found: &mut Violations) {
        if let Some(least) = number(schema, "minItems").filter(|least| (list.len() as u64) < *least) {
            found.add(pointer, format!("the list has fewer than {least} elements"));
        }
        if let Some(most) = number(schema, "maxItems").filter(|most| list.len() as u64 > *most) {
            found.add(pointer, format!("the list has {} elements; at most {most} are allowed", list.len()));
            return;
        }
        if schema.get("uniqueItems") == Some(&Json::Bool(true)) {
            let mut seen = HashMap::new();
            for (index, element) in list.iter().enumerate() {
                if let Some(first) = seen.insert(element.to_string(), index) {
                    let message = format!("{} repeats element {first}; remove it", quote_value(element));
                    found.add(&format!("{pointer}/{index}"), message);
                }
            }
        }
        if let Some(contained) = schema.get("contains")
            && !list.iter().any(|element| self.is_valid(contained, element))
        {
            let wanted =
                contained.get("const").map_or_else(|| "an element that the schema requires".to_owned(), quote_value);
            found.add(pointer, format!("the list does not contain {wanted}; add it"));
        }
        if let Some(items) = schema.get("items") {
            for (index, element) in list.iter().enumerate() {
                self.apply(items, element, &format!("{pointer}/{index}"), found);
            }
        }
    }

    fn check_object(
        &self,
        schema: &Map<String, Json>,
        object: &Map<String, Json>,
        pointer: &str,
        found: &mut Violations,
    ) {
        let no_properties = Map::new();
        let properties = schema.get("properties").and_then(Json::as_object).unwrap_or(&no_properties);
        for name in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
            if !object.contains_key(name) {
                found.add(pointer, format!("the field {name} is missing; add it"));
            }
        }
        if let Some(least) = number(schema, "minProperties").filter(|least| (object.len() as u64) < *least) {
            found.add(pointer, format!("the object has fewer than {least} fields"));
        }
        if let Some(most) = number(schema, "maxProperties").filter(|most| object.len() as u64 > *most) {
            found.add(pointer, format!("the object has more than {most} fields"));
        }
        for (name, value) in object {
            let place = format!("{pointer}/{}", escape_token(name));
            if let Some(names) = schema.get("propertyNames")
                && !self.is_valid(names, &Json::String(name.clone()))
            {
                found.add(
                    &place,
                    format!("{} is not a valid name of a field here", quote(&truncate(name, MAX_SHOWN_CHARACTERS))),
                );
            }
            match (properties.get(name), schema.get("additionalProperties")) {
                (Some(property), _) => self.apply(property, value, &place, found),
                (None, Some(Json::Bool(false))) => {
                    found.add_unknown_field(place, name, properties.keys().map(String::as_str));
                }
                (None, Some(additional)) => self.apply(additional, value, &place, found),
                (None, None) => {}
            }
        }
    }

    fn check_combinations(&self, schema: &Map<String, Json>, value: &Json, pointer: &str, found: &mut Violations) {
        for part in schema.get("allOf").and_then(Json::as_array).into_iter().flatten() {
            self.apply(part, value, pointer, found);
        }
        if let Some(condition) = schema.get("if") {
            let branch = if self.is_valid(condition, value) { "then" } else { "else" };
            if let Some(branch) = schema.get(branch) {
                self.apply(branch, value, pointer, found);
            }
        }
        if let Some(alternatives) = schema.get("oneOf").and_then(Json::as_array)
            && alternatives.iter().filter(|alternative| self.is_valid(alternative, value)).count() != 1
        {
            let fields = |alternative: &Json| {
                let names = alternative.get("required")?.as_array()?.iter().filter_map(Json::as_str);
                Some(names.collect::<Vec<_>>().join(" and "))
            };
            let forms: Vec<_> = alternatives.iter().filter_map(fields).collect();
            found.add(pointer, format!("the object must have exactly the fields of one form: {}", forms.join("; ")));
        }
        if let Some(excluded) = schema.get("not")
            && self.is_valid(excluded, value)
        {
            found.add(pointer, format!("{} is not allowed here", quote_value(value)));
        }
    }

    fn matches(&self, pattern: &str, text: &str) -> bool {
        self.patterns.get(pattern).is_some_and(|regex| regex.is_match(&mut regex.create_cache(), text))
    }
}

/// The violations found so far.
#[derive(Default)]
struct Violations {
    list: Vec<Violation>,
}

impl Violations {
    fn add(&mut self, pointer: &str, message: impl Into<String>) {
        if self.list.len() < MAX_VIOLATIONS {
            self.list.push(Violation { pointer: pointer.to_owned(), message: message.into(), is_unknown_field: false });
        }
    }

    fn add_unknown_field<'n>(&mut self, pointer: String, name: &str, known: impl Iterator<Item = &'n str>) {
        if self.list.len() < MAX_VIOLATIONS {
            let hint = nearest_name(name, known).map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let message = format!("the field {} is unknown{hint}", quote(&truncate(name, MAX_SHOWN_CHARACTERS)));
            self.list.push(Violation { pointer, message, is_unknown_field: true });
        }
    }
}

/// Compiles all patterns of a schema, and rejects unsupported keywords.
fn compile(schema: &Json, patterns: &mut HashMap<String, PikeVM>) -> Result<(), String> {
    let Json::Object(schema) = schema else { return Ok(()) };
    for (keyword, value) in schema {
        match (keyword.as_str(), value) {
            ("pattern", Json::String(pattern)) => {
                let regex = PikeVM::new(pattern).map_err(|error| format!("{pattern}: {error}"))?;
                patterns.insert(pattern.clone(), regex);
            }
            ("properties" | "$defs", Json::Object(schemas)) => {
                schemas.values().try_for_each(|schema| compile(schema, patterns))?;
            }
            ("allOf" | "oneOf", Json::Array(schemas)) => {
                schemas.iter().try_for_each(|schema| compile(schema, patterns))?;
            }
            (
                "items" | "contains" | "additionalProperties" | "propertyNames" | "not" | "if" | "then" | "else",
                schema,
            ) => {
                compile(schema, patterns)?;
            }
            (
                "$ref" | "type" | "const" | "enum" | "required" | "minLength" | "maxLength" | "minItems" | "maxItems"
                | "uniqueItems" | "minProperties" | "maxProperties",
                _,
            ) => {}
            (other, _) if ANNOTATIONS.contains(&other) => {}
            (other, _) => return Err(format!("the keyword {other} is not supported")),
        }
    }
    Ok(())
}

/// Checks the keyword `type`. Returns whether the value has a permitted type.
fn check_type(schema: &Map<String, Json>, value: &Json, pointer: &str, found: &mut Violations) -> bool {
    let permitted: Vec<&str> = match schema.get("type") {
        Some(Json::String(name)) => vec![name],
        Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
        _ => return true,
    };
    let is_permitted = permitted.iter().any(|name| match value {
        Json::Null => *name == "null",
        Json::Bool(_) => *name == "boolean",
        Json::Number(number) => *name == "number" || *name == "integer" && !number.is_f64(),
        Json::String(_) => *name == "string",
        Json::Array(_) => *name == "array",
        Json::Object(_) => *name == "object",
    });
    if !is_permitted {
        found.add(pointer, format!("{} must be of type {}", quote_value(value), permitted.join(" or ")));
    }
    is_permitted
}

/// Checks the keywords `const` and `enum`.
fn check_values(schema: &Map<String, Json>, value: &Json, pointer: &str, found: &mut Violations) {
    if let Some(expected) = schema.get("const").filter(|expected| *expected != value) {
        found.add(pointer, format!("{} must be {}", quote_value(value), quote_value(expected)));
    }
    if let Some(permitted) = schema.get("enum").and_then(Json::as_array)
        && !permitted.contains(value)
    {
        let names = permitted.iter().filter_map(Json::as_str).collect::<Vec<_>>();
        let near = value.as_str().and_then(|name| nearest_name(name, names.iter().copied()));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        found.add(pointer, format!("{} must be one of {}{hint}", quote_value(value), names.join(", ")));
    }
}

fn number(schema: &Map<String, Json>, keyword: &str) -> Option<u64> {
    schema.get(keyword).and_then(Json::as_u64)
}

/// Returns the beginning of a value for a message.
fn quote_value(value: &Json) -> String {
    match value {
        Json::Array(_) => "the list".to_owned(),
        Json::Object(_) => "the object".to_owned(),
        Json::String(text) => quote(&truncate(text, MAX_SHOWN_CHARACTERS)),
        scalar => scalar.to_string(),
    }
}

/// Returns a member name as a token of a JSON pointer (RFC 6901).
pub(crate) fn escape_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn pointers(schema: &Json, document: &Json) -> Vec<String> {
        let schema = Schema::parse(&schema.to_string()).unwrap();
        schema.validate(document).into_iter().map(|violation| violation.pointer).collect()
    }

    #[test]
    fn a_violation_names_its_place() {
        let schema = json!({
            "type": "object", "required": ["a"], "additionalProperties": false,
            "properties": { "a": { "type": ["integer", "string"] }, "b/c": { "items": { "pattern": "^x+$" } } },
        });
        assert_eq!(pointers(&schema, &json!({ "a": 1, "b/c": ["x", "xx"] })), [""; 0]);
        assert_eq!(pointers(&schema, &json!({})), [""]);
        assert_eq!(pointers(&schema, &json!({ "a": 1.5, "b/c": ["x", "y"] })), ["/a", "/b~1c/1"]);
        assert_eq!(pointers(&schema, &json!([])), [""]);
        let unknown = Schema::parse(&schema.to_string()).unwrap().validate(&json!({ "a": 1, "aa": 2 }));
        assert!(unknown.len() == 1 && unknown[0].is_unknown_field && unknown[0].pointer == "/aa");
    }

    #[test]
    fn keywords_for_lists_and_alternatives_are_checked() {
        let list = json!({ "minItems": 2, "maxItems": 3, "uniqueItems": true, "contains": { "const": "e" } });
        assert_eq!(pointers(&list, &json!(["a", "e"])), [""; 0]);
        assert_eq!(pointers(&list, &json!(["e"])), [""]);
        assert_eq!(pointers(&list, &json!(["e", "a", "a"])), ["/2"]);
        assert_eq!(pointers(&list, &json!(["a", "b"])), [""]);
        let one = json!({ "oneOf": [{ "required": ["a"] }, { "required": ["b"] }] });
        assert_eq!(pointers(&one, &json!({ "b": 1 })), [""; 0]);
        assert_eq!(pointers(&one, &json!({ "a": 1, "b": 1 })), [""]);
        let conditional = json!({
            "if": { "properties": { "k": { "const": 1 } } }, "then": { "required": ["x"] }, "else": { "properties": { "x": false } },
        });
        assert_eq!(pointers(&conditional, &json!({ "k": 1 })), [""]);
        assert_eq!(pointers(&conditional, &json!({ "k": 2, "x": 1 })), ["/x"]);
    }

    #[test]
    fn an_unsupported_keyword_is_an_error() {
        assert!(Schema::parse(r#"{"properties":{"a":{"format":"uuid"}}}"#).is_err());
        assert!(Schema::parse(r#"{"pattern":"("}"#).is_err());
    }
}
