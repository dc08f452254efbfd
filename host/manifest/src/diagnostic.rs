//! What is wrong with a node as it was configured.

use flowhost_domain::refusal::single_line;
use serde::Serialize;

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The node can't do its work.
    Error,
    /// It works, though perhaps not as meant.
    Warning,
}

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Where: a parameter, an element of one (`HSM_MTM_DATA[2]`), or a node before either (`n1/CAMPAIGN_ID`).
    pub path: String,
    /// A stable code.
    pub code: &'static str,
    /// One sentence without a full stop that hints at the mend.
    pub message: String,
    /// How grave it is.
    pub severity: Severity,
}

impl Diagnostic {
    pub fn error(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: single_line(message.into()), severity: Severity::Error }
    }

    pub fn warning(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: single_line(message.into()), severity: Severity::Warning }
    }
}
