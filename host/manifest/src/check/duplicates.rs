//! Names that a manifest defines twice.

use crate::manifest::CHANNEL_PLACEHOLDER;
use crate::{Manifest, Parameter};
use flowhost_error::{Diagnostic, ErrorCode};
use std::collections::HashMap;

/// Checks parameters, choices, groups and error codes. The finding names the later element.
pub(super) fn check(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    check_parameters(&manifest.parameters, found);
    for (index, parameter) in manifest.parameters.iter().enumerate() {
        let choices = parameter.choices.iter().map(String::as_str);
        check_list(choices, &format!("/parameters/{index}/choices"), "choice", found);
    }
    check_list(manifest.groups.iter().map(|group| group.id.as_str()), "/groups", "group", found);
    let codes = manifest.errors.iter().flatten().map(|error| error.code.as_str());
    check_list(codes, "/errors", "error code", found);
}

fn check_list<'n>(names: impl Iterator<Item = &'n str>, pointer: &str, what: &str, found: &mut Vec<Diagnostic>) {
    let mut seen = HashMap::new();
    for (index, name) in names.enumerate() {
        match seen.get(name) {
            Some(first) => {
                let message = format!("the {what} {name} repeats {pointer}/{first}; remove one of them");
                found.push(Diagnostic::error(format!("{pointer}/{index}"), ErrorCode::ManifestDuplicate, message));
            }
            None => drop(seen.insert(name, index)),
        }
    }
}

fn check_parameters(parameters: &[Parameter], found: &mut Vec<Diagnostic>) {
    for (index, parameter) in parameters.iter().enumerate() {
        let earlier = parameters.iter().take(index).find(|other| have_common_name(other, parameter));
        if let Some(other) = earlier {
            let message = if other.name == parameter.name {
                format!("two parameters have the name {}; rename one of them", other.name)
            } else {
                format!(
                    "the parameters {} and {} have a name in common; rename one of them",
                    other.name, parameter.name
                )
            };
            found.push(Diagnostic::error(format!("/parameters/{index}"), ErrorCode::ManifestDuplicate, message));
        }
    }
}

/// Returns whether a node's property could configure both parameters.
fn have_common_name(left: &Parameter, right: &Parameter) -> bool {
    match (pattern(left), pattern(right)) {
        (None, None) => left.name == right.name,
        (Some(_), None) => left.channel_of(&right.name).is_some(),
        (None, Some(_)) => right.channel_of(&left.name).is_some(),
        // Both repeat for the same channels. Names that agree only for two different channels are left out, because a
        // tenant chooses the names of its channels.
        (Some(pattern), Some(other)) => pattern == other,
    }
}

/// Returns the parts of the name before and after the channel, for a parameter that repeats for each channel.
fn pattern(parameter: &Parameter) -> Option<(&str, &str)> {
    parameter.per_channel.as_ref()?;
    parameter.name.split_once(CHANNEL_PLACEHOLDER)
}
