//! The lookups that an invocation makes at once, before its action runs.

use crate::session::SessionOverlay;
use flowhost_manifest::References;
use flowhost_store::Lookup;
use serde_json::Value as Json;
use uuid::Uuid;

/// Returns the lookups that an invocation makes at once, so that the lookups of its action find their results cached.
pub fn lookups(references: &References, session: &SessionOverlay, prefetch_newest_ready: bool) -> Vec<Lookup> {
    let id = |entity: &String| session.entity(entity).and_then(Json::as_str).and_then(|id| Uuid::try_parse(id).ok());
    // The invocation adds up to three lookups of its own.
    let mut lookups =
        Vec::with_capacity(references.contacts.len() + references.campaigns.len() + references.categories.len() + 3);
    lookups.extend(references.contacts.iter().filter_map(id).map(Lookup::Contact));
    let newest = match (prefetch_newest_ready, &lookups[..], &references.campaigns[..]) {
        (true, [Lookup::Contact(contact)], [(_, campaign)]) => {
            Some(Lookup::NewestReadyRecord { contact: *contact, campaign: *campaign })
        }
        _ => None,
    };
    lookups.extend(references.campaigns.iter().map(|(_, campaign)| Lookup::Campaign(*campaign)));
    lookups.extend(references.categories.iter().map(|(_, category)| Lookup::Category(category.clone())));
    lookups.extend(newest);
    lookups
}
