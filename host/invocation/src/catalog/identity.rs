//! Checks of the ids that components may have.

use flowhost_built_in_actions::built_in;
use flowhost_engine::LoadError;
use flowhost_error::ErrorCode;
use std::collections::BTreeSet;

/// Node types of a flow that are not actions.
const NODE_TYPES: [&str; 12] = [
    "inject",
    "tab",
    "comment",
    "group",
    "junction",
    "debug",
    "global-config",
    "flowhost-service",
    "flow-inputs",
    "catch",
    "status",
    "complete",
];

/// The ids of built-in actions that components may have.
#[derive(Debug, Default)]
pub(crate) struct ReplaceableIds(BTreeSet<String>);

impl ReplaceableIds {
    /// Creates the set of the ids that the host's owner has named.
    pub(crate) fn new(ids: impl IntoIterator<Item = String>) -> Self {
        Self(ids.into_iter().collect())
    }

    /// Checks the id of a component that is not built in.
    ///
    /// # Errors
    /// `action-reserved`: the id is the type of a node, or belongs to a built-in action that may not be replaced.
    pub(crate) fn check(&self, id: &str) -> Result<(), LoadError> {
        if NODE_TYPES.contains(&id) {
            let message = format!("the id {id} is the type of a flow's node; choose another, such as acme-{id}");
            return Err(LoadError::new(ErrorCode::ActionReserved, message));
        }
        if !self.0.contains(id) && built_in().any(|(built_in_id, _)| built_in_id == id) {
            let hint = format!("choose another, or permit it with --replace {id}");
            let message = format!("the id {id} belongs to a built-in action; {hint}");
            return Err(LoadError::new(ErrorCode::ActionReserved, message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn built_in_ids_are_reserved_unless_replaced_and_node_types_always() {
        let none = ReplaceableIds::default();
        assert_eq!(none.check("acme-greeting"), Ok(()));
        assert_eq!(none.check("campaign-dnd-manager").unwrap_err().code, "action-reserved");
        let some = ReplaceableIds::new(["campaign-dnd-manager".to_owned(), "tab".to_owned()]);
        assert_eq!(some.check("campaign-dnd-manager"), Ok(()));
        assert_eq!(some.check("campaign-dnd-validator").unwrap_err().code, "action-reserved");
        for node in NODE_TYPES {
            assert_eq!(some.check(node).unwrap_err().code, "action-reserved");
        }
    }
}
