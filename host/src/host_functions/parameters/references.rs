//! The objects that a node's parameters refer to, known before its action reads them from the store.

use super::bind::{NodeParameters, ParameterSource};
use crate::catalog::manifest::ParameterKind;
use crate::host_functions::session::SessionOverlay;
use crate::store::Lookup;
use serde_json::Value as Json;
use uuid::Uuid;

/// Contacts, campaigns, categories and channels that a node names, each with its parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct References {
    pub(crate) campaigns: Vec<(String, Uuid)>,
    pub(crate) categories: Vec<(String, String)>,
    pub(crate) channels: Vec<(String, String)>,
    /// The channel part, in capitals, of parameters that repeat per channel.
    pub(crate) per_channel: Vec<(String, String)>,
    /// Entities that hold a contact's id.
    pub(crate) contacts: Vec<String>,
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

    /// Returns the lookups of a session's references, which the host reads in advance in one round trip.
    pub(crate) fn lookups(&self, session: &SessionOverlay, prefetch_newest_ready: bool) -> Vec<Lookup> {
        let id =
            |entity: &String| session.entity(entity).and_then(Json::as_str).and_then(|id| Uuid::try_parse(id).ok());
        // The capacity includes the invocation's other lookups.
        let mut lookups = Vec::with_capacity(self.contacts.len() + self.campaigns.len() + self.categories.len() + 3);
        lookups.extend(self.contacts.iter().filter_map(id).map(Lookup::Contact));
        let newest = match (prefetch_newest_ready, &lookups[..], &self.campaigns[..]) {
            (true, [Lookup::Contact(contact)], [(_, campaign)]) => {
                Some(Lookup::NewestReadyRecord { contact: *contact, campaign: *campaign })
            }
            _ => None,
        };
        lookups.extend(self.campaigns.iter().map(|(_, campaign)| Lookup::Campaign(*campaign)));
        lookups.extend(self.categories.iter().map(|(_, category)| Lookup::Category(category.clone())));
        lookups.extend(newest);
        lookups
    }
}
