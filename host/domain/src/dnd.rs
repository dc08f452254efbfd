//! Do-not-disturb lists of campaigns and categories.

use super::campaign::Campaign;
use super::contact::Contact;
use super::refusal::{Refusal, Warning};
use super::text;
use chrono::{DateTime, Utc};
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use uuid::Uuid;

/// The scope of a do-not-disturb entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One campaign.
    Campaign(Uuid),
    /// Every campaign of a category.
    Category(String),
}

/// A contact's entry on a do-not-disturb list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DndEntry {
    /// The scope.
    pub scope: Scope,
    /// The current category of the campaign for [`Scope::Campaign`]; otherwise the category itself.
    pub category: String,
    /// The time at which the contact was added.
    pub at: DateTime<Utc>,
    /// The action and session that added the contact.
    pub actor: String,
    /// The reason, if given.
    pub reason: Option<String>,
}

/// Returns whether the contact is on the list of the campaign or of its category. Sending makes the same check.
pub fn blocks_campaign(contact: &Contact, campaign: &Campaign) -> bool {
    contact.dnd.iter().any(|entry| blocks(entry, campaign))
}

/// Returns whether the contact is on the list of the category or of any campaign in it.
pub fn blocks_category(contact: &Contact, category: &str) -> bool {
    contact.dnd.iter().any(|entry| entry.category == category)
}

/// Returns the contact's entries, oldest first. With a campaign: only the entries that block this campaign.
pub fn entries<'c>(contact: &'c Contact, campaign: Option<&Campaign>) -> Vec<&'c DndEntry> {
    let is_shown = |entry: &&DndEntry| campaign.is_none_or(|campaign| blocks(entry, campaign));
    let mut entries: Vec<_> = contact.dnd.iter().filter(is_shown).collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn blocks(entry: &DndEntry, campaign: &Campaign) -> bool {
    match &entry.scope {
        Scope::Campaign(id) => *id == campaign.id,
        Scope::Category(category) => *category == campaign.category,
    }
}

/// The actor, reason and time of a change to a list.
#[derive(Debug, Clone, Copy)]
pub struct DndReason<'a> {
    /// The action and session that make the change.
    pub actor: &'a str,
    /// The reason, at most 256 characters. Empty counts as none.
    pub reason: Option<&'a str>,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// The result of a change to the lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DndUpdate {
    /// The contact with the updated lists.
    pub contact: Contact,
    /// Whether anything changed.
    pub changed: bool,
    /// The warning `category-still-blocks`, if it applies.
    pub warning: Option<Warning>,
}

/// Adds the contact to the campaign's own list, or removes it. An existing entry keeps its reason. The warning
/// `category-still-blocks` follows a removal, effective or not, if the category's list still blocks the campaign.
/// Error: `value-too-large` (`reason`).
pub fn set_campaign(
    contact: &Contact,
    campaign: &Campaign,
    is_blocked: bool,
    reason: &DndReason<'_>,
) -> Result<DndUpdate, Refusal> {
    let scope = Scope::Campaign(campaign.id);
    if is_blocked {
        return add(contact, scope, &campaign.category, reason);
    }
    let mut update = remove(contact, |entry| entry.scope == scope);
    if blocks_campaign(&update.contact, campaign) {
        let message = format!(
            "the contact stays blocked for the campaign {}, since it is on the list of its category {}; remove it by \
             category",
            quote(&campaign.name),
            quote(&campaign.category)
        );
        update.warning = Some(Warning::new(ErrorCode::CategoryStillBlocks, message, "campaign"));
    }
    Ok(update)
}

/// Adds the contact to the category's list, or removes it from that list and from the lists of all campaigns in the
/// category. The caller has checked that a campaign has this category. Error: `value-too-large` (`reason`).
pub fn set_category(
    contact: &Contact,
    category: &str,
    is_blocked: bool,
    reason: &DndReason<'_>,
) -> Result<DndUpdate, Refusal> {
    if is_blocked {
        add(contact, Scope::Category(category.to_owned()), category, reason)
    } else {
        Ok(remove(contact, |entry| entry.category == category))
    }
}

fn add(contact: &Contact, scope: Scope, category: &str, dnd_reason: &DndReason<'_>) -> Result<DndUpdate, Refusal> {
    let reason = match dnd_reason.reason {
        Some(given) => Some(text::normalise(given, "the reason", "reason", ErrorCode::ParameterInvalid)?),
        None => None,
    };
    let mut contact = contact.clone();
    let index = contact.dnd.binary_search_by(|entry| entry.scope.cmp(&scope));
    if let Err(index) = index {
        let entry = DndEntry {
            scope,
            category: category.to_owned(),
            at: dnd_reason.now,
            actor: dnd_reason.actor.to_owned(),
            reason: reason.filter(|reason| !reason.is_empty()),
        };
        contact.dnd.insert(index, entry);
    }
    Ok(DndUpdate { contact, changed: index.is_err(), warning: None })
}

fn remove(contact: &Contact, is_removed: impl Fn(&DndEntry) -> bool) -> DndUpdate {
    let mut contact = contact.clone();
    let before = contact.dnd.len();
    contact.dnd.retain(|entry| !is_removed(entry));
    DndUpdate { changed: contact.dnd.len() != before, contact, warning: None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::campaign::tests::campaign;
    use crate::contact::tests::contact;

    const REASON: DndReason<'_> = DndReason { actor: "test", reason: None, now: DateTime::UNIX_EPOCH };

    fn on_campaign() -> Contact {
        set_campaign(&contact(), &campaign(), true, &REASON).unwrap().contact
    }

    fn on_category() -> Contact {
        set_category(&contact(), "Test", true, &REASON).unwrap().contact
    }

    #[test]
    fn a_new_contact_is_not_blocked() {
        assert!(!blocks_campaign(&contact(), &campaign()));
        assert!(!blocks_category(&contact(), "Test"));
    }

    #[test]
    fn either_list_blocks_campaign_and_category() {
        for listed in [on_campaign(), on_category()] {
            assert!(blocks_campaign(&listed, &campaign()));
            assert!(blocks_category(&listed, "Test"));
            assert!(!blocks_category(&listed, "Other"));
        }
    }

    #[test]
    fn entries_are_listed_oldest_first_and_by_campaign() {
        let other = Campaign { id: Uuid::from_u128(0xcb), category: "Other".into(), ..campaign() };
        let later = DndReason { now: DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(1), ..REASON };
        let listed = set_campaign(&contact(), &campaign(), true, &later).unwrap().contact;
        let listed = set_campaign(&listed, &other, true, &REASON).unwrap().contact;
        let listed = set_category(&listed, "Test", true, &REASON).unwrap().contact;
        let scopes = |of: Option<&Campaign>| entries(&listed, of).iter().map(|e| e.scope.clone()).collect::<Vec<_>>();
        let (own, category) = (Scope::Campaign(campaign().id), Scope::Category("Test".into()));
        assert_eq!(scopes(None), [Scope::Campaign(other.id), category.clone(), own.clone()]);
        assert_eq!(scopes(Some(&campaign())), [category, own]);
        assert_eq!(scopes(Some(&Campaign { id: Uuid::nil(), category: "None".into(), ..campaign() })), []);
    }

    #[test]
    fn the_list_of_another_campaign_blocks_the_category_but_not_the_campaign() {
        let other = Campaign { id: Uuid::from_u128(0xcb), ..campaign() };
        assert!(!blocks_campaign(&on_campaign(), &other));
    }

    #[test]
    fn adding_or_removing_twice_changes_nothing() {
        assert!(!set_campaign(&on_campaign(), &campaign(), true, &REASON).unwrap().changed);
        assert!(!set_category(&on_category(), "Test", true, &REASON).unwrap().changed);
        assert!(!set_campaign(&contact(), &campaign(), false, &REASON).unwrap().changed);
        assert!(!set_category(&contact(), "Test", false, &REASON).unwrap().changed);
    }

    #[test]
    fn removal_by_campaign_keeps_the_category_entry_and_warns() {
        let both = set_campaign(&on_category(), &campaign(), true, &REASON).unwrap().contact;
        let outcome = set_campaign(&both, &campaign(), false, &REASON).unwrap();
        assert!(outcome.changed && outcome.contact.dnd == on_category().dnd);
        assert_eq!(outcome.warning.unwrap().code, "category-still-blocks");
        let again = set_campaign(&on_category(), &campaign(), false, &REASON).unwrap();
        assert_eq!((again.changed, again.warning.is_some()), (false, true));
        assert_eq!(set_campaign(&on_campaign(), &campaign(), false, &REASON).unwrap().warning, None);
    }

    #[test]
    fn removal_by_category_removes_campaign_entries() {
        let both = set_campaign(&on_category(), &campaign(), true, &REASON).unwrap().contact;
        let elsewhere = Campaign { id: Uuid::from_u128(0xcb), category: "Other".into(), ..campaign() };
        let three = set_campaign(&both, &elsewhere, true, &REASON).unwrap().contact;
        let outcome = set_category(&three, "Test", false, &REASON).unwrap();
        assert!(outcome.changed);
        assert_eq!(outcome.contact.dnd.len(), 1);
        assert!(blocks_category(&outcome.contact, "Other"));
    }

    #[test]
    fn entries_stay_in_order_of_their_scopes() {
        let second = Campaign { id: Uuid::from_u128(1), ..campaign() };
        let listed = set_campaign(&on_category(), &campaign(), true, &REASON).unwrap().contact;
        let listed = set_campaign(&listed, &second, true, &REASON).unwrap().contact;
        assert!(listed.dnd.is_sorted_by(|a, b| a.scope < b.scope));
    }

    #[test]
    fn the_reason_is_stored_and_limited() {
        let cause = DndReason { reason: Some(" asked "), ..REASON };
        let outcome = set_category(&contact(), "Test", true, &cause).unwrap();
        assert_eq!(outcome.contact.dnd[0].reason.as_deref(), Some("asked"));
        let long = "x".repeat(257);
        let refusal = set_category(&contact(), "Test", true, &DndReason { reason: Some(&long), ..REASON }).unwrap_err();
        assert_eq!((refusal.code, refusal.argument), (ErrorCode::ValueTooLarge, Some("reason")));
    }
}
