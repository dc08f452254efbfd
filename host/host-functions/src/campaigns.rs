//! `flow:outbound/campaigns`.

use super::bindings::flow::outbound::campaigns::{Campaign, Host};
use super::{HostFunction, HostResult, HostState, lookup};

impl Host for HostState {
    async fn get(&mut self, campaign: String) -> HostResult<Campaign> {
        let transaction = self.begin_store_call(HostFunction::CampaignsGet, &[&campaign])?;
        let found = lookup::find_campaign(transaction, &campaign).await?.map(|found| Campaign {
            id: found.id.to_string(),
            name: found.name.clone(),
            category: found.category.clone(),
            kind: found.kind.number(),
        });
        self.finish_call(found, |campaign| 36 + campaign.name.len() + campaign.category.len())
    }
}
