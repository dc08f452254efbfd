//! Answers to lookups.

use super::state::{Owned, State, StoredContact};
use crate::domain::Record;
use crate::store::clock::KeyClock;
use crate::store::{Answer, Lookup, ReadRequest, ReadyRecord, Snapshot, Versioned};
use std::sync::Arc;

impl State {
    pub(super) fn read(&self, request: &ReadRequest, clock: &KeyClock) -> Snapshot {
        let nothing = Owned::default();
        let owned = self.tenants.get(&request.tenant).unwrap_or(&nothing);
        Snapshot {
            version: owned.version,
            tenant: owned.tenant.clone().filter(|_| request.known_version != Some(owned.version)),
            answers: request.lookups.iter().map(|lookup| owned.answer(lookup, clock)).collect(),
        }
    }
}

impl Owned {
    fn answer(&self, lookup: &Lookup, clock: &KeyClock) -> Answer {
        match lookup {
            Lookup::Key(key) => {
                let stored = self.keys.get(key).filter(|stored| stored.expires > clock.micros());
                Answer::Key(stored.map(|stored| stored.outcome.clone()))
            }
            Lookup::Campaign(id) => Answer::Campaign(self.campaigns.get(id).cloned()),
            Lookup::Category(name) => {
                Answer::Category(self.campaigns.values().any(|campaign| campaign.category == *name))
            }
            Lookup::Contact(id) => Answer::Contact(self.contacts.get(id).map(versioned)),
            Lookup::Address(channel, identifier) => {
                let id = self.address(channel, identifier);
                Answer::Contact(id.and_then(|id| self.contacts.get(&id)).map(versioned))
            }
            Lookup::NewestReady { contact, campaign } => {
                let mut newest = self.ready(*contact, *campaign, 0).rev();
                let first = newest.next().map(|stored| stored.record.clone());
                Answer::NewestReady(first.map(|record| (record, newest.next().is_some())))
            }
            Lookup::ReadyPage { contact, campaign, after: None, limit } => {
                Answer::Ready(Some(rows(self.ready(*contact, *campaign, 0), *limit)))
            }
            Lookup::ReadyPage { contact, campaign, after: Some(after), limit } => {
                let after = self.records.get(after);
                let after = after.filter(|at| at.record.contact == *contact && at.record.campaign == *campaign);
                Answer::Ready(after.map(|after| rows(self.ready(*contact, *campaign, after.order + 1), *limit)))
            }
            Lookup::LatestReady { contact, campaign, limit } => {
                Answer::Ready(Some(rows(self.ready(*contact, *campaign, 0).rev(), *limit)))
            }
            Lookup::Record(id) => Answer::Record(self.records.get(id).map(|stored| {
                let contact = self.contacts.get(&stored.record.contact);
                (stored.record.clone(), contact.map_or(0, |contact| contact.version))
            })),
            Lookup::Linked { contact, channel } => {
                let contact = self.contacts.get(contact);
                let mut linked = contact.into_iter().flat_map(|stored| self.linked(&stored.contact));
                Answer::Contact(linked.find(|other| has_channel(other, channel)).map(versioned))
            }
        }
    }
}

pub(super) fn has_channel(stored: &StoredContact, channel: &str) -> bool {
    stored.contact.addresses.iter().any(|address| address.channel == channel)
}

fn versioned(stored: &StoredContact) -> Versioned {
    Versioned { contact: stored.contact.clone(), version: stored.version }
}

fn rows<'a>(ready: impl Iterator<Item = &'a super::state::StoredRecord>, limit: u32) -> Vec<ReadyRecord> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let row = |record: &Arc<Record>| ReadyRecord { id: record.id, schedule: record.schedule.clone() };
    ready.take(limit).map(|stored| row(&stored.record)).collect()
}
