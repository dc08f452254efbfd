//! The entries of `uses`, compared with the contract and with the imports of the component.

use super::references::unknown;
use crate::Manifest;
use flowhost_error::{Diagnostic, ErrorCode};

/// The functions that exist for a component.
#[derive(Debug, Clone, Copy)]
pub struct UsesContext<'n> {
    /// The functions of this host's contract, as `flow:outbound/dnd#blocks-campaign`.
    pub contract: &'n [&'n str],
    /// The functions that the component imports.
    pub imports: &'n [String],
}

impl UsesContext<'_> {
    /// Checks the entries of `uses`. An entry is a function or a whole interface.
    pub fn check(&self, manifest: &Manifest) -> Vec<Diagnostic> {
        let check = |(index, entry): (usize, &String)| self.check_entry(&format!("/uses/{index}"), entry);
        manifest.uses.iter().enumerate().filter_map(check).collect()
    }

    fn check_entry(&self, pointer: &str, entry: &str) -> Option<Diagnostic> {
        if self.imports.iter().any(|import| covers(entry, import)) {
            return None;
        }
        if self.contract.iter().any(|function| covers(entry, function)) {
            let message = format!("the component does not import {entry}; remove the entry");
            return Some(Diagnostic::warning(pointer, ErrorCode::ManifestUnused, message));
        }
        let message = unknown("function", entry, self.contract.iter().copied());
        Some(Diagnostic::error(pointer, ErrorCode::ManifestUses, message))
    }
}

/// Returns whether an entry of `uses`, a function or a whole interface, covers the function.
pub fn covers(entry: &str, function: &str) -> bool {
    function.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}
