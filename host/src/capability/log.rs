//! `flow:action/log`: what a plugin tells its operator and its designer.

use super::bindings::flow::action::log::{Host, Level};
use super::{Function, LogLevel, State};
use serde::{Deserialize, Serialize};

/// Something the designer should know though the action went through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// A stable code; a plugin's own holds a slash.
    pub code: String,
    /// One sentence without a full stop.
    pub message: String,
    /// The parameter it is about.
    pub parameter: Option<String>,
}

/// Bytes kept of a warning's message.
const MAX_MESSAGE_BYTES: usize = 4 << 10;

impl Host for State {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.enter(Function::LogWrite, message.len())?;
        let level = match level {
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        self.journal.write(level, message, self.limits.log_lines);
        Ok(())
    }

    fn warn(&mut self, code: String, mut message: String, parameter: Option<String>) -> wasmtime::Result<()> {
        self.enter(Function::LogWarn, code.len() + message.len())?;
        message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
        self.add_warning(Warning { code, message, parameter });
        Ok(())
    }
}
