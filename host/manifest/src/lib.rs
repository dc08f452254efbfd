//! The manifest of an action, and the checks of the parameters that a node gives to it.

mod bind;
mod check;
mod json_schema;
mod kinds;
mod manifest;
mod migrate;
mod migration;
mod references;
mod schema;
mod sources;

pub use bind::{Binding, NodeParameters, ParameterSource, describe_expression_error};
pub use check::{CheckedManifest, UsesContext, covers};
pub use flowhost_error::{Diagnostic, Severity};
pub use kinds::json_type;
pub use manifest::*;
pub use migrate::{MigratedNode, MigrationError, MigrationLoss, MigrationTarget, node_major};
pub use migration::{Migration, MigrationStep};
pub use references::References;
