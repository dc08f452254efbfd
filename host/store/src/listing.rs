//! What the lists of the store's contents are asked and answer.

use flowhost_domain::{Contact, DndEntry, RecordState, Scope};
use uuid::Uuid;

/// Which rows a list shows: those for which everything that is set holds. A list ignores what it has no notion of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this tenant only.
    pub tenant: Option<String>,
    /// Campaigns: the one with this id. Records and do-not-disturb entries: those of this campaign.
    pub campaign: Option<Uuid>,
    /// Contacts: the one with this id. Records and do-not-disturb entries: those of this contact.
    pub contact: Option<Uuid>,
    /// Contacts: those with an address in this channel. Records: those for such contacts.
    pub channel: Option<String>,
    /// Records: those in this state.
    pub state: Option<RecordState>,
    /// Campaigns: those of this category. Records and do-not-disturb entries: those of its campaigns, and the
    /// category's own entries.
    pub category: Option<String>,
    /// Contacts: those linked to this one.
    pub linked: Option<Uuid>,
}

/// A stretch of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Begin after the row with this id: a tenant's, campaign's, contact's or record's, or [`DndRow::cursor`]. Tenants may
    /// share ids: set [`Filter::tenant`] too, else the first such row counts.
    ///
    /// A tenant's id and a do-not-disturb entry of a contact are positions: the list goes on after them though the row
    /// is not there, or not there any more. Campaigns, contacts and records are never removed; a list without such a row
    /// is empty.
    pub after: Option<String>,
    /// At most so many rows.
    pub limit: u32,
}

/// A contact in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Whose.
    pub tenant: String,
    /// The contact.
    pub contact: Contact,
}

/// A do-not-disturb entry in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DndRow {
    /// Whose.
    pub tenant: String,
    /// Who is on the list.
    pub contact: Uuid,
    /// What for.
    pub entry: DndEntry,
}

/// The position of a do-not-disturb entry in a list, whether the entry is there or not.
pub struct DndPosition<'a> {
    /// The contact that is or was on the list.
    pub contact: Uuid,
    pub scope: &'a str,
}

impl<'a> DndPosition<'a> {
    /// The position that a cursor names; `None`: it names none.
    pub fn parse(cursor: &'a str) -> Option<Self> {
        let (contact, scope) = cursor.split_once('/')?;
        Some(Self { contact: contact.parse().ok()?, scope })
    }

    /// The list that the entry is on. A category may be spelled as a campaign's id. The cursor names the category if
    /// `is_listed` finds the contact on the category's list and not on the campaign's.
    pub fn resolve_scope(&self, is_listed: impl Fn(&Scope) -> bool) -> Scope {
        let category = Scope::Category(self.scope.to_owned());
        match self.scope.parse().map(Scope::Campaign) {
            Ok(campaign) if is_listed(&campaign) || !is_listed(&category) => campaign,
            _ => category,
        }
    }
}

impl DndRow {
    /// What [`Page::after`] calls this row: `contact/campaign` or `contact/category`.
    pub fn cursor(&self) -> String {
        match &self.entry.scope {
            Scope::Campaign(campaign) => format!("{}/{campaign}", self.contact),
            Scope::Category(category) => format!("{}/{category}", self.contact),
        }
    }
}
