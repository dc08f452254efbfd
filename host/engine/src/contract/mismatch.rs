//! The table that explains to an author why a component does not match the contract.

use super::CONTRACT_VERSION;
use flowhost_error::text::{escape, truncate};
use semver::Version;
use serde::{Deserialize, Serialize};

/// Maximum characters of an item in the table. The functions of the contract are shorter.
const MAX_ITEM_CHARACTERS: usize = 8_000;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContractMismatch {
    /// The import or export of the component, in WIT.
    pub component_item: String,
    /// The corresponding item of this host; empty if it has none.
    pub host_item: String,
    /// The difference.
    pub what: String,
    /// The argument, field or case that differs: `limit: u64, not u32`. `None`: the whole item differs.
    pub differs: Option<String>,
}

impl ContractMismatch {
    /// Creates a row. Types are written in full, and a small component may have large ones; the row truncates them.
    pub(super) fn new(component_item: impl Into<String>, host_item: impl Into<String>, what: &str) -> Self {
        let component_item = shorten(&component_item.into());
        Self { component_item, host_item: host_item.into(), what: what.to_owned(), differs: None }
    }

    /// Adds the part that differs.
    pub(super) fn with_part(mut self, differs: String) -> Self {
        self.differs = Some(shorten(&differs));
        self
    }
}

fn shorten(text: &str) -> String {
    escape(&truncate(text, MAX_ITEM_CHARACTERS)).into_owned()
}

/// Returns the end of a message about a component of the contract `built`: it needs a newer host, or another build.
pub fn advice(built: &str) -> String {
    let version = |text| Version::parse(text).ok();
    if version(built) > version(CONTRACT_VERSION) {
        format!("it needs a host of contract {built} or newer")
    } else {
        format!("build it against flow:action and flow:outbound {CONTRACT_VERSION}, which `flowhost wit DIR` writes")
    }
}
