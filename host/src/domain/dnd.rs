//! Do-not-disturb: who must not be contacted, and for what.

use super::campaign::Campaign;
use super::contact::Contact;
use super::refusal::{Refusal, Warning, quoted};
use super::text;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What a do-not-disturb entry covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One campaign.
    Campaign(Uuid),
    /// Every campaign of a category.
    Category(String),
}

/// A contact's place on a do-not-disturb list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DndEntry {
    /// What it covers.
    pub scope: Scope,
    /// The category that the campaign of a [`Scope::Campaign`] has now; the category itself otherwise.
    pub category: String,
    /// When the contact was put there.
    pub at: DateTime<Utc>,
    /// By what: action and session.
    pub by: String,
    /// Why, if said.
    pub reason: Option<String>,
}

/// Whether the contact is on the campaign's own list or its category's: the test that sending makes.
pub fn blocks_campaign(contact: &Contact, campaign: &Campaign) -> bool {
    contact.dnd.iter().any(|entry| match &entry.scope {
        Scope::Campaign(id) => *id == campaign.id,
        Scope::Category(category) => *category == campaign.category,
    })
}

/// Whether the contact is on the category's list or that of any campaign in it.
pub fn blocks_category(contact: &Contact, category: &str) -> bool {
    contact.dnd.iter().any(|entry| entry.category == category)
}

/// Why and by whom a contact joins a list.
#[derive(Debug, Clone, Copy)]
pub struct Cause<'a> {
    /// By what: action and session.
    pub by: &'a str,
    /// Why, at most 256 characters; empty is none.
    pub reason: Option<&'a str>,
    /// The instant.
    pub now: DateTime<Utc>,
}

/// What a change of lists came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The contact with its lists as they are now.
    pub contact: Contact,
    /// Whether anything changed.
    pub changed: bool,
    /// `category-still-blocks`, if so.
    pub warning: Option<Warning>,
}

/// Puts the contact on the campaign's own list or takes it off; where it is so already, an entry keeps its cause.
/// Taken off while its category's list still blocks the campaign, it warns `category-still-blocks`, changed or not.
/// Errors: `value-too-large` (`reason`).
pub fn set_campaign(
    contact: &Contact,
    campaign: &Campaign,
    blocked: bool,
    cause: &Cause<'_>,
) -> Result<Outcome, Refusal> {
    let scope = Scope::Campaign(campaign.id);
    if blocked {
        return join(contact, scope, &campaign.category, cause);
    }
    let mut outcome = leave(contact, |entry| entry.scope == scope);
    if blocks_campaign(&outcome.contact, campaign) {
        let message = format!(
            "the contact stays blocked for the campaign {}, since it is on the list of its category {}; take it off by \
             category",
            quoted(&campaign.name),
            quoted(&campaign.category)
        );
        outcome.warning = Some(Warning::new("category-still-blocks", message, "campaign"));
    }
    Ok(outcome)
}

/// Puts the contact on the category's list or takes it off, and then off those of the category's campaigns too. The
/// caller has made sure that a campaign has this category. Errors: `value-too-large` (`reason`).
pub fn set_category(contact: &Contact, category: &str, blocked: bool, cause: &Cause<'_>) -> Result<Outcome, Refusal> {
    if blocked {
        join(contact, Scope::Category(category.to_owned()), category, cause)
    } else {
        Ok(leave(contact, |entry| entry.category == category))
    }
}

fn join(contact: &Contact, scope: Scope, category: &str, cause: &Cause<'_>) -> Result<Outcome, Refusal> {
    let reason = match cause.reason {
        Some(given) => Some(text::normalise(given, "the reason", "reason", "parameter-invalid")?),
        None => None,
    };
    let mut contact = contact.clone();
    let place = contact.dnd.binary_search_by(|entry| entry.scope.cmp(&scope));
    if let Err(place) = place {
        let entry = DndEntry {
            scope,
            category: category.to_owned(),
            at: cause.now,
            by: cause.by.to_owned(),
            reason: reason.filter(|reason| !reason.is_empty()),
        };
        contact.dnd.insert(place, entry);
    }
    Ok(Outcome { contact, changed: place.is_err(), warning: None })
}

fn leave(contact: &Contact, goes: impl Fn(&DndEntry) -> bool) -> Outcome {
    let mut contact = contact.clone();
    let before = contact.dnd.len();
    contact.dnd.retain(|entry| !goes(entry));
    Outcome { changed: contact.dnd.len() != before, contact, warning: None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::domain::campaign::tests::campaign;
    use crate::domain::contact::tests::contact;

    const CAUSE: Cause<'_> = Cause { by: "test", reason: None, now: DateTime::UNIX_EPOCH };

    fn on_campaign() -> Contact {
        set_campaign(&contact(), &campaign(), true, &CAUSE).unwrap().contact
    }

    fn on_category() -> Contact {
        set_category(&contact(), "Test", true, &CAUSE).unwrap().contact
    }

    #[test]
    fn nobody_is_blocked_at_first() {
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
    fn the_list_of_another_campaign_blocks_the_category_but_not_the_campaign() {
        let other = Campaign { id: Uuid::from_u128(0xcb), ..campaign() };
        assert!(!blocks_campaign(&on_campaign(), &other));
    }

    #[test]
    fn joining_and_leaving_twice_changes_nothing() {
        assert!(!set_campaign(&on_campaign(), &campaign(), true, &CAUSE).unwrap().changed);
        assert!(!set_category(&on_category(), "Test", true, &CAUSE).unwrap().changed);
        assert!(!set_campaign(&contact(), &campaign(), false, &CAUSE).unwrap().changed);
        assert!(!set_category(&contact(), "Test", false, &CAUSE).unwrap().changed);
    }

    #[test]
    fn leaving_by_campaign_keeps_the_categorys_entry_and_says_so() {
        let both = set_campaign(&on_category(), &campaign(), true, &CAUSE).unwrap().contact;
        let outcome = set_campaign(&both, &campaign(), false, &CAUSE).unwrap();
        assert!(outcome.changed && outcome.contact.dnd == on_category().dnd);
        assert_eq!(outcome.warning.unwrap().code, "category-still-blocks");
        let again = set_campaign(&on_category(), &campaign(), false, &CAUSE).unwrap();
        assert_eq!((again.changed, again.warning.is_some()), (false, true));
        assert_eq!(set_campaign(&on_campaign(), &campaign(), false, &CAUSE).unwrap().warning, None);
    }

    #[test]
    fn leaving_by_category_clears_its_campaigns_too() {
        let both = set_campaign(&on_category(), &campaign(), true, &CAUSE).unwrap().contact;
        let elsewhere = Campaign { id: Uuid::from_u128(0xcb), category: "Other".into(), ..campaign() };
        let three = set_campaign(&both, &elsewhere, true, &CAUSE).unwrap().contact;
        let outcome = set_category(&three, "Test", false, &CAUSE).unwrap();
        assert!(outcome.changed);
        assert_eq!(outcome.contact.dnd.len(), 1);
        assert!(blocks_category(&outcome.contact, "Other"));
    }

    #[test]
    fn entries_stay_in_order_of_their_scopes() {
        let second = Campaign { id: Uuid::from_u128(1), ..campaign() };
        let listed = set_campaign(&on_category(), &campaign(), true, &CAUSE).unwrap().contact;
        let listed = set_campaign(&listed, &second, true, &CAUSE).unwrap().contact;
        assert!(listed.dnd.is_sorted_by(|a, b| a.scope < b.scope));
    }

    #[test]
    fn the_reason_is_kept_and_bounded() {
        let cause = Cause { reason: Some(" asked "), ..CAUSE };
        let outcome = set_category(&contact(), "Test", true, &cause).unwrap();
        assert_eq!(outcome.contact.dnd[0].reason.as_deref(), Some("asked"));
        let long = "x".repeat(257);
        let refusal = set_category(&contact(), "Test", true, &Cause { reason: Some(&long), ..CAUSE }).unwrap_err();
        assert_eq!((refusal.code, refusal.argument), ("value-too-large", Some("reason")));
    }
}
