//! The explanation of conflicts for people.

use crate::model::{Cause, Conflict, Read, ReadKind};
use flowhost_error::text::truncate;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Characters of a value in a line.
const MAX_VALUE_CHARACTERS: usize = 300;

/// Maximum number of differing fields of one conflict.
const MAX_FIELDS: usize = 50;

/// Returns the lines that explain the conflicts. `last` describes the end of the last run.
pub fn explain(conflicts: &[Conflict], last: &str) -> Vec<String> {
    if conflicts.is_empty() {
        return vec!["no conflict: 1 run".to_owned()];
    }
    let mut lines = Vec::new();
    for conflict in conflicts {
        lines.push(format!("run {}  conflict: {}", conflict.run, describe(conflict)));
        for call in &conflict.calls {
            lines.push(format!("         read by call {} {}", call.index, call.function));
        }
        if let (Some(before), Some(found)) =
            (conflict.read.as_ref().and_then(|read| read.value.as_ref()), &conflict.found)
            && !found.value.is_null()
        {
            let mut fields = Vec::new();
            find_differences("", before, &found.value, &mut fields);
            lines.extend(fields.into_iter().map(|field| format!("         {field}")));
        }
    }
    lines.push(format!("run {}  ended with {last}", conflicts.len() + 1));
    lines
}

fn describe(conflict: &Conflict) -> String {
    let Some(read) = &conflict.read else {
        return match conflict.cause {
            Cause::IdExists => "an id that the run created existed already".to_owned(),
            _ => "the data that the run read was not current".to_owned(),
        };
    };
    let entry = entry_name(read);
    let found = conflict.found.as_ref().map(|found| found.version);
    let time = if conflict.cause == Cause::RoundTrips { "in a later read" } else { "at commit" };
    match (conflict.cause, read.read, read.version, found) {
        (Cause::Lock, ..) => format!("{entry}, another invocation held its lock"),
        (_, ReadKind::Address, _, _) => format!("{entry}, read without a contact, had one {time}"),
        (_, _, Some(before), Some(after)) => {
            format!("{entry}, read at version {before}, was at version {after} {time}")
        }
        _ => format!("{entry}, was not current {time}"),
    }
}

fn entry_name(read: &Read) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match read.read {
        ReadKind::Configuration => "configuration".to_owned(),
        ReadKind::Contact => format!("contact {}", text(&read.id)),
        ReadKind::Address => format!("address {} {}", text(&read.channel), text(&read.identifier)),
    }
}

/// Adds a line for each field that differs. Lists are compared as a whole.
fn find_differences(pointer: &str, before: &Json, after: &Json, lines: &mut Vec<String>) {
    if before == after || lines.len() >= MAX_FIELDS {
        return;
    }
    let (Json::Object(old), Json::Object(new)) = (before, after) else {
        let shown = |value: &Json| truncate(&value.to_string(), MAX_VALUE_CHARACTERS).into_owned();
        lines.push(format!("{pointer}: {} → {}", shown(before), shown(after)));
        return;
    };
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for name in names {
        let value = |object: &serde_json::Map<String, Json>| object.get(name).cloned().unwrap_or_default();
        find_differences(&format!("{pointer}/{name}"), &value(old), &value(new), lines);
    }
}
