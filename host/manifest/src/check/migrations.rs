//! Migrations: their order, and the targets of their steps.

use super::references::unknown;
use crate::{Manifest, Migration, MigrationStep};
use flowhost_error::{Diagnostic, ErrorCode};
use flowhost_expression::Expression;
use std::collections::HashMap;

/// Checks that the migrations form one chain up to the manifest's major version. It checks targets only for the last
/// migration, because older versions of the manifest are not known.
pub(super) fn check(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    check_chain(manifest, found);
    let major = manifest.version.major.to_string();
    for (index, migration) in manifest.migrations.iter().enumerate() {
        let pointer = format!("/migrations/{index}");
        check_expressions(migration, &pointer, found);
        if migration.to == major {
            check_targets(manifest, migration, &pointer, found);
        }
    }
}

fn check_chain(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let major = manifest.version.major;
    let mut starts = HashMap::new();
    for (index, migration) in manifest.migrations.iter().enumerate() {
        let Migration { from, to, .. } = migration;
        let pointer = format!("/migrations/{index}");
        let (start, end) = (from.parse::<u64>().ok(), to.parse::<u64>().ok());
        if start.and_then(|start| start.checked_add(1)) != end || end.is_none() {
            let message = format!("the migration from {from} leads to {to}; it must lead to the next major version");
            add(found, format!("{pointer}/to"), message);
        } else if end.is_some_and(|end| end > major) {
            let message = format!("the migration leads to {to}, but the manifest has the major version {major}");
            add(found, format!("{pointer}/to"), message);
        }
        if let Some(first) = start.and_then(|start| starts.insert(start, index)) {
            add(found, pointer, format!("/migrations/{first} starts from {from}, too; remove one of them"));
        }
    }
    let missing = starts.keys().filter_map(|start| start.checked_add(1));
    let missing = missing.filter(|next| *next < major && !starts.contains_key(next)).min();
    if let Some(missing) = missing {
        let message = format!("the migration from {missing} is missing; older nodes could not be upgraded to {major}");
        add(found, "/migrations".to_owned(), message);
    }
}

fn check_expressions(migration: &Migration, pointer: &str, found: &mut Vec<Diagnostic>) {
    for (index, step) in migration.steps.iter().enumerate() {
        if let MigrationStep::Compute { expression, .. } = step
            && let Err(error) = Expression::parse(expression)
        {
            let message = crate::describe_expression_error("the expression", &error);
            add(found, format!("{pointer}/steps/{index}/expression"), message);
        }
    }
}

fn check_targets(manifest: &Manifest, migration: &Migration, pointer: &str, found: &mut Vec<Diagnostic>) {
    let is_known =
        |name: &str| manifest.parameter(name).is_some() || manifest.parameters.iter().any(|known| known.name == name);
    for (index, step) in migration.steps.iter().enumerate() {
        let Some((field, name)) = step.target() else { continue };
        // A later step may rename or remove the parameter.
        let mut later = migration.steps.iter().skip(index + 1);
        if !is_known(name) && !later.any(|step| step.removed() == Some(name)) {
            let names = manifest.parameters.iter().map(|parameter| parameter.name.as_str());
            add(found, format!("{pointer}/steps/{index}/{field}"), unknown("parameter", name, names));
        }
    }
    for (index, port) in migration.ports.iter().flatten().enumerate() {
        if let Some(port) = port
            && !manifest.ports.contains(port)
        {
            let message = unknown("port", port, manifest.ports.iter().map(String::as_str));
            add(found, format!("{pointer}/ports/{index}"), message);
        }
    }
}

fn add(found: &mut Vec<Diagnostic>, pointer: String, message: String) {
    found.push(Diagnostic::error(pointer, ErrorCode::ManifestMigration, message));
}
