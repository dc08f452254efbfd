//! Campaigns of the session's tenant, read only. Each function is a capability. The host reads a campaign once, so that
//! several functions take one round trip to the store.

use crate::bindings::flow::action::types::Timestamp;
use crate::error::Error;
use crate::from_parameter::FromParameter;
use crate::imports::campaigns;
use crate::value::CampaignId;

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:outbound/campaigns";

/// Returns the campaign's name, which is unique in the tenant.
///
/// # Errors
/// `campaign-not-found`.
pub fn name(campaign: &FromParameter<CampaignId>) -> Result<String, Error> {
    campaigns::name(campaign.as_str()).map_err(|error| id_argument(error, campaign))
}

/// Returns the campaign's category.
///
/// # Errors
/// `campaign-not-found`.
pub fn category(campaign: &FromParameter<CampaignId>) -> Result<String, Error> {
    campaigns::category(campaign.as_str()).map_err(|error| id_argument(error, campaign))
}

/// Returns the campaign's type: `simple` (Simple Message) or `multiple` (Multiple Message). Later hosts may return
/// further texts.
///
/// # Errors
/// `campaign-not-found`.
pub fn type_(campaign: &FromParameter<CampaignId>) -> Result<String, Error> {
    campaigns::type_(campaign.as_str()).map_err(|error| id_argument(error, campaign))
}

/// Returns the execution mode: `manual`, `scheduled` or `always-on`. Later hosts may return further texts.
///
/// # Errors
/// `campaign-not-found`.
pub fn mode(campaign: &FromParameter<CampaignId>) -> Result<String, Error> {
    campaigns::mode(campaign.as_str()).map_err(|error| id_argument(error, campaign))
}

/// Returns the name of the intention that starts when a client reacts.
///
/// # Errors
/// `campaign-not-found`.
pub fn intention(campaign: &FromParameter<CampaignId>) -> Result<String, Error> {
    campaigns::intention(campaign.as_str()).map_err(|error| id_argument(error, campaign))
}

/// Returns the last time at which the campaign is valid. `None`: the validity has no end.
///
/// # Errors
/// `campaign-not-found`.
pub fn valid_until(campaign: &FromParameter<CampaignId>) -> Result<Option<Timestamp>, Error> {
    campaigns::valid_until(campaign.as_str()).map_err(|error| id_argument(error, campaign))
}

/// Returns whether the campaign would accept a record at the invocation's time.
///
/// # Errors
/// `campaign-not-found`.
pub fn is_open(campaign: &FromParameter<CampaignId>) -> Result<bool, Error> {
    campaigns::is_open(campaign.as_str()).map_err(|error| id_argument(error, campaign))
}

/// Returns the tenant's campaigns in order of their names. The list begins after the campaign `after` and has at most
/// `limit` (1 to 1,000) campaigns.
///
/// # Errors
/// `parameter-invalid`.
pub fn list(after: Option<&CampaignId>, limit: u32) -> Result<Vec<CampaignId>, Error> {
    Ok(campaigns::list(after.map(CampaignId::as_str), limit)?.into_iter().map(CampaignId::from).collect())
}

/// Returns the campaigns of a category, as [`list`] does.
///
/// # Errors
/// `category-not-found`, `parameter-invalid`.
pub fn in_category(
    category: &FromParameter<String>,
    after: Option<&CampaignId>,
    limit: u32,
) -> Result<Vec<CampaignId>, Error> {
    match campaigns::in_category(category, after.map(CampaignId::as_str), limit) {
        Ok(ids) => Ok(ids.into_iter().map(CampaignId::from).collect()),
        Err(error) => Err(error.map_arguments(&[("category", category.parameter())])),
    }
}

fn id_argument(error: Error, campaign: &FromParameter<CampaignId>) -> Error {
    error.map_arguments(&[("campaign", campaign.parameter())])
}
