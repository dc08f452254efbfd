//! The texts of a manifest: their languages, and their characters.

use crate::json_schema::escape_token;
use flowhost_error::text::{is_unsafe, quote, truncate};
use flowhost_error::{Diagnostic, ErrorCode};
use serde_json::Value as Json;

/// The language that every text has.
const ENGLISH: &str = "en";

/// Fields whose texts may have several lines: explanations, and values that a node contains.
const MULTI_LINE_FIELDS: [&str; 6] = ["help", "description", "default", "on-error", "values", "value"];

/// The fields of the outermost object that contain values, which are not texts in a language.
const MULTI_LINE_ROOT: &str = "migrations";

/// Maximum characters of a text in a message.
const MAX_SHOWN_CHARACTERS: usize = 60;

/// Checks all texts of a manifest without unknown fields.
pub(super) fn check(document: &Json, found: &mut Vec<Diagnostic>) {
    let locales: Vec<&str> = elements(document, "locales").filter_map(|(_, locale)| locale.as_str()).collect();
    let mut check = |owner: &Json, pointer: &str, field: &str| check_languages(owner, pointer, field, &locales, found);
    check(document, "", "title");
    check(document, "", "description");
    for (index, group) in elements(document, "groups") {
        check(group, &format!("/groups/{index}"), "title");
    }
    for (index, error) in elements(document, "errors") {
        check(error, &format!("/errors/{index}"), "help");
    }
    for (index, parameter) in elements(document, "parameters") {
        let pointer = format!("/parameters/{index}");
        for field in ["title", "help", "placeholder"] {
            check(parameter, &pointer, field);
        }
        for (index, example) in elements(parameter, "examples") {
            check(example, &format!("{pointer}/examples/{index}"), "title");
        }
    }
    check_characters(document, "", Lines::One, found);
}

fn elements<'j>(owner: &'j Json, field: &str) -> impl Iterator<Item = (usize, &'j Json)> {
    owner.get(field).and_then(Json::as_array).into_iter().flatten().enumerate()
}

fn check_languages(owner: &Json, pointer: &str, field: &str, locales: &[&str], found: &mut Vec<Diagnostic>) {
    let Some(words) = owner.get(field).and_then(Json::as_object) else { return };
    let mut required = locales.to_vec();
    if !required.contains(&ENGLISH) {
        required.push(ENGLISH);
    }
    let missing: Vec<_> = required.into_iter().filter(|locale| !words.contains_key(*locale)).collect();
    if !missing.is_empty() {
        let missing = truncate(&missing.join(", "), MAX_SHOWN_CHARACTERS).into_owned();
        let message = format!("the text is missing in {missing}; add it, or correct `locales`");
        found.push(Diagnostic::error(format!("{pointer}/{field}"), ErrorCode::ManifestText, message));
    }
}

/// The number of lines that a text may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Several,
}

fn check_characters(value: &Json, pointer: &str, lines: Lines, found: &mut Vec<Diagnostic>) {
    match value {
        Json::String(text) => check_text(text, pointer, lines, found),
        Json::Array(list) => {
            for (index, element) in list.iter().enumerate() {
                check_characters(element, &format!("{pointer}/{index}"), lines, found);
            }
        }
        Json::Object(object) => {
            for (name, member) in object {
                let place = format!("{pointer}/{}", escape_token(name));
                check_text(name, &place, lines, found);
                check_characters(member, &place, lines_of(pointer, name, lines), found);
            }
        }
        _ => {}
    }
}

/// Returns how many lines the texts of the member `name` may have.
fn lines_of(pointer: &str, name: &str, outer: Lines) -> Lines {
    let is_example = name == "value" && pointer.contains("/examples/");
    let is_root = pointer.is_empty() && name == MULTI_LINE_ROOT;
    if is_root || MULTI_LINE_FIELDS.contains(&name) && !is_example { Lines::Several } else { outer }
}

fn check_text(text: &str, pointer: &str, lines: Lines, found: &mut Vec<Diagnostic>) {
    let is_rejected = |character: &char| is_unsafe(*character) && !(*character == '\n' && lines == Lines::Several);
    if let Some(character) = text.chars().find(is_rejected) {
        let shown = quote(&truncate(text, MAX_SHOWN_CHARACTERS));
        let message = format!("{shown} contains the control character U+{:04X}; remove it", u32::from(character));
        found.push(Diagnostic::error(pointer, ErrorCode::ManifestText, message));
    }
}
