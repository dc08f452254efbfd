//! Filters, pages and rows of the lists.

use flowhost_domain::{Contact, DndEntry, RecordState, Scope};
use uuid::Uuid;

/// The filter of a list: a row must satisfy all fields that are set. A list ignores fields that do not apply to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Rows of this tenant.
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

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The id of the row before the page: of a tenant, campaign, contact or record, or [`DndRow::cursor`]. Tenants may
    /// share ids. Without [`Filter::tenant`], the first row with the id counts.
    ///
    /// The ids of tenants and do-not-disturb entries are positions: the list continues after them even if the row does
    /// not exist. Campaigns, contacts and records are never removed, and a list after an unknown one is empty.
    pub after: Option<String>,
    /// Maximum number of rows.
    pub limit: u32,
}

/// A contact in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// The id of the tenant.
    pub tenant: String,
    /// The contact.
    pub contact: Contact,
}

/// A do-not-disturb entry in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DndRow {
    /// The id of the tenant.
    pub tenant: String,
    /// The id of the contact on the list.
    pub contact: Uuid,
    /// The entry.
    pub entry: DndEntry,
}

/// The position of a do-not-disturb entry in a list. The entry may not exist.
pub struct DndPosition<'a> {
    /// The contact that is or was on the list.
    pub contact: Uuid,
    /// The scope of the entry, as text.
    pub scope: &'a str,
}

impl<'a> DndPosition<'a> {
    /// Parses a cursor. Returns `None` if it is invalid.
    pub fn parse(cursor: &'a str) -> Option<Self> {
        let (contact, scope) = cursor.split_once('/')?;
        Some(Self { contact: contact.parse().ok()?, scope })
    }

    /// Returns the scope of the entry. The name of a category may have the form of a campaign's id. The scope is the
    /// category if `is_listed` finds the contact only on the category's list.
    pub fn resolve_scope(&self, is_listed: impl Fn(&Scope) -> bool) -> Scope {
        let category = Scope::Category(self.scope.to_owned());
        match self.scope.parse().map(Scope::Campaign) {
            Ok(campaign) if is_listed(&campaign) || !is_listed(&category) => campaign,
            _ => category,
        }
    }
}

impl DndRow {
    /// Returns the cursor of this row for [`Page::after`]: `contact/campaign` or `contact/category`.
    pub fn cursor(&self) -> String {
        match &self.entry.scope {
            Scope::Campaign(campaign) => format!("{}/{campaign}", self.contact),
            Scope::Category(category) => format!("{}/{category}", self.contact),
        }
    }
}
