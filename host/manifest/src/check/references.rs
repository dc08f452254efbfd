//! Groups, parameters and choices that a manifest refers to.

use crate::{Condition, Manifest, ParameterKind};
use flowhost_error::text::{quote, truncate};
use flowhost_error::{Diagnostic, ErrorCode, nearest_name};

/// Maximum characters of a name in a message.
const MAX_SHOWN_CHARACTERS: usize = 60;

/// Checks the groups and conditions of all parameters.
pub(super) fn check(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    for (index, parameter) in manifest.parameters.iter().enumerate() {
        let groups = || manifest.groups.iter().map(|group| group.id.as_str());
        if let Some(group) = &parameter.group
            && !groups().any(|known| known == group)
        {
            add(found, format!("/parameters/{index}/group"), unknown("group", group, groups()));
        }
        let conditions = [("required-when", &parameter.required_when), ("shown-when", &parameter.shown_when)];
        for (field, condition) in conditions {
            if let Some(condition) = condition {
                check_condition(manifest, index, condition, &format!("/parameters/{index}/{field}"), found);
            }
        }
    }
}

fn check_condition(
    manifest: &Manifest,
    index: usize,
    condition: &Condition,
    pointer: &str,
    found: &mut Vec<Diagnostic>,
) {
    let Some(other) = position(manifest, &condition.parameter) else {
        let names = manifest.parameters.iter().map(|parameter| parameter.name.as_str());
        let message = unknown("parameter", &condition.parameter, names);
        return add(found, format!("{pointer}/parameter"), message);
    };
    if other == index {
        let message = format!("{} has a condition on itself; name another parameter", condition.parameter);
        return add(found, format!("{pointer}/parameter"), message);
    }
    if depends_on(manifest, other, index) {
        let message = format!("the condition on {} leads back to the parameter; remove one", condition.parameter);
        add(found, format!("{pointer}/parameter"), message);
    }
    let Some(declared) = manifest.parameters.get(other).filter(|other| other.kind == ParameterKind::Choice) else {
        return;
    };
    for (place, value) in condition.is.iter().enumerate() {
        if !declared.choices.iter().any(|choice| choice.eq_ignore_ascii_case(value)) {
            let choices = declared.choices.iter().map(String::as_str);
            add(found, format!("{pointer}/is/{place}"), unknown("choice", value, choices));
        }
    }
}

/// Returns whether the conditions of the parameter `from` lead to the parameter `to`, directly or through others.
fn depends_on(manifest: &Manifest, from: usize, to: usize) -> bool {
    let mut visited = vec![false; manifest.parameters.len()];
    let mut pending = vec![from];
    while let Some(next) = pending.pop() {
        if next == to {
            return true;
        }
        let Some(is_visited) = visited.get_mut(next) else { continue };
        if std::mem::replace(is_visited, true) {
            continue;
        }
        let parameter = manifest.parameters.get(next);
        let conditions = parameter.into_iter().flat_map(|found| [&found.required_when, &found.shown_when]).flatten();
        pending.extend(conditions.filter_map(|condition| position(manifest, &condition.parameter)));
    }
    false
}

fn position(manifest: &Manifest, name: &str) -> Option<usize> {
    manifest.parameters.iter().position(|parameter| parameter.name == name)
}

fn add(found: &mut Vec<Diagnostic>, pointer: String, message: String) {
    found.push(Diagnostic::error(pointer, ErrorCode::ManifestReference, message));
}

/// Returns the message about a name that does not exist.
pub(super) fn unknown<'n>(what: &str, name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let hint = nearest_name(name, known).map_or_else(String::new, |near| format!("; did you mean {near}?"));
    format!("the {what} {} does not exist{hint}", quote(&truncate(name, MAX_SHOWN_CHARACTERS)))
}
