//! Do-not-disturb lists of the session's tenant. Each function is a capability.
//!
//! Errors of all functions: `contact-not-found`, and `campaign-not-found` or `category-not-found`.

use crate::error::Error;
use crate::from_parameter::FromParameter;
use crate::imports::dnd;
use crate::value::{CampaignId, ContactId};

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:outbound/dnd";

/// Returns whether the contact is on the list of the campaign or of its category. A campaign makes the same check
/// before it sends.
///
/// # Errors
/// `contact-not-found`, `campaign-not-found`.
pub fn blocks_campaign(
    campaign: &FromParameter<CampaignId>,
    contact: &FromParameter<ContactId>,
) -> Result<bool, Error> {
    dnd::blocks_campaign(campaign.as_str(), contact.as_str())
        .map_err(|error| campaign_arguments(error, campaign, contact))
}

/// Returns whether the contact is on the list of the category or of any campaign in it.
///
/// # Errors
/// `contact-not-found`, `category-not-found`.
pub fn blocks_category(category: &FromParameter<String>, contact: &FromParameter<ContactId>) -> Result<bool, Error> {
    dnd::blocks_category(category, contact.as_str()).map_err(|error| category_arguments(error, category, contact))
}

/// An entry of a contact on a do-not-disturb list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(Vec<(String, String)>);

impl Reason {
    /// Returns a part of the entry by its name: `campaign` or `category` (the scope), `at` (RFC 3339 in UTC), `by`, or
    /// `reason`. Later hosts may add names.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }
}

/// Returns the contact's do-not-disturb entries, oldest first. With a campaign: only the entries that block it.
///
/// # Errors
/// `contact-not-found`, `campaign-not-found`.
pub fn reasons(
    contact: &FromParameter<ContactId>,
    campaign: Option<&FromParameter<CampaignId>>,
) -> Result<Vec<Reason>, Error> {
    match dnd::reasons(contact.as_str(), campaign.map(|campaign| campaign.as_str())) {
        Ok(reasons) => Ok(reasons.into_iter().map(Reason).collect()),
        Err(error) => {
            let campaign = campaign.and_then(|campaign| campaign.parameter());
            Err(error.map_arguments(&[("contact", contact.parameter()), ("campaign", campaign)]))
        }
    }
}

/// Adds the contact to the campaign's list, or removes it. Returns whether the list changed. A new entry contains
/// `reason`.
///
/// # Errors
/// `contact-not-found`, `campaign-not-found`, `value-too-large`.
pub fn set_campaign(
    campaign: &FromParameter<CampaignId>,
    contact: &FromParameter<ContactId>,
    blocked: bool,
    reason: Option<&str>,
) -> Result<bool, Error> {
    dnd::set_campaign(campaign.as_str(), contact.as_str(), blocked, reason)
        .map_err(|error| campaign_arguments(error, campaign, contact))
}

/// Adds the contact to the category's list, or removes it from this list and from those of the category's campaigns.
/// Returns whether a list changed. A new entry contains `reason`.
///
/// # Errors
/// `contact-not-found`, `category-not-found`, `value-too-large`.
pub fn set_category(
    category: &FromParameter<String>,
    contact: &FromParameter<ContactId>,
    blocked: bool,
    reason: Option<&str>,
) -> Result<bool, Error> {
    dnd::set_category(category, contact.as_str(), blocked, reason)
        .map_err(|error| category_arguments(error, category, contact))
}

fn campaign_arguments(error: Error, campaign: &FromParameter<CampaignId>, contact: &FromParameter<ContactId>) -> Error {
    error.map_arguments(&[("campaign", campaign.parameter()), ("contact", contact.parameter())])
}

fn category_arguments(error: Error, category: &FromParameter<String>, contact: &FromParameter<ContactId>) -> Error {
    error.map_arguments(&[("category", category.parameter()), ("contact", contact.parameter())])
}
