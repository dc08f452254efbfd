//! `flow:outbound/dnd`.

use super::bindings::flow::outbound::dnd::Host;
use super::lookup::{check_category, find_campaign, find_contact, try_rule};
use super::{HostFunction, HostResult, HostState};
use flowhost_domain::dnd::{self, DndReason, DndUpdate};
use flowhost_domain::{Contact, Refusal};

impl Host for HostState {
    async fn blocks_campaign(&mut self, campaign_id: String, contact_id: String) -> HostResult<bool> {
        let transaction = self.begin_store_call(HostFunction::DndBlocksCampaign, &[&campaign_id, &contact_id])?;
        let campaign = try_rule!(self, find_campaign(transaction, &campaign_id).await?);
        let contact = try_rule!(self, find_contact(self.transaction()?, &contact_id).await?);
        Ok(Ok(dnd::blocks_campaign(&contact, &campaign)))
    }

    async fn blocks_category(&mut self, name: String, contact_id: String) -> HostResult<bool> {
        let transaction = self.begin_store_call(HostFunction::DndBlocksCategory, &[&name, &contact_id])?;
        try_rule!(self, check_category(transaction, &name).await?);
        let contact = try_rule!(self, find_contact(self.transaction()?, &contact_id).await?);
        Ok(Ok(dnd::blocks_category(&contact, &name)))
    }

    async fn set_campaign(
        &mut self,
        campaign_id: String,
        contact_id: String,
        blocked: bool,
        reason: Option<String>,
    ) -> HostResult<bool> {
        let texts = [campaign_id.as_str(), &contact_id, reason.as_deref().unwrap_or_default()];
        let transaction = self.begin_store_call(HostFunction::DndSetCampaign, &texts)?;
        let campaign = try_rule!(self, find_campaign(transaction, &campaign_id).await?);
        let contact = try_rule!(self, find_contact(self.transaction()?, &contact_id).await?);
        self.apply_rule(&contact, ("campaign", &campaign_id), reason.as_deref(), |cause| {
            dnd::set_campaign(&contact, &campaign, blocked, cause)
        })
    }

    async fn set_category(
        &mut self,
        name: String,
        contact_id: String,
        blocked: bool,
        reason: Option<String>,
    ) -> HostResult<bool> {
        let texts = [name.as_str(), &contact_id, reason.as_deref().unwrap_or_default()];
        let transaction = self.begin_store_call(HostFunction::DndSetCategory, &texts)?;
        try_rule!(self, check_category(transaction, &name).await?);
        let contact = try_rule!(self, find_contact(self.transaction()?, &contact_id).await?);
        self.apply_rule(&contact, ("category", &name), reason.as_deref(), |cause| {
            dnd::set_category(&contact, &name, blocked, cause)
        })
    }
}

impl HostState {
    fn apply_rule(
        &mut self,
        before: &Contact,
        scope: (&str, &str),
        reason: Option<&str>,
        rule: impl FnOnce(&DndReason<'_>) -> Result<DndUpdate, Refusal>,
    ) -> HostResult<bool> {
        let result = rule(&DndReason { actor: &self.actor(), reason, now: self.session.now });
        let DndUpdate { contact, changed, warning } = try_rule!(self, result);
        self.add_rule_warnings(warning.into_iter().collect(), &[scope]);
        if changed && contact != *before {
            self.transaction()?.put_contact(contact);
        }
        Ok(Ok(changed))
    }
}
