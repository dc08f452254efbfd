//! Log lines for the operator.

use crate::imports::log;

pub use crate::bindings::flow::action::log::Level;

/// Writes a line for the operator. The host keeps the line if the action fails, too.
pub fn write(level: Level, message: &str) {
    log::write(level, message);
}
