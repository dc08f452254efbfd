//! Campaigns of the session's tenant. Each function is a capability.

use crate::bindings::flow::outbound::campaigns;
use crate::error::Error;
use crate::from_parameter::FromParameter;
use crate::value::CampaignId;

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:outbound/campaigns";

/// A strategy by which contacts are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What it is grouped by.
    pub category: String,
    /// 1 Simple Message, 2 Multiple Message.
    pub kind: u8,
}

/// A campaign by its id.
///
/// # Errors
/// `campaign-not-found`.
pub fn get(campaign: &FromParameter<CampaignId>) -> Result<Campaign, Error> {
    match campaigns::get(campaign.as_str()) {
        Ok(found) => Ok(Campaign { id: found.id.into(), name: found.name, category: found.category, kind: found.kind }),
        Err(error) => Err(error.map_arguments(&[("campaign", campaign.parameter())])),
    }
}
