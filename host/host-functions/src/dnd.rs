//! `flow:outbound/dnd`.

use super::bindings::flow::outbound::dnd::{Host, Reason};
use super::lookup::{check_category, find_campaign, find_contact, try_rule};
use super::{HostFunction, HostResult, HostState};
use chrono::SecondsFormat;
use flowhost_domain::dnd::{self, DndReason, DndUpdate};
use flowhost_domain::{Contact, DndEntry, Refusal, Scope};

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

    async fn reasons(&mut self, contact_id: String, campaign_id: Option<String>) -> HostResult<Vec<Reason>> {
        let texts = [contact_id.as_str(), campaign_id.as_deref().unwrap_or_default()];
        let transaction = self.begin_store_call(HostFunction::DndReasons, &texts)?;
        let contact = try_rule!(self, find_contact(transaction, &contact_id).await?);
        let campaign = match campaign_id {
            Some(id) => Some(try_rule!(self, find_campaign(self.transaction()?, &id).await?)),
            None => None,
        };
        let entries = dnd::entries(&contact, campaign.as_deref());
        let bytes = entries.iter().map(|entry| ENTRY_BYTES + entry_bytes(entry)).sum();
        self.charge_bytes(bytes)?;
        Ok(Ok(entries.into_iter().map(to_pairs).collect()))
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
        self.apply_rule(&contact, &campaign_id, reason.as_deref(), |cause| {
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
        self.apply_rule(&contact, &name, reason.as_deref(), |cause| dnd::set_category(&contact, &name, blocked, cause))
    }
}

/// Bytes of an entry beside its own texts: the names of the pairs, a time and an id.
const ENTRY_BYTES: usize = 96;

fn entry_bytes(entry: &DndEntry) -> usize {
    entry.category.len() + entry.actor.len() + entry.reason.as_ref().map_or(0, String::len)
}

/// Converts an entry into pairs of name and value.
fn to_pairs(entry: &DndEntry) -> Reason {
    let scope = match &entry.scope {
        Scope::Campaign(id) => ("campaign", id.to_string()),
        Scope::Category(category) => ("category", category.clone()),
    };
    let at = entry.at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let pairs = [scope, ("at", at), ("by", entry.actor.clone())];
    let reason = entry.reason.clone().map(|reason| ("reason", reason));
    pairs.into_iter().chain(reason).map(|(name, value)| (name.to_owned(), value)).collect()
}

impl HostState {
    fn apply_rule(
        &mut self,
        before: &Contact,
        scope: &str,
        reason: Option<&str>,
        rule: impl FnOnce(&DndReason<'_>) -> Result<DndUpdate, Refusal>,
    ) -> HostResult<bool> {
        let result = rule(&DndReason { actor: &self.actor(), reason, now: self.session.now });
        let DndUpdate { contact, changed, warning } = try_rule!(self, result);
        if let Some(warning) = warning {
            self.add_rule_warning(warning, Some(scope));
        }
        if changed && contact != *before {
            self.transaction()?.put_contact(contact);
        }
        Ok(Ok(changed))
    }
}
