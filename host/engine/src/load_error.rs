//! The error for a component that was not loaded.

use crate::contract::{CONTRACT_VERSION, ContractMismatch, advice};
use flowhost_error::text::single_line;
use flowhost_error::{Diagnostic, ErrorCode, Severity};
use std::fmt;

/// Why a component was not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct LoadError {
    /// The stable code: `component-invalid`, `component-contract`, `action-reserved`, `action-duplicate`,
    /// `limit-component-size`, `limit-compile-time`, or the fault of `describe`. `limit-memory` and `limit-tables` mean
    /// that a new instance would exceed its limits.
    pub code: ErrorCode,
    /// The error and a hint at the fix.
    pub message: String,
    /// For `component-contract`: the differences from the contract.
    pub differences: Vec<ContractMismatch>,
    /// For `plugin-contract`: the findings in the manifest. Their paths are JSON pointers.
    pub findings: Vec<Diagnostic>,
    /// Whether another attempt to load the same component could succeed, because the cause is not the component.
    pub is_transient: bool,
}

impl LoadError {
    /// Creates an error with a stable code and a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        // The time that a component takes depends on the load of the machine.
        let is_transient = matches!(code, ErrorCode::LimitCompileTime | ErrorCode::LimitCpu | ErrorCode::LimitDeadline);
        let message = single_line(message.into());
        Self { code, message, differences: Vec::new(), findings: Vec::new(), is_transient }
    }

    /// Creates an error whose cause is not the component, for example a missing compiler.
    pub fn transient(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { is_transient: true, ..Self::new(code, message) }
    }

    /// Creates the error `component-contract` for a component of the contract `built`.
    pub fn contract(built: &str, differences: Vec<ContractMismatch>) -> Self {
        let message = format!("the component doesn't match this host's contract {CONTRACT_VERSION}; {}", advice(built));
        Self { differences, ..Self::new(ErrorCode::ComponentContract, message) }
    }

    /// Creates the error `plugin-contract` for a manifest with these findings.
    pub fn manifest(findings: Vec<Diagnostic>) -> Self {
        let errors = || findings.iter().filter(|finding| finding.severity == Severity::Error);
        let first = errors().next().map_or_else(String::new, |Diagnostic { path, code, message, .. }| {
            let place = if path.is_empty() { "the whole text" } else { path };
            format!(": {place}: {message} ({code})")
        });
        let more = match errors().count() {
            0 | 1 => String::new(),
            count => format!(", and {} more", count - 1),
        };
        let message = format!("the manifest has an error{first}{more}");
        Self { findings, ..Self::new(ErrorCode::PluginContract, message) }
    }
}

/// The message about bytes that can't be read to their end.
pub fn invalid(error: &dyn fmt::Display) -> String {
    format!("the component is not valid or is truncated: {error:#}")
}
