//! `flow:outbound/records`.

use super::bindings::flow::outbound::records::{Draft, Host, Saved, Summary};
use super::outbound::{campaign, contact, found, tenant};
use super::{Answer, Function, Halt, State};
use crate::domain::draft::{self, Setting};
use crate::domain::record::{cancels, page_limit};
use crate::domain::{RecordState, Refusal, schedule};
use uuid::Uuid;

impl Host for State {
    async fn save(&mut self, given: Draft) -> Answer<Saved> {
        let Draft { campaign: campaign_id, contact: contact_id, schedule, message, template, data, .. } = &given;
        let optional = [schedule, message, template, data];
        let bytes = optional.iter().map(|text| text.as_ref().map_or(0, String::len)).sum();
        self.carry(bytes)?;
        let view = self.enter_store(Function::RecordsSave, &[campaign_id, contact_id])?;
        let found_campaign = found!(self, campaign(view, campaign_id).await?);
        let view = self.view()?;
        let found_contact = found!(self, contact(view, contact_id).await?);
        let view = self.view()?;
        let newest = match given.multiple {
            true => None,
            false => view.newest_ready(found_contact.id, found_campaign.id).await.map_err(Halt::from)?,
        };
        let tenant = tenant(view).await?;
        let draft = draft::Draft {
            schedule: schedule.as_deref(),
            internal: given.internal,
            allow_dnd: given.allow_dnd,
            multiple: given.multiple,
            message: message.as_deref(),
            template: template.as_deref(),
            data: data.as_deref(),
        };
        let setting = Setting {
            tenant: &tenant,
            campaign: &found_campaign,
            contact: &found_contact,
            newest_ready: newest.as_ref().map(|(record, more)| (&**record, *more)),
            depth: self.session.session.depth,
            new_id: self.ids.next(),
            now: self.session.now,
        };
        let saved = found!(self, draft::save(&draft, &setting));
        self.warn(saved.warnings, &[("schedule", schedule.as_deref().unwrap_or_default())]);
        let answer = Saved { id: saved.record.id.to_string(), created: saved.created };
        self.view()?.put_record(saved.record);
        self.leave(Ok(answer), |_| 36)
    }

    async fn list_ready(
        &mut self,
        campaign_id: String,
        contact_id: String,
        after: Option<String>,
        limit: u32,
    ) -> Answer<Vec<Summary>> {
        let view = self.enter_store(Function::RecordsListReady, &[&campaign_id, &contact_id])?;
        let found_campaign = found!(self, campaign(view, &campaign_id).await?);
        let view = self.view()?;
        let found_contact = found!(self, contact(view, &contact_id).await?);
        let limit = found!(self, page_limit(limit));
        let after = match after.as_deref().map(Uuid::try_parse) {
            None => None,
            Some(Ok(after)) => Some(after),
            Some(Err(_)) => return self.leave(Err(no_such_place()), |_: &Vec<Summary>| 0),
        };
        let view = self.view()?;
        let zone = tenant(view).await?.time_zone;
        let page = view.ready_page(found_contact.id, found_campaign.id, after, limit).await.map_err(Halt::from)?;
        let summaries = page.ok_or_else(no_such_place).map(|page| {
            let summary = |record: crate::store::ReadyRecord| Summary {
                id: record.id.to_string(),
                schedule: record.schedule.map(|due| schedule::format(due.at, zone)),
            };
            page.into_iter().map(summary).collect::<Vec<_>>()
        });
        self.leave(summaries, |page: &Vec<Summary>| page.len() * 64)
    }

    async fn cancel(&mut self, contact_id: String, id: String) -> Answer<bool> {
        let view = self.enter_store(Function::RecordsCancel, &[&contact_id, &id])?;
        let found_contact = found!(self, contact(view, &contact_id).await?);
        let Ok(id) = Uuid::try_parse(id.trim()) else { return Ok(Ok(false)) };
        let view = self.view()?;
        let record = view.record(id).await.map_err(Halt::from)?;
        let Some(record) = record.filter(|record| cancels(found_contact.id, Some(record))) else {
            return Ok(Ok(false));
        };
        let note = format!("cancelled by {}", self.by());
        self.view()?.transition(&record, RecordState::Cancelled, Some(note));
        Ok(Ok(true))
    }
}

fn no_such_place() -> Refusal {
    let message = "there is no record of this contact and campaign after which to go on";
    Refusal::new("parameter-invalid", message).of("after")
}
