//! The error for a component that was not loaded.

use crate::contract::ContractMismatch;
use flowhost_error::ErrorCode;
use flowhost_error::text::single_line;
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
}

impl LoadError {
    /// Creates an error with a stable code and a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: single_line(message.into()), differences: Vec::new() }
    }
}

/// The message about bytes that can't be read to their end.
pub fn invalid(error: &dyn fmt::Display) -> String {
    format!("the component is not valid or is truncated: {error:#}")
}
