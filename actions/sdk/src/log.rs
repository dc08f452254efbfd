//! Log lines for the operator and warnings for the designer.

use crate::bindings::flow::action::log;

pub use crate::bindings::flow::action::log::Level;

/// Writes a line for the operator. The host keeps the line if the action fails, too.
pub fn write(level: Level, message: &str) {
    log::write(level, message);
}

/// Adds a warning for the designer to the outcome, if the action succeeds. `code` is in `kebab-case`; an action's own
/// code contains a slash. `parameter` is the name of the parameter that causes the warning.
pub fn warning(code: &str, message: &str, parameter: Option<&str>) {
    log::warn(code, message, parameter);
}
