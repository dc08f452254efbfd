//! The data behind the entries of a read set, collected over the calls of one run.

use chrono::{DateTime, SecondsFormat, Utc};
use flowhost_domain::{Campaign, Contact, Scope, Tenant};
use flowhost_recording::{Read, ReadKind};
use flowhost_store::{ChangedEntry, ContactRow, UsedEntry, record_to_json};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// An entry of the read set with the version that was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum EntryKey {
    Configuration(u64),
    Contact(Uuid, u64),
    Address(String, String),
}

/// The data of an entry.
#[derive(Debug, Default)]
struct EntryData {
    tenant: Option<Arc<Tenant>>,
    campaigns: BTreeMap<Uuid, Arc<Campaign>>,
    contact: Option<Arc<Contact>>,
    records: BTreeMap<Uuid, Json>,
}

/// The data of all entries of one run.
#[derive(Debug, Default)]
pub(super) struct ReadData {
    tenant: String,
    entries: HashMap<EntryKey, EntryData>,
}

impl ReadData {
    /// Adds the entries that a call used. Returns each of them once, in the order of their use.
    pub(super) fn add(&mut self, tenant: &str, used: Vec<UsedEntry>) -> Vec<EntryKey> {
        if self.tenant != tenant {
            tenant.clone_into(&mut self.tenant);
        }
        let mut keys = Vec::new();
        for entry in used {
            let key = self.add_entry(entry);
            if let Some(key) = key
                && !keys.contains(&key)
            {
                keys.push(key);
            }
        }
        keys
    }

    fn add_entry(&mut self, entry: UsedEntry) -> Option<EntryKey> {
        match entry {
            UsedEntry::Configuration { version, tenant, campaign } => {
                let key = EntryKey::Configuration(version);
                let data = self.entries.entry(key.clone()).or_default();
                data.tenant = tenant.or(data.tenant.take());
                data.campaigns.extend(campaign.map(|campaign| (campaign.id, campaign)));
                Some(key)
            }
            UsedEntry::Contact { id, version, contact, records, summaries } => {
                let key = EntryKey::Contact(id, version);
                let data = self.entries.entry(key.clone()).or_default();
                data.contact = contact.or(data.contact.take());
                for summary in summaries {
                    let at = summary.schedule.as_ref().map(|schedule| rfc3339(schedule.at));
                    data.records.entry(summary.id).or_insert_with(|| json!({ "id": summary.id, "scheduled_at": at }));
                }
                let whole = records.iter().map(|record| (record.id, record_to_json(&self.tenant, record)));
                data.records.extend(whole);
                Some(key)
            }
            UsedEntry::Address { channel, identifier } => {
                let key = EntryKey::Address(channel, identifier);
                self.entries.entry(key.clone()).or_default();
                Some(key)
            }
            // A further kind of entry has no form in this version of recordings.
            _ => None,
        }
    }

    /// Returns the key under which an entry was read.
    pub(super) fn key_of(changed: &ChangedEntry) -> Option<EntryKey> {
        Some(match changed {
            ChangedEntry::Configuration { read, .. } => EntryKey::Configuration(*read),
            ChangedEntry::Contact { id, read, .. } => EntryKey::Contact(*id, *read),
            ChangedEntry::Address { channel, identifier, .. } => EntryKey::Address(channel.clone(), identifier.clone()),
            _ => return None,
        })
    }

    /// Returns the entry as a recording has it, with its data.
    pub(super) fn read(&self, key: &EntryKey) -> Read {
        let value = self.entries.get(key).map_or(Json::Null, |data| self.value(key, data));
        let read = Read { value: Some(value), ..read_of(ReadKind::Address) };
        match key {
            EntryKey::Configuration(version) => Read { read: ReadKind::Configuration, version: Some(*version), ..read },
            EntryKey::Contact(id, version) => {
                Read { read: ReadKind::Contact, id: Some(id.to_string()), version: Some(*version), ..read }
            }
            EntryKey::Address(channel, identifier) => {
                Read { channel: Some(channel.clone()), identifier: Some(identifier.clone()), ..read }
            }
        }
    }

    fn value(&self, key: &EntryKey, data: &EntryData) -> Json {
        match key {
            EntryKey::Configuration(_) => {
                let campaigns: Vec<_> = data.campaigns.values().map(|campaign| &**campaign).collect();
                json!({ "tenant": data.tenant.as_deref(), "campaigns": campaigns })
            }
            EntryKey::Contact(..) => match &data.contact {
                Some(contact) => self.contact_value(contact, &data.records),
                None => Json::Null,
            },
            EntryKey::Address(..) => Json::Null,
        }
    }

    fn contact_value(&self, contact: &Contact, records: &BTreeMap<Uuid, Json>) -> Json {
        let row = ContactRow { tenant: self.tenant.clone(), contact: contact.clone() };
        let mut value = row.to_json();
        let entries = contact.dnd.iter().map(|entry| {
            let at = rfc3339(entry.at);
            match &entry.scope {
                Scope::Campaign(id) => json!({ "campaign": id, "at": at, "by": entry.actor, "reason": entry.reason }),
                Scope::Category(name) => {
                    json!({ "category": name, "at": at, "by": entry.actor, "reason": entry.reason })
                }
            }
        });
        if let Some(members) = value.as_object_mut() {
            members.insert("dnd".to_owned(), entries.collect());
            members.insert("records".to_owned(), records.values().cloned().collect());
        }
        value
    }
}

fn read_of(read: ReadKind) -> Read {
    Read { read, id: None, channel: None, identifier: None, version: None, value: None }
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
