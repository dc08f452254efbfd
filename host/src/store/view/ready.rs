//! Ready records of a contact in a campaign: committed ones less those that staged changes took away, and after them
//! the staged ones.

use super::{View, ViewError, unfitting};
use crate::domain::{Record, RecordState};
use crate::store::{Answer, Lookup, ReadyRecord};
use std::sync::Arc;
use uuid::Uuid;

impl View {
    /// The newest Ready record of a contact in a campaign, and whether there are more.
    pub async fn newest_ready(
        &mut self,
        contact: Uuid,
        campaign: Uuid,
    ) -> Result<Option<(Arc<Record>, bool)>, ViewError> {
        let newest = self.created(contact, campaign).next_back().cloned();
        if let Some(newest) = newest {
            let several = self.created(contact, campaign).nth(1).is_some();
            let more = several || self.newest_committed(contact, campaign).await?.is_some();
            return Ok(Some((newest, more)));
        }
        self.newest_committed(contact, campaign).await
    }

    /// Ready records of a contact in a campaign, oldest first, at most `limit` of those created after the record `after`.
    /// `None`: that is no record of this contact and campaign.
    pub async fn ready_page(
        &mut self,
        contact: Uuid,
        campaign: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Option<Vec<ReadyRecord>>, ViewError> {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let of_these = |record: &Record| record.contact == contact && record.campaign == campaign;
        if let Some(after) = after {
            let mut staged = self.staged.records.iter().filter(|staged| staged.committed.is_none());
            if let Some(staged) = staged.find(|staged| staged.record.id == after) {
                if !of_these(&staged.record) {
                    return Ok(None);
                }
                let later = self.created_after(contact, campaign, after);
                return Ok(Some(later.take(wanted).map(|record| ready(record)).collect()));
            }
        }
        let asked = limit.saturating_add(self.taken_away(contact, campaign));
        let lookup = Lookup::ReadyPage { contact, campaign, after, limit: asked };
        let Answer::Ready(page) = self.ask(lookup).await? else { return Err(unfitting()) };
        let Some(page) = page else { return Ok(None) };
        let exhausted = page.len() < usize::try_from(asked).unwrap_or(usize::MAX);
        let mut rows: Vec<_> = page.into_iter().filter_map(|row| self.overlaid(row)).collect();
        rows.truncate(wanted);
        if exhausted {
            let room = wanted.saturating_sub(rows.len());
            rows.extend(self.created(contact, campaign).take(room).map(|record| ready(record)));
        }
        Ok(Some(rows))
    }

    async fn newest_committed(
        &mut self,
        contact: Uuid,
        campaign: Uuid,
    ) -> Result<Option<(Arc<Record>, bool)>, ViewError> {
        let gone = self.taken_away(contact, campaign);
        if gone == 0 {
            let Answer::NewestReady(found) = self.ask(Lookup::NewestReady { contact, campaign }).await? else {
                return Err(unfitting());
            };
            return Ok(found.map(|(record, more)| (self.staged.record(record.id).unwrap_or(record), more)));
        }
        let lookup = Lookup::LatestReady { contact, campaign, limit: gone.saturating_add(2) };
        let Answer::Ready(latest) = self.ask(lookup).await? else { return Err(unfitting()) };
        let mut left = latest.unwrap_or_default().into_iter().filter_map(|row| self.overlaid(row));
        let Some(newest) = left.next() else { return Ok(None) };
        let more = left.next().is_some();
        drop(left);
        Ok(self.record(newest.id).await?.map(|record| (record, more)))
    }

    /// Staged records that the store doesn't have yet and that are Ready, in order of creation.
    fn created(&self, contact: Uuid, campaign: Uuid) -> impl DoubleEndedIterator<Item = &Arc<Record>> {
        self.staged.records.iter().filter(|staged| staged.committed.is_none()).map(|staged| &staged.record).filter(
            move |record| {
                record.state == RecordState::Ready && record.contact == contact && record.campaign == campaign
            },
        )
    }

    /// Those of [`Self::created`] that were created after the record `after`, which need not be Ready any more.
    fn created_after(&self, contact: Uuid, campaign: Uuid, after: Uuid) -> impl Iterator<Item = &Arc<Record>> {
        let before = self.staged.records.iter().take_while(|staged| staged.record.id != after);
        let earlier = before.filter(|staged| {
            staged.committed.is_none()
                && staged.record.state == RecordState::Ready
                && staged.record.contact == contact
                && staged.record.campaign == campaign
        });
        let earlier = earlier.count();
        self.created(contact, campaign).skip(earlier).filter(move |record| record.id != after)
    }

    /// How many of the store's Ready records staged changes have taken away.
    fn taken_away(&self, contact: Uuid, campaign: Uuid) -> u32 {
        let gone = self.staged.records.iter().filter(|staged| {
            staged.committed == Some(RecordState::Ready)
                && staged.record.state != RecordState::Ready
                && staged.record.contact == contact
                && staged.record.campaign == campaign
        });
        u32::try_from(gone.count()).unwrap_or(u32::MAX)
    }

    /// A committed row as staged changes leave it; `None`: it isn't Ready any more.
    fn overlaid(&self, row: ReadyRecord) -> Option<ReadyRecord> {
        match self.staged.record(row.id) {
            Some(staged) => (staged.state == RecordState::Ready).then(|| ready(&staged)),
            None => Some(row),
        }
    }
}

fn ready(record: &Record) -> ReadyRecord {
    ReadyRecord { id: record.id, schedule: record.schedule.clone() }
}
