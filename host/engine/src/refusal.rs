//! Refusals of components in the form of the cache.

use crate::{ContractMismatch, LoadError};
use flowhost_error::{Diagnostic, ErrorCode, Severity};
use serde::{Deserialize, Serialize};

/// A [`LoadError`] in the cache. Codes are texts, because another release may lack one.
#[derive(Serialize, Deserialize)]
pub(crate) struct CachedRefusal {
    code: String,
    message: String,
    differences: Vec<ContractMismatch>,
    findings: Vec<CachedFinding>,
}

#[derive(Serialize, Deserialize)]
struct CachedFinding {
    path: String,
    code: String,
    message: String,
    is_error: bool,
}

impl CachedRefusal {
    pub(crate) fn new(error: &LoadError) -> Self {
        let findings = error.findings.iter().map(|finding| CachedFinding {
            path: finding.path.clone(),
            code: finding.code.as_str().to_owned(),
            message: finding.message.clone(),
            is_error: finding.severity == Severity::Error,
        });
        Self {
            code: error.code.as_str().to_owned(),
            message: error.message.clone(),
            differences: error.differences.clone(),
            findings: findings.collect(),
        }
    }

    /// Returns the error. `None`: this host does not have one of the codes.
    pub(crate) fn into_error(self) -> Option<LoadError> {
        let Self { code, message, differences, findings } = self;
        let code = ErrorCode::find(&code)?;
        let findings = findings.into_iter().map(CachedFinding::into_finding).collect::<Option<_>>()?;
        Some(LoadError { code, message, differences, findings, is_transient: false })
    }
}

impl CachedFinding {
    fn into_finding(self) -> Option<Diagnostic> {
        let Self { path, code, message, is_error } = self;
        let code = ErrorCode::find(&code)?;
        Some(if is_error { Diagnostic::error(path, code, message) } else { Diagnostic::warning(path, code, message) })
    }
}
