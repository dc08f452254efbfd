//! `flow:outbound/campaigns`.

use super::bindings::flow::outbound::campaigns::{Campaign, Host};
use super::{Answer, Function, State, outbound};

impl Host for State {
    async fn get(&mut self, campaign: String) -> Answer<Campaign> {
        let view = self.enter_store(Function::CampaignsGet, &[&campaign])?;
        let found = outbound::campaign(view, &campaign).await?.map(|found| Campaign {
            id: found.id.to_string(),
            name: found.name.clone(),
            category: found.category.clone(),
            kind: found.kind.number(),
        });
        self.leave(found, |campaign| 36 + campaign.name.len() + campaign.category.len())
    }
}
