//! The manifest of an action, and the checks of the parameters that a node gives to it.

mod bind;
mod kinds;
mod manifest;
mod references;
mod schema;
mod sources;

pub use bind::{Binding, NodeParameters, ParameterSource, describe_expression_error};
pub use flowhost_error::{Diagnostic, Severity};
pub use kinds::json_type;
pub use manifest::*;
pub use references::References;
