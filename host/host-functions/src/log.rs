//! `flow:action/log`: log lines for the operator.

use super::bindings::flow::action::log::{Host, Level};
use super::{HostFunction, HostState, LogLevel};

impl Host for HostState {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.begin_call(HostFunction::LogWrite, message.len())?;
        let level = match level {
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        self.run_log.write(level, &message);
        Ok(())
    }
}
