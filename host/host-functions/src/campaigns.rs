//! `flow:outbound/campaigns`. A run reads each campaign once, so that several functions share one round trip.

use super::bindings::flow::action::types::Timestamp;
use super::bindings::flow::outbound::campaigns::Host;
use super::lookup::{ID_BYTES, check_category, find_campaign, find_tenant, try_rule};
use super::{Abort, HostFunction, HostResult, HostState, timestamp};
use flowhost_domain::record::check_page_limit;
use flowhost_domain::{Campaign, Refusal};
use flowhost_error::ErrorCode;
use std::sync::Arc;
use uuid::Uuid;

impl Host for HostState {
    async fn name(&mut self, campaign: String) -> HostResult<String> {
        self.campaign_text(HostFunction::CampaignsName, &campaign, |campaign| &campaign.name).await
    }

    async fn category(&mut self, campaign: String) -> HostResult<String> {
        self.campaign_text(HostFunction::CampaignsCategory, &campaign, |campaign| &campaign.category).await
    }

    async fn type_(&mut self, campaign: String) -> HostResult<String> {
        self.campaign_text(HostFunction::CampaignsType, &campaign, |campaign| campaign.kind.as_str()).await
    }

    async fn mode(&mut self, campaign: String) -> HostResult<String> {
        self.campaign_text(HostFunction::CampaignsMode, &campaign, |campaign| campaign.mode.as_str()).await
    }

    async fn intention(&mut self, campaign: String) -> HostResult<String> {
        self.campaign_text(HostFunction::CampaignsIntention, &campaign, |campaign| &campaign.intention).await
    }

    async fn valid_until(&mut self, campaign: String) -> HostResult<Option<Timestamp>> {
        let found = try_rule!(self, self.begin_campaign_call(HostFunction::CampaignsValidUntil, &campaign).await?);
        let zone = find_tenant(self.transaction()?).await?.time_zone;
        Ok(Ok(found.validity_end(zone).map(timestamp::to_wit)))
    }

    async fn is_open(&mut self, campaign: String) -> HostResult<bool> {
        let found = try_rule!(self, self.begin_campaign_call(HostFunction::CampaignsIsOpen, &campaign).await?);
        let zone = find_tenant(self.transaction()?).await?.time_zone;
        Ok(Ok(found.check_accepts_records(zone, self.session.now).is_ok()))
    }

    async fn list(&mut self, after: Option<String>, limit: u32) -> HostResult<Vec<String>> {
        self.begin_call(HostFunction::CampaignsList, after.as_ref().map_or(0, String::len))?;
        self.campaign_page(None, after, limit).await
    }

    async fn in_category(&mut self, category: String, after: Option<String>, limit: u32) -> HostResult<Vec<String>> {
        let bytes = category.len() + after.as_ref().map_or(0, String::len);
        self.begin_call(HostFunction::CampaignsInCategory, bytes)?;
        try_rule!(self, check_category(self.transaction()?, &category).await?);
        self.campaign_page(Some(&category), after, limit).await
    }
}

impl HostState {
    async fn begin_campaign_call(
        &mut self,
        function: HostFunction,
        id: &str,
    ) -> wasmtime::Result<Result<Arc<Campaign>, Refusal>> {
        let transaction = self.begin_store_call(function, &[id])?;
        Ok(find_campaign(transaction, id).await?)
    }

    async fn campaign_text(
        &mut self,
        function: HostFunction,
        id: &str,
        text: impl Fn(&Campaign) -> &str,
    ) -> HostResult<String> {
        let found = try_rule!(self, self.begin_campaign_call(function, id).await?);
        let text = text(&found);
        self.charge_bytes(text.len())?;
        Ok(Ok(text.to_owned()))
    }

    async fn campaign_page(
        &mut self,
        category: Option<&str>,
        after: Option<String>,
        limit: u32,
    ) -> HostResult<Vec<String>> {
        let limit = try_rule!(self, check_page_limit(limit));
        let after = after.map(|after| Uuid::try_parse(after.trim())).transpose();
        let after = try_rule!(self, after.map_err(|_| invalid_cursor()));
        let page = self.transaction()?.campaign_page(category, after, limit).await.map_err(Abort::from)?;
        let page = try_rule!(self, page.ok_or_else(invalid_cursor));
        self.charge_bytes(page.len() * ID_BYTES)?;
        Ok(Ok(page.iter().map(Uuid::to_string).collect()))
    }
}

fn invalid_cursor() -> Refusal {
    let message = "`after` is not a campaign of this tenant; give the last id of the page before";
    Refusal::new(ErrorCode::ParameterInvalid, message).about_argument("after")
}
