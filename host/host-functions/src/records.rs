//! `flow:outbound/records`.

use super::bindings::flow::outbound::records::{Draft, Host, Saved, Summary};
use super::lookup::{ID_BYTES, find_campaign, find_contact, find_tenant, try_rule};
use super::{Abort, HostFunction, HostResult, HostState, timestamp};
use flowhost_domain::record::{check_page_limit, is_cancellable_by};
use flowhost_domain::save_record::{self, SaveContext};
use flowhost_domain::{RecordState, Refusal};
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;
use uuid::Uuid;

impl Host for HostState {
    async fn save(&mut self, given: Draft) -> HostResult<Saved> {
        let Draft { campaign: campaign_id, contact: contact_id, schedule, message, template, data, extras, .. } =
            &given;
        let optional = [schedule, message, template, data];
        let bytes = optional.iter().map(|text| text.as_ref().map_or(0, String::len)).sum::<usize>();
        let extra_bytes = extras.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        self.begin_call(HostFunction::RecordsSave, campaign_id.len() + contact_id.len() + bytes + extra_bytes)?;
        try_rule!(self, check_extras(extras));
        let transaction = self.transaction()?;
        let found_campaign = try_rule!(self, find_campaign(transaction, campaign_id).await?);
        let transaction = self.transaction()?;
        let found_contact = try_rule!(self, find_contact(transaction, contact_id).await?);
        let transaction = self.transaction()?;
        let newest = match given.multiple {
            true => None,
            false => transaction.newest_ready_record(found_contact.id, found_campaign.id).await.map_err(Abort::from)?,
        };
        let tenant = find_tenant(transaction).await?;
        let draft = save_record::RecordDraft {
            schedule: schedule.as_deref(),
            internal: given.internal,
            allow_dnd: given.allow_dnd,
            multiple: given.multiple,
            message: message.as_deref(),
            template: template.as_deref(),
            data: data.as_deref(),
        };
        let setting = SaveContext {
            tenant: &tenant,
            campaign: &found_campaign,
            contact: &found_contact,
            newest_ready: newest.as_ref().map(|(record, more)| (&**record, *more)),
            depth: self.session.session.depth,
            new_id: self.id_generator.next(),
            now: self.session.now,
        };
        let saved = try_rule!(self, save_record::save_record(&draft, &setting));
        for warning in saved.warnings {
            let value = schedule.as_deref().filter(|_| warning.argument == Some("schedule"));
            self.add_rule_warning(warning, value);
        }
        let answer = Saved { id: saved.record.id.to_string(), created: saved.created };
        self.transaction()?.put_record(saved.record);
        self.finish_call(Ok(answer), |_| ID_BYTES)
    }

    async fn list_ready(
        &mut self,
        campaign_id: String,
        contact_id: String,
        after: Option<String>,
        limit: u32,
    ) -> HostResult<Vec<Summary>> {
        let texts = [campaign_id.as_str(), &contact_id, after.as_deref().unwrap_or_default()];
        let transaction = self.begin_store_call(HostFunction::RecordsListReady, &texts)?;
        let found_campaign = try_rule!(self, find_campaign(transaction, &campaign_id).await?);
        let transaction = self.transaction()?;
        let found_contact = try_rule!(self, find_contact(transaction, &contact_id).await?);
        let limit = try_rule!(self, check_page_limit(limit));
        let after = match after.as_deref().map(Uuid::try_parse) {
            None => None,
            Some(Ok(after)) => Some(after),
            Some(Err(_)) => return self.finish_call(Err(invalid_cursor()), |_: &Vec<Summary>| 0),
        };
        let transaction = self.transaction()?;
        let page =
            transaction.ready_page(found_contact.id, found_campaign.id, after, limit).await.map_err(Abort::from)?;
        let summaries = page.ok_or_else(invalid_cursor).map(|page| {
            let summary = |record: flowhost_store::ReadyRecord| Summary {
                id: record.id.to_string(),
                scheduled_at: record.schedule.map(|due| timestamp::to_wit(due.at)),
            };
            page.into_iter().map(summary).collect::<Vec<_>>()
        });
        self.finish_call(summaries, |page: &Vec<Summary>| page.len() * 64)
    }

    async fn state(&mut self, contact_id: String, id: String) -> HostResult<String> {
        let transaction = self.begin_store_call(HostFunction::RecordsState, &[&contact_id, &id])?;
        let found_contact = try_rule!(self, find_contact(transaction, &contact_id).await?);
        let record = match Uuid::try_parse(id.trim()) {
            Ok(uuid) => self.transaction()?.record(uuid).await.map_err(Abort::from)?,
            Err(_) => None,
        };
        let own = record.filter(|record| record.contact == found_contact.id);
        let state = own.map(|record| record.state.as_str().to_owned());
        self.finish_call(state.ok_or_else(|| Refusal::record_not_found(&id)), String::len)
    }

    async fn cancel(&mut self, contact_id: String, id: String) -> HostResult<bool> {
        let transaction = self.begin_store_call(HostFunction::RecordsCancel, &[&contact_id, &id])?;
        let found_contact = try_rule!(self, find_contact(transaction, &contact_id).await?);
        let Ok(id) = Uuid::try_parse(id.trim()) else { return Ok(Ok(false)) };
        let transaction = self.transaction()?;
        let record = transaction.record(id).await.map_err(Abort::from)?;
        let Some(record) = record.filter(|record| is_cancellable_by(found_contact.id, Some(record))) else {
            return Ok(Ok(false));
        };
        let note = format!("cancelled by {}", self.actor());
        self.transaction()?.transition(&record, RecordState::Cancelled, Some(note));
        Ok(Ok(true))
    }
}

/// Checks the further settings of a draft. This version of the contract defines none.
fn check_extras(extras: &[(String, String)]) -> Result<(), Refusal> {
    let Some((name, _)) = extras.first() else { return Ok(()) };
    let message = format!("{} is not a setting of a record; this host knows none, remove it", quote(name));
    Err(Refusal::new(ErrorCode::ParameterInvalid, message).about_argument("extras"))
}

fn invalid_cursor() -> Refusal {
    let message = "`after` is not a record of this contact and campaign";
    Refusal::new(ErrorCode::ParameterInvalid, message).about_argument("after")
}
