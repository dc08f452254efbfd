//! The ports of a migration, which move the wires of a node.

use super::MigrationError;
use crate::{ERROR_PORT, Manifest, Migration};
use flowhost_error::ErrorCode;
use serde_json::{Map, Value as Json};

/// The member of a node with the targets of each port.
const WIRES: &str = "wires";

/// Moves the wires to the successors of their ports. Returns the ports, counted from 1, whose wires were removed.
pub(super) fn apply(
    manifest: &Manifest,
    migration: &Migration,
    node: &mut Map<String, Json>,
    allow_loss: bool,
) -> Result<Vec<usize>, MigrationError> {
    let (Some(successors), Some(wires)) = (&migration.ports, node.get(WIRES)) else { return Ok(Vec::new()) };
    let wires: Vec<Vec<Json>> = serde_json::from_value(wires.clone()).map_err(|_| {
        MigrationError::new(ErrorCode::MigrationFailed, "the wires are not lists of node ids, one list for each port")
    })?;
    let ports = ports_after(manifest, migration)?;
    let mut moved = vec![Vec::new(); ports.len()];
    let mut lost = Vec::new();
    for (index, targets) in wires.into_iter().enumerate().filter(|(_, targets)| !targets.is_empty()) {
        let successor = successors.get(index).and_then(Option::as_ref);
        let place = successor.and_then(|name| ports.iter().position(|port| port == name));
        match place.and_then(|place| moved.get_mut(place)) {
            Some(wires) => targets.into_iter().for_each(|target| {
                if !wires.contains(&target) {
                    wires.push(target);
                }
            }),
            None if allow_loss => lost.push(index + 1),
            None => {
                let message = format!("port {} is wired and has no successor; remove the wire", index + 1);
                return Err(MigrationError::new(ErrorCode::MigrationPortLost, message));
            }
        }
    }
    node.insert(WIRES.to_owned(), moved.into_iter().map(Json::Array).collect());
    Ok(lost)
}

/// Returns the ports of the version to which a migration leads. The manifest has those of its own version. Those of an
/// older version follow from the next migration, whose list has one element for each of them.
fn ports_after(manifest: &Manifest, migration: &Migration) -> Result<Vec<String>, MigrationError> {
    let mut last = migration;
    loop {
        let next = manifest.migrations.iter().find(|next| next.from == last.to);
        match next {
            None => return Ok(manifest.ports.clone()),
            Some(next) => match &next.ports {
                // The ports of both versions are equal.
                None => last = next,
                Some(successors) => return order_ports(migration, successors.len()),
            },
        }
    }
}

/// Returns the ports that a migration names, each once and `error` last, if there are `count` of them.
fn order_ports(migration: &Migration, count: usize) -> Result<Vec<String>, MigrationError> {
    let mut ports = Vec::new();
    let names = migration.ports.iter().flatten().flatten();
    for name in names.filter(|name| *name != ERROR_PORT) {
        if !ports.contains(name) {
            ports.push(name.clone());
        }
    }
    ports.push(ERROR_PORT.to_owned());
    if ports.len() == count {
        return Ok(ports);
    }
    let message = format!(
        "version {} has {count} ports, but the migration names {}; the order of the others is not known",
        migration.to,
        ports.len(),
    );
    Err(MigrationError::new(ErrorCode::MigrationFailed, message))
}
