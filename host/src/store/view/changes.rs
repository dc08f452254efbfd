//! The net changes of a view: what is staged, against what was read.

use super::staged::Staged;
use crate::domain::Contact;
use crate::domain::contact::Difference;
use crate::store::Change;
use std::sync::Arc;
use uuid::Uuid;

impl Staged {
    /// Contacts first, since records need theirs. `committed` finds a contact as it was read.
    pub(super) fn changes<'a>(self, committed: impl Fn(Uuid) -> Option<&'a Contact>) -> Vec<Change> {
        let mut changes = Vec::new();
        for after in self.contacts {
            match committed(after.id) {
                Some(before) => differences(before, &after, &mut changes),
                None => changes.push(Change::CreateContact(Arc::unwrap_or_clone(after))),
            }
        }
        changes.extend(self.records.into_iter().flat_map(|record| record.changes));
        changes
    }
}

fn differences(before: &Contact, after: &Contact, changes: &mut Vec<Change>) {
    let Difference { fields, mut new_addresses, joined, left } = Difference::between(before, after);
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
