//! The Ready records of a contact in a campaign: the committed ones that remain Ready after the pending changes, then
//! the pending new ones.

use super::{Transaction, TransactionError, protocol_error};
use crate::{Lookup, LookupResult, ReadyRecord};
use flowhost_domain::{Record, RecordState};
use std::sync::Arc;
use uuid::Uuid;

impl Transaction {
    /// Returns the newest Ready record of a contact in a campaign, and whether there are more.
    pub async fn newest_ready_record(
        &mut self,
        contact: Uuid,
        campaign: Uuid,
    ) -> Result<Option<(Arc<Record>, bool)>, TransactionError> {
        let newest = self.pending_created(contact, campaign).next_back().cloned();
        if let Some(newest) = newest {
            let several = self.pending_created(contact, campaign).nth(1).is_some();
            let more = several || self.newest_committed_ready(contact, campaign).await?.is_some();
            return Ok(Some((newest, more)));
        }
        self.newest_committed_ready(contact, campaign).await
    }

    /// Returns Ready records of a contact in a campaign, oldest first: at most `limit` of those created after the
    /// record `after`. Returns `None` if `after` is not a record of this contact and campaign.
    pub async fn ready_page(
        &mut self,
        contact: Uuid,
        campaign: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Option<Vec<ReadyRecord>>, TransactionError> {
        let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_requested = |record: &Record| record.contact == contact && record.campaign == campaign;
        if let Some(after) = after {
            let mut staged = self.write_set.records.iter().filter(|staged| staged.committed_state.is_none());
            if let Some(staged) = staged.find(|staged| staged.record.id == after) {
                if !is_requested(&staged.record) {
                    return Ok(None);
                }
                let later = self.pending_created_after(contact, campaign, after);
                return Ok(Some(later.take(page_size).map(|record| ready_record(record)).collect()));
            }
        }
        let requested = limit.saturating_add(self.removed_count(contact, campaign));
        let lookup = Lookup::ReadyPage { contact, campaign, after, limit: requested };
        let LookupResult::ReadyRecords(page) = self.lookup(lookup).await? else { return Err(protocol_error()) };
        let Some(page) = page else { return Ok(None) };
        let exhausted = page.len() < usize::try_from(requested).unwrap_or(usize::MAX);
        let mut rows: Vec<_> = page.into_iter().filter_map(|row| self.with_pending_changes(row)).collect();
        rows.truncate(page_size);
        if exhausted {
            let room = page_size.saturating_sub(rows.len());
            rows.extend(self.pending_created(contact, campaign).take(room).map(|record| ready_record(record)));
        }
        Ok(Some(rows))
    }

    async fn newest_committed_ready(
        &mut self,
        contact: Uuid,
        campaign: Uuid,
    ) -> Result<Option<(Arc<Record>, bool)>, TransactionError> {
        let removed = self.removed_count(contact, campaign);
        if removed == 0 {
            let LookupResult::NewestReadyRecord(found) =
                self.lookup(Lookup::NewestReadyRecord { contact, campaign }).await?
            else {
                return Err(protocol_error());
            };
            return Ok(found.map(|(record, more)| (self.write_set.record(record.id).unwrap_or(record), more)));
        }
        let lookup = Lookup::LatestReadyRecords { contact, campaign, limit: removed.saturating_add(2) };
        let LookupResult::ReadyRecords(latest) = self.lookup(lookup).await? else { return Err(protocol_error()) };
        let mut remaining = latest.unwrap_or_default().into_iter().filter_map(|row| self.with_pending_changes(row));
        let Some(newest) = remaining.next() else { return Ok(None) };
        let more = remaining.next().is_some();
        drop(remaining);
        Ok(self.record(newest.id).await?.map(|record| (record, more)))
    }

    /// Returns the pending new records that are Ready, in order of creation.
    fn pending_created(&self, contact: Uuid, campaign: Uuid) -> impl DoubleEndedIterator<Item = &Arc<Record>> {
        self.write_set
            .records
            .iter()
            .filter(|staged| staged.committed_state.is_none())
            .map(|staged| &staged.record)
            .filter(move |record| {
                record.state == RecordState::Ready && record.contact == contact && record.campaign == campaign
            })
    }

    /// Returns the records of [`Self::pending_created`] that follow the pending record `after`, which may have left
    /// Ready.
    fn pending_created_after(&self, contact: Uuid, campaign: Uuid, after: Uuid) -> impl Iterator<Item = &Arc<Record>> {
        let before = self.write_set.records.iter().take_while(|staged| staged.record.id != after);
        let earlier = before.filter(|staged| {
            staged.committed_state.is_none()
                && staged.record.state == RecordState::Ready
                && staged.record.contact == contact
                && staged.record.campaign == campaign
        });
        let earlier = earlier.count();
        self.pending_created(contact, campaign).skip(earlier).filter(move |record| record.id != after)
    }

    /// Returns the number of committed Ready records that pending changes move to another state.
    fn removed_count(&self, contact: Uuid, campaign: Uuid) -> u32 {
        let removed = self.write_set.records.iter().filter(|staged| {
            staged.committed_state == Some(RecordState::Ready)
                && staged.record.state != RecordState::Ready
                && staged.record.contact == contact
                && staged.record.campaign == campaign
        });
        u32::try_from(removed.count()).unwrap_or(u32::MAX)
    }

    /// Returns a committed row with its pending changes, or `None` if the record is not Ready any more.
    fn with_pending_changes(&self, row: ReadyRecord) -> Option<ReadyRecord> {
        match self.write_set.record(row.id) {
            Some(staged) => (staged.state == RecordState::Ready).then(|| ready_record(&staged)),
            None => Some(row),
        }
    }
}

fn ready_record(record: &Record) -> ReadyRecord {
    ReadyRecord { id: record.id, schedule: record.schedule.clone() }
}
