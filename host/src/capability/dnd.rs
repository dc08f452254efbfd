//! `flow:outbound/dnd`.

use super::bindings::flow::outbound::dnd::Host;
use super::outbound::{campaign, category, contact, found};
use super::{Answer, Function, State};
use crate::domain::dnd::{self, Cause, Outcome};
use crate::domain::{Contact, Refusal};

impl Host for State {
    async fn blocks_campaign(&mut self, campaign_id: String, contact_id: String) -> Answer<bool> {
        let view = self.enter_store(Function::DndBlocksCampaign, &[&campaign_id, &contact_id])?;
        let of = found!(self, campaign(view, &campaign_id).await?);
        let who = found!(self, contact(self.view()?, &contact_id).await?);
        Ok(Ok(dnd::blocks_campaign(&who, &of)))
    }

    async fn blocks_category(&mut self, name: String, contact_id: String) -> Answer<bool> {
        let view = self.enter_store(Function::DndBlocksCategory, &[&name, &contact_id])?;
        found!(self, category(view, &name).await?);
        let who = found!(self, contact(self.view()?, &contact_id).await?);
        Ok(Ok(dnd::blocks_category(&who, &name)))
    }

    async fn set_campaign(
        &mut self,
        campaign_id: String,
        contact_id: String,
        blocked: bool,
        reason: Option<String>,
    ) -> Answer<bool> {
        let texts = [campaign_id.as_str(), &contact_id, reason.as_deref().unwrap_or_default()];
        let view = self.enter_store(Function::DndSetCampaign, &texts)?;
        let of = found!(self, campaign(view, &campaign_id).await?);
        let who = found!(self, contact(self.view()?, &contact_id).await?);
        self.change(&who, ("campaign", &campaign_id), reason.as_deref(), |cause| {
            dnd::set_campaign(&who, &of, blocked, cause)
        })
    }

    async fn set_category(
        &mut self,
        name: String,
        contact_id: String,
        blocked: bool,
        reason: Option<String>,
    ) -> Answer<bool> {
        let texts = [name.as_str(), &contact_id, reason.as_deref().unwrap_or_default()];
        let view = self.enter_store(Function::DndSetCategory, &texts)?;
        found!(self, category(view, &name).await?);
        let who = found!(self, contact(self.view()?, &contact_id).await?);
        self.change(&who, ("category", &name), reason.as_deref(), |cause| {
            dnd::set_category(&who, &name, blocked, cause)
        })
    }
}

impl State {
    fn change(
        &mut self,
        before: &Contact,
        scope: (&str, &str),
        reason: Option<&str>,
        rule: impl FnOnce(&Cause<'_>) -> Result<Outcome, Refusal>,
    ) -> Answer<bool> {
        let result = rule(&Cause { by: &self.by(), reason, now: self.session.now });
        let Outcome { contact, changed, warning } = found!(self, result);
        self.warn(warning.into_iter().collect(), &[scope]);
        if changed && contact != *before {
            self.view()?.put_contact(contact);
        }
        Ok(Ok(changed))
    }
}
