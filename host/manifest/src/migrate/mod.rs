//! The migration of a saved node to a newer major version of its action, by the manifest's migrations. It is a pure
//! function over JSON.

mod ports;
mod steps;
#[cfg(test)]
mod tests;

use crate::{Manifest, Migration};
use flowhost_error::ErrorCode;
use flowhost_error::text::{quote, single_line};
use serde_json::{Map, Value as Json};

/// The member of a node with its type.
const TYPE: &str = "type";

/// How far a node is migrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrationTarget {
    /// The major version of the result.
    pub major: u64,
    /// Whether values and wires without a successor are removed. Without this permission they are errors.
    pub allow_loss: bool,
}

/// A node after its migration.
#[derive(Debug, Clone, PartialEq)]
pub struct MigratedNode {
    /// The node. Its type names the new major version.
    pub node: Map<String, Json>,
    /// The values and wires that were removed.
    pub lost: Vec<MigrationLoss>,
}

/// A part of a node that a migration removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationLoss {
    /// The value of a parameter.
    Parameter(String),
    /// The wires of a port, counted from 1.
    Port(usize),
}

/// The reason why a node was not migrated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MigrationError {
    /// `migration-missing`, `migration-failed`, `migration-left-over` or `migration-port-lost`.
    pub code: ErrorCode,
    /// The place, the problem and a hint at the fix.
    pub message: String,
}

impl MigrationError {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: single_line(message.into()) }
    }
}

/// Returns the major version in the type of a node: `1` for `acme-tier@1.2`. `None`: the type has no version.
pub fn node_major(node: &Map<String, Json>) -> Option<u64> {
    let (_, version) = node.get(TYPE)?.as_str()?.split_once('@')?;
    version.split(['.', '-', '+']).next()?.parse().ok()
}

impl Manifest {
    /// Migrates a node of the major version `from`, one major version at a time. A node of the target's version is
    /// returned unchanged, except that its type gets a version if it has none.
    ///
    /// # Errors
    /// `migration-missing`: no migration leads from one major version to the next. `migration-failed`: a step fails.
    /// `migration-left-over`, `migration-port-lost`: a value or a wire has no successor.
    pub fn migrate(
        &self,
        node: &Map<String, Json>,
        from: u64,
        target: MigrationTarget,
    ) -> Result<MigratedNode, MigrationError> {
        let mut migrated = MigratedNode { node: node.clone(), lost: Vec::new() };
        if from > target.major {
            let message = format!("the node has the major version {from}; migrations do not lead to {}", target.major);
            return Err(self.error(node, ErrorCode::MigrationMissing, &message));
        }
        for major in from..target.major {
            let migration = self.migration_from(major).ok_or_else(|| {
                let message = format!("no migration leads from {major} to {}; add it", major.saturating_add(1));
                self.error(node, ErrorCode::MigrationMissing, &message)
            })?;
            self.apply(migration, &mut migrated, target).map_err(|problem| {
                let place = format!("migration {} to {}: {}", migration.from, migration.to, problem.message);
                self.error(node, problem.code, &place)
            })?;
        }
        if from < target.major && target.major == self.version.major {
            self.remove_unknown(&mut migrated, target).map_err(|p| self.error(node, p.code, &p.message))?;
        }
        if from < target.major || node_major(node).is_none() {
            self.pin(&mut migrated.node, target.major);
        }
        Ok(migrated)
    }

    fn migration_from(&self, major: u64) -> Option<&Migration> {
        self.migrations.iter().find(|migration| migration.from.parse() == Ok(major))
    }

    fn apply(
        &self,
        migration: &Migration,
        migrated: &mut MigratedNode,
        target: MigrationTarget,
    ) -> Result<(), MigrationError> {
        let lost = steps::apply(self, migration, &mut migrated.node, target.allow_loss)?;
        migrated.lost.extend(lost.into_iter().map(MigrationLoss::Parameter));
        let lost = ports::apply(self, migration, &mut migrated.node, target.allow_loss)?;
        migrated.lost.extend(lost.into_iter().map(MigrationLoss::Port));
        Ok(())
    }

    /// Removes the parameters that the manifest does not have. One with a value is a loss.
    fn remove_unknown(&self, migrated: &mut MigratedNode, target: MigrationTarget) -> Result<(), MigrationError> {
        let is_unknown = |name: &String| steps::is_parameter(name) && self.parameter(name).is_none();
        let unknown: Vec<_> = migrated.node.keys().filter(|name| is_unknown(name)).cloned().collect();
        for name in unknown {
            let has_value = migrated.node.remove(&name).is_some_and(|value| !crate::bind::is_absent(&value));
            if has_value && !target.allow_loss {
                let message =
                    format!("version {} does not have the parameter {name}; rename it in a step", self.version);
                return Err(MigrationError::new(ErrorCode::MigrationLeftOver, message));
            }
            migrated.lost.extend(has_value.then_some(MigrationLoss::Parameter(name)));
        }
        Ok(())
    }

    fn pin(&self, node: &mut Map<String, Json>, major: u64) {
        if let Some(kind) = node.get_mut(TYPE) {
            *kind = Json::String(format!("{}@{major}", self.id));
        }
    }

    fn error(&self, node: &Map<String, Json>, code: ErrorCode, message: &str) -> MigrationError {
        let id = node.get("id").and_then(Json::as_str).unwrap_or_default();
        MigrationError::new(code, format!("node {} of {}: {message}", quote(id), self.id))
    }
}
