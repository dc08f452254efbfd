//! Additions to the outcome of the invocation.

use crate::imports::outcome;

/// Adds a warning for the designer to the outcome, if the action succeeds. `code` is in `kebab-case`; an action's own
/// code contains a slash. `parameter` is the name of the parameter that causes the warning.
pub fn warn(code: &str, message: &str, parameter: Option<&str>) {
    outcome::warn(code, message, parameter);
}
