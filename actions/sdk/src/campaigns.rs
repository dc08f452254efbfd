//! Campaigns of the session's tenant. Each function is a capability.

use crate::bindings::flow::outbound::campaigns;
use crate::error::Error;
use crate::from_parameter::FromParameter;
use crate::value::CampaignId;

/// The interface's name in the contract.
pub const INTERFACE: &str = "flow:outbound/campaigns";

/// A campaign of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// The id.
    pub id: CampaignId,
    /// The name, unique in the tenant.
    pub name: String,
    /// The category, which groups campaigns.
    pub category: String,
    /// 1 Simple Message, 2 Multiple Message.
    pub kind: u8,
}

/// Returns a campaign by its id.
///
/// # Errors
/// `campaign-not-found`.
pub fn get(campaign: &FromParameter<CampaignId>) -> Result<Campaign, Error> {
    match campaigns::get(campaign.as_str()) {
        Ok(found) => Ok(Campaign { id: found.id.into(), name: found.name, category: found.category, kind: found.kind }),
        Err(error) => Err(error.map_arguments(&[("campaign", campaign.parameter())])),
    }
}
