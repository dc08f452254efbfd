//! The net changes of a transaction: the difference between the pending and the committed state.

use super::write_set::WriteSet;
use crate::Change;
use flowhost_domain::Contact;
use flowhost_domain::contact::ContactDiff;
use std::sync::Arc;
use uuid::Uuid;

impl WriteSet {
    /// Returns the changes: contacts first, since records refer to them. `committed` returns a contact as committed.
    pub(super) fn into_net_changes<'a>(self, committed: impl Fn(Uuid) -> Option<&'a Contact>) -> Vec<Change> {
        let mut changes = Vec::new();
        for after in self.contacts {
            match committed(after.id) {
                Some(before) => push_contact_changes(before, &after, &mut changes),
                None => changes.push(Change::CreateContact(Arc::unwrap_or_clone(after))),
            }
        }
        changes.extend(self.records.into_iter().flat_map(|record| record.changes));
        changes
    }
}

fn push_contact_changes(before: &Contact, after: &Contact, changes: &mut Vec<Change>) {
    let ContactDiff { fields_changed, mut new_addresses, dnd_added, dnd_removed } = ContactDiff::between(before, after);
    if fields_changed {
        new_addresses.retain(|address| before.address_in(&address.channel).is_none());
        changes.push(Change::UpdateContact {
            id: after.id,
            name: after.name.clone(),
            correlators: after.correlators.clone(),
            new_addresses,
            updated_at: after.updated_at,
        });
    }
    changes.extend(dnd_removed.into_iter().map(|scope| Change::RemoveDnd { contact: after.id, scope }));
    changes.extend(dnd_added.into_iter().map(|entry| Change::AddDnd { contact: after.id, entry }));
}
