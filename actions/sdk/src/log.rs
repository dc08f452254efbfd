//! What an action tells its operator and its designer.

use crate::bindings::flow::action::log;

pub use crate::bindings::flow::action::log::Level;

/// A line for the operator; it is kept when the action fails, too.
pub fn write(level: Level, message: &str) {
    log::write(level, message);
}

/// A warning for the designer, which joins the outcome when the action ends well. `code` is in `kebab-case`, and an
/// action's own holds a slash; `parameter` is the one that it is about.
pub fn warning(code: &str, message: &str, parameter: Option<&str>) {
    log::warn(code, message, parameter);
}
