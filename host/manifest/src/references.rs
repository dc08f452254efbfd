//! The things that the parameters of a node name: contacts, campaigns, categories and channels.

use super::bind::{NodeParameters, ParameterSource};
use crate::manifest::ParameterKind;
use uuid::Uuid;

/// Contacts, campaigns, categories and channels that a node names, each with its parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Parameters with the campaigns that they name.
    pub campaigns: Vec<(String, Uuid)>,
    /// Parameters with the categories that they name.
    pub categories: Vec<(String, String)>,
    /// Parameters with the channels that they name.
    pub channels: Vec<(String, String)>,
    /// The channel part, in capitals, of parameters that repeat per channel.
    pub per_channel: Vec<(String, String)>,
    /// Entities that hold a contact's id.
    pub contacts: Vec<String>,
}

impl References {
    /// Collects the references of a node.
    pub(super) fn new(node_parameters: &NodeParameters) -> Self {
        let mut found = Self::default();
        for binding in &node_parameters.bindings {
            let Some(declared) = node_parameters.declaration(binding) else { continue };
            let name = || binding.name.clone();
            found.per_channel.extend(declared.channel_of(&binding.name).map(|channel| (name(), channel.to_owned())));
            match (&binding.source, declared.kind) {
                (ParameterSource::Campaign(id), _) => found.campaigns.push((name(), *id)),
                (ParameterSource::Text(text), ParameterKind::Category) => found.categories.push((name(), text.clone())),
                (ParameterSource::Text(text), ParameterKind::Channel) => found.channels.push((name(), text.clone())),
                (ParameterSource::EntityIn(entity), _) if declared.refers_to.as_deref() == Some("contact") => {
                    found.contacts.push(entity.clone());
                }
                _ => {}
            }
        }
        found
    }
}
