//! The declaration of how a saved node of an older version becomes a node of a newer version.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A migration from one major version to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Migration {
    /// The older major version.
    pub from: String,
    /// The next major version.
    pub to: String,
    /// The new port of each old port, in the order of the old ports. `None` in the list: the port has no successor.
    /// Without a list the ports are unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<Option<String>>>,
    /// The changes of the parameters, in order.
    pub steps: Vec<MigrationStep>,
}

/// A change of a node's parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MigrationStep {
    /// Gives a parameter another name.
    Rename {
        /// The old name.
        rename: String,
        /// The new name.
        to: String,
    },
    /// Replaces values of a parameter. It leaves other values unchanged.
    Map {
        /// The parameter.
        map: String,
        /// The new values by the old ones.
        values: BTreeMap<String, Json>,
    },
    /// Sets a parameter that does not exist to the result of an expression.
    Compute {
        /// The parameter.
        set: String,
        /// CEL over `old`, the parameters before the migration.
        expression: String,
    },
    /// Sets a parameter that does not exist to a value.
    Set {
        /// The parameter.
        set: String,
        /// The value, in the form of a node's JSON.
        value: Json,
    },
    /// Removes a parameter.
    Drop {
        /// The parameter.
        drop: String,
    },
}

impl MigrationStep {
    /// Returns the parameter that exists after the step, with the field that names it.
    pub fn target(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Rename { to, .. } => Some(("to", to)),
            Self::Map { map, .. } => Some(("map", map)),
            Self::Compute { set, .. } | Self::Set { set, .. } => Some(("set", set)),
            Self::Drop { .. } => None,
        }
    }

    /// Returns the parameter that no longer exists after the step.
    pub fn removed(&self) -> Option<&str> {
        match self {
            Self::Rename { rename, .. } => Some(rename),
            Self::Drop { drop } => Some(drop),
            Self::Map { .. } | Self::Compute { .. } | Self::Set { .. } => None,
        }
    }
}
