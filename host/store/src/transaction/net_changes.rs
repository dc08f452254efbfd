//! The net changes of a view: what is staged, against what was read.

use super::write_set::WriteSet;
use crate::Change;
use flowhost_domain::Contact;
use flowhost_domain::contact::ContactDiff;
use std::sync::Arc;
use uuid::Uuid;

impl WriteSet {
    /// Contacts first, since records need theirs. `committed` finds a contact as it was read.
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
    let ContactDiff { fields_changed: fields, mut new_addresses, dnd_added: joined, dnd_removed: left } =
        ContactDiff::between(before, after);
    if fields {
        new_addresses.retain(|address| before.address_in(&address.channel).is_none());
        changes.push(Change::UpdateContact {
            id: after.id,
            name: after.name.clone(),
            correlators: after.correlators.clone(),
            new_addresses,
            updated_at: after.updated_at,
        });
    }
    changes.extend(left.into_iter().map(|scope| Change::RemoveDnd { contact: after.id, scope }));
    changes.extend(joined.into_iter().map(|entry| Change::AddDnd { contact: after.id, entry }));
}
