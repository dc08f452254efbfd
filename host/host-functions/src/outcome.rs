//! `flow:action/outcome`: warnings for the designer.

use super::bindings::flow::action::outcome::Host;
use super::{Abort, HostFunction, HostState};
use flowhost_error::text::{quote, truncate_bytes};
use flowhost_error::{ErrorCode, is_well_formed_code};
use serde::{Deserialize, Serialize};

/// A warning for the designer about an action that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Warning {
    /// A stable code; a code of a plugin contains a slash.
    pub code: String,
    /// One sentence without a full stop.
    pub message: String,
    /// The parameter that the warning is about.
    pub parameter: Option<String>,
}

impl Warning {
    /// Creates a warning. `parameter` is the parameter that it is about.
    pub fn new(code: impl Into<String>, message: impl Into<String>, parameter: Option<String>) -> Self {
        Self { code: code.into(), message: message.into(), parameter }
    }
}

/// Maximum length of a warning's message, bytes.
const MAX_MESSAGE_BYTES: usize = 4 << 10;

/// Maximum length of a warning's code and of its parameter's name, bytes.
const MAX_NAME_BYTES: usize = 128;

impl Host for HostState {
    fn warn(&mut self, code: String, message: String, parameter: Option<String>) -> wasmtime::Result<()> {
        let bytes = code.len() + message.len() + parameter.as_ref().map_or(0, String::len);
        self.begin_call(HostFunction::OutcomeWarn, bytes)?;
        let code = truncate_bytes(code, MAX_NAME_BYTES);
        if !is_well_formed_code(&code) {
            let code = quote(&code);
            let message = format!("the plugin warned with the code {code}, which does not have the form acme/too-low");
            return Err(Abort::fault(ErrorCode::PluginContract, message).into());
        }
        self.add_warning(Warning {
            code,
            message: truncate_bytes(message, MAX_MESSAGE_BYTES),
            parameter: parameter.map(|parameter| truncate_bytes(parameter, MAX_NAME_BYTES)),
        });
        Ok(())
    }
}
