//! Diagnostics of a node's configuration and findings in a manifest.

use crate::ErrorCode;
use crate::text::single_line;
use serde::Serialize;

/// The severity of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Severity {
    /// The node can't run, or the component can't be loaded.
    Error,
    /// The node runs or the component is loaded, but maybe not as intended.
    Warning,
}

/// A result of a check: of a node's parameters, of a flow, or of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The path of a parameter or of one of its elements (`HSM_MTM_DATA[2]`), with the node in front where it is known
    /// (`n1/CAMPAIGN_ID`). In a finding of a manifest it is a JSON pointer (`/parameters/0/default`).
    pub path: String,
    /// A stable code.
    pub code: ErrorCode,
    /// One sentence without a full stop that hints at the fix.
    pub message: String,
    /// How severe it is.
    pub severity: Severity,
}

impl Diagnostic {
    /// Creates a diagnostic of severity error.
    pub fn error(path: impl Into<String>, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: single_line(message.into()), severity: Severity::Error }
    }

    /// Creates a diagnostic of severity warning.
    pub fn warning(path: impl Into<String>, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: single_line(message.into()), severity: Severity::Warning }
    }
}
