//! What a node's parameters say in advance about the things that its action will ask the store for.

use super::configured::{Configured, Source};
use crate::capability::session::SessionState;
use crate::catalog::manifest::Kind;
use crate::store::Lookup;
use serde_json::Value as Json;
use uuid::Uuid;

/// Contacts, campaigns, categories and channels that a node names, each with its parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lookahead {
    pub(crate) campaigns: Vec<(String, Uuid)>,
    pub(crate) categories: Vec<(String, String)>,
    pub(crate) channels: Vec<(String, String)>,
    /// The channel part, in capitals, of parameters that repeat per channel.
    pub(crate) repeated: Vec<(String, String)>,
    /// Entities that hold a contact's id.
    pub(crate) contacts: Vec<String>,
}

impl Lookahead {
    /// What this node names.
    pub(super) fn of(configured: &Configured) -> Self {
        let mut found = Self::default();
        for binding in &configured.bindings {
            let Some(declared) = configured.declaration(binding) else { continue };
            let name = || binding.name.clone();
            found.repeated.extend(declared.channel_of(&binding.name).map(|channel| (name(), channel.to_owned())));
            match (&binding.source, declared.kind) {
                (Source::Campaign(id), _) => found.campaigns.push((name(), *id)),
                (Source::Text(text), Kind::Category) => found.categories.push((name(), text.clone())),
                (Source::Text(text), Kind::Channel) => found.channels.push((name(), text.clone())),
                (Source::EntityIn(entity), _) if declared.refers_to.as_deref() == Some("contact") => {
                    found.contacts.push(entity.clone());
                }
                _ => {}
            }
        }
        found
    }

    /// What to look up at once for a session, so that the action's own questions are answered already.
    pub(crate) fn lookups(&self, session: &SessionState, asks_ready: AsksReady) -> Vec<Lookup> {
        let id =
            |entity: &String| session.entity(entity).and_then(Json::as_str).and_then(|id| Uuid::try_parse(id).ok());
        // Room for what else the invocation asks at once, too.
        let mut lookups = Vec::with_capacity(self.contacts.len() + self.campaigns.len() + self.categories.len() + 3);
        lookups.extend(self.contacts.iter().filter_map(id).map(Lookup::Contact));
        let newest = match (asks_ready, &lookups[..], &self.campaigns[..]) {
            (AsksReady::Newest, [Lookup::Contact(contact)], [(_, campaign)]) => {
                Some(Lookup::NewestReady { contact: *contact, campaign: *campaign })
            }
            _ => None,
        };
        lookups.extend(self.campaigns.iter().map(|(_, campaign)| Lookup::Campaign(*campaign)));
        lookups.extend(self.categories.iter().map(|(_, category)| Lookup::Category(category.clone())));
        lookups.extend(newest);
        lookups
    }
}

/// Whether an action is going to ask for Ready records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AsksReady {
    /// For the newest, to replace it.
    Newest,
    /// Not that is known.
    No,
}
