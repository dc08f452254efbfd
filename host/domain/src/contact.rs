//! A contact: a client of a tenant, with one address a channel.

use super::dnd::{DndEntry, Scope};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A client of a tenant, with the do-not-disturb lists that it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Made by the host.
    pub id: Uuid,
    /// NFC, trimmed, at most 256 characters; may be empty.
    pub name: String,
    /// Slots 1 to 3.
    pub correlators: [Option<String>; 3],
    /// In order of their channels; at most one a channel.
    pub addresses: Vec<Address>,
    /// In the order of (scope).
    pub dnd: Vec<DndEntry>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When its name, correlators or addresses last changed.
    pub updated_at: DateTime<Utc>,
}

impl Contact {
    /// Its address in a channel.
    pub fn address_in(&self, channel: &str) -> Option<&Address> {
        self.addresses.iter().find(|address| address.channel == channel)
    }

    /// Whether `other` is the same person in another contact: another id, and the same value in a correlator's slot.
    pub fn is_linked_to(&self, other: &Self) -> bool {
        let share = |(own, others): (&Option<String>, &Option<String>)| own.is_some() && own == others;
        self.id != other.id && self.correlators.iter().zip(&other.correlators).any(share)
    }
}

/// Where a contact is reached: (channel, identifier) is unique in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The channel's name.
    pub channel: String,
    /// Normalised: E.164 for phones, NFC and trimmed otherwise.
    pub identifier: String,
    /// What was typed when the address was stored.
    pub typed: String,
}

/// What makes one state of a contact another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactDiff {
    /// Whether name, correlators or addresses differ.
    pub fields_changed: bool,
    /// Addresses that it gained.
    pub new_addresses: Vec<Address>,
    /// Do-not-disturb entries that it gained.
    pub dnd_added: Vec<DndEntry>,
    /// What the entries covered that it lost.
    pub dnd_removed: Vec<Scope>,
}

impl ContactDiff {
    /// What leads from one state of a contact to a later one.
    pub fn between(before: &Contact, after: &Contact) -> Self {
        let is_in = |entries: &[DndEntry], scope: &Scope| entries.iter().any(|entry| entry.scope == *scope);
        let gained = |entry: &&DndEntry| !is_in(&before.dnd, &entry.scope);
        let lost = |entry: &&DndEntry| !is_in(&after.dnd, &entry.scope);
        Self {
            fields_changed: before.name != after.name
                || before.correlators != after.correlators
                || before.addresses != after.addresses,
            new_addresses: after
                .addresses
                .iter()
                .filter(|address| !before.addresses.contains(address))
                .cloned()
                .collect(),
            dnd_added: after.dnd.iter().filter(gained).cloned().collect(),
            dnd_removed: before.dnd.iter().filter(lost).map(|entry| entry.scope.clone()).collect(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Somebody known in Messenger.
    pub(crate) fn contact() -> Contact {
        let address =
            |channel: &str| Address { channel: channel.into(), identifier: "u-1".into(), typed: "u-1".into() };
        Contact {
            id: Uuid::from_u128(0xc0),
            name: "Ana".into(),
            correlators: [const { None }; 3],
            addresses: vec![address("messenger")],
            dnd: Vec::new(),
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    fn correlated(id: u128, correlators: [&str; 3]) -> Contact {
        let correlators = correlators.map(|value| Some(value.to_owned()).filter(|value| !value.is_empty()));
        Contact { id: Uuid::from_u128(id), correlators, ..contact() }
    }

    #[test]
    fn an_equal_value_in_the_same_slot_links_contacts() {
        let ana = correlated(1, ["7", "", ""]);
        assert!(ana.is_linked_to(&correlated(2, ["7", "x", ""])));
        assert!(!ana.is_linked_to(&correlated(2, ["", "7", ""])));
        assert!(!ana.is_linked_to(&correlated(2, ["", "", ""])));
        assert!(!ana.is_linked_to(&ana));
    }
}
