//! Reverts the changes of a commit that a rule rejects.

use super::{BatchState, ContactEntry, DndChange, DndKey, RecordEntry};

/// The state of an entry before the commit under validation.
pub(super) enum UndoEntry<'a> {
    Contact(usize, Box<ContactEntry>),
    Address(usize),
    Record(usize, Box<RecordEntry<'a>>),
    Dnd(DndKey<'a>, Option<DndChange<'a>>),
    Log,
}

impl BatchState<'_> {
    /// Reverts the changes of the commit under validation, the last one first.
    pub(super) fn roll_back(&mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                UndoEntry::Contact(at, before) => {
                    if let Some(slot) = self.contacts.get_mut(at) {
                        *slot = *before;
                    }
                }
                UndoEntry::Record(at, before) => {
                    if let Some(slot) = self.records.get_mut(at) {
                        *slot = *before;
                    }
                }
                UndoEntry::Address(at) => {
                    if let Some(slot) = self.addresses.get_mut(at) {
                        slot.owner = None;
                        slot.is_new = false;
                    }
                }
                UndoEntry::Dnd(key, before) => {
                    match before {
                        Some(before) => self.dnd.insert(key, before),
                        None => self.dnd.remove(&key),
                    };
                }
                UndoEntry::Log => {
                    self.log.pop();
                }
            }
        }
    }
}
