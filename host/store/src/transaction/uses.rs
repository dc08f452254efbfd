//! The entries of the read set that host calls use, for recordings. A transaction notes them only on request.

use super::{ReadSet, Transaction};
use crate::{Lookup, LookupResult, ReadRequest, Reader, ReadyRecord, StoreError};
use flowhost_domain::{Campaign, Contact, Record, Tenant};
use std::sync::Arc;
use uuid::Uuid;

/// A use of an entry of the read set, with the data that was read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum UsedEntry {
    /// The configuration: the tenant, and a campaign if the use was about one.
    Configuration {
        /// The version.
        version: u64,
        /// The tenant.
        tenant: Option<Arc<Tenant>>,
        /// The campaign.
        campaign: Option<Arc<Campaign>>,
    },
    /// A contact with records of it.
    Contact {
        /// The id.
        id: Uuid,
        /// The version. 0: the contact did not exist.
        version: u64,
        /// The contact as committed.
        contact: Option<Arc<Contact>>,
        /// Records that were read as a whole.
        records: Vec<Arc<Record>>,
        /// Records of which only id and schedule were read.
        summaries: Vec<ReadyRecord>,
    },
    /// An address that belonged to no contact.
    Address {
        /// The channel.
        channel: String,
        /// The identifier.
        identifier: String,
    },
}

/// An entry of a read set that is not current any more, with its current version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangedEntry {
    /// The configuration.
    Configuration {
        /// The version that was read.
        read: u64,
        /// The current version.
        current: u64,
    },
    /// A contact.
    Contact {
        /// The id.
        id: Uuid,
        /// The version that was read.
        read: u64,
        /// The current version.
        current: u64,
    },
    /// An address, which belongs to a contact now.
    Address {
        /// The channel.
        channel: String,
        /// The identifier.
        identifier: String,
        /// The current version of the contact.
        current: u64,
    },
}

/// A noted use.
#[derive(Debug)]
pub(super) enum Use {
    Tenant,
    Lookup(Lookup),
}

impl Transaction {
    /// Notes the uses of entries from now on. [`Transaction::take_uses`] returns them.
    pub fn note_uses(&mut self) {
        self.uses.get_or_insert_default();
    }

    /// Returns the entries that were used since the last call.
    pub fn take_uses(&mut self) -> Vec<UsedEntry> {
        let noted = self.uses.as_mut().map(std::mem::take).unwrap_or_default();
        noted.iter().flat_map(|used| self.used_entries(used)).collect()
    }

    /// Notes that a call used the configuration.
    pub fn note_configuration(&mut self) {
        if let Some(uses) = &mut self.uses {
            uses.push(Use::Tenant);
        }
    }

    pub(super) fn note(&mut self, lookup: impl FnOnce() -> Lookup) {
        if let Some(uses) = &mut self.uses {
            uses.push(Use::Lookup(lookup()));
        }
    }

    fn used_entries(&self, used: &Use) -> Vec<UsedEntry> {
        let Use::Lookup(lookup) = used else { return self.configuration_entry(None).into_iter().collect() };
        let result = self.results.get(lookup);
        match (lookup, result) {
            (Lookup::IdempotencyKey(_), _) => Vec::new(),
            (Lookup::Campaign(_), Some(LookupResult::Campaign(campaign))) => {
                self.configuration_entry(campaign.clone()).into_iter().collect()
            }
            (Lookup::Campaign(_) | Lookup::Category(_) | Lookup::CampaignPage { .. }, _) => {
                self.configuration_entry(None).into_iter().collect()
            }
            (Lookup::Contact(id), _) => self.contact_entry(*id).into_iter().collect(),
            (Lookup::Address(..) | Lookup::LinkedContact { .. }, Some(LookupResult::Contact(Some(found)))) => {
                let source = if let Lookup::LinkedContact { contact, .. } = lookup { Some(*contact) } else { None };
                let ids = source.into_iter().chain([found.contact.id]);
                ids.filter_map(|id| self.contact_entry(id)).collect()
            }
            (Lookup::Address(channel, identifier), Some(_)) => {
                vec![UsedEntry::Address { channel: channel.clone(), identifier: identifier.clone() }]
            }
            (Lookup::Record(_), Some(LookupResult::Record(Some((record, _))))) => {
                self.contact_entry_with(record.contact, vec![Arc::clone(record)], Vec::new())
            }
            (Lookup::NewestReadyRecord { contact, .. }, Some(LookupResult::NewestReadyRecord(found))) => {
                let records = found.iter().map(|(record, _)| Arc::clone(record)).collect();
                self.contact_entry_with(*contact, records, Vec::new())
            }
            (
                Lookup::ReadyPage { contact, .. } | Lookup::LatestReadyRecords { contact, .. },
                Some(LookupResult::ReadyRecords(page)),
            ) => self.contact_entry_with(*contact, Vec::new(), page.clone().unwrap_or_default()),
            (Lookup::LinkedContact { contact, .. }, _) => self.contact_entry(*contact).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn configuration_entry(&self, campaign: Option<Arc<Campaign>>) -> Option<UsedEntry> {
        let snapshot = self.tenant_snapshot.as_ref()?;
        Some(UsedEntry::Configuration { version: snapshot.version, tenant: snapshot.tenant.clone(), campaign })
    }

    /// Returns the entry of a contact; `None`: the transaction created the contact and has not read it.
    fn contact_entry(&self, id: Uuid) -> Option<UsedEntry> {
        self.contact_entry_with(id, Vec::new(), Vec::new()).pop()
    }

    fn contact_entry_with(&self, id: Uuid, records: Vec<Arc<Record>>, summaries: Vec<ReadyRecord>) -> Vec<UsedEntry> {
        let Some(version) = self.contact_versions.get(&id) else { return Vec::new() };
        let contact = match self.results.get(&Lookup::Contact(id)) {
            Some(LookupResult::Contact(Some(found))) => Some(Arc::clone(&found.contact)),
            _ => None,
        };
        vec![UsedEntry::Contact { id, version: *version, contact, records, summaries }]
    }
}

impl ReadSet {
    /// Returns the first entry that is not current any more: the configuration, then contacts, then addresses.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn find_changed(&self, reader: &dyn Reader, tenant: &str) -> Result<Option<ChangedEntry>, StoreError> {
        let mut contacts = self.contacts.clone();
        contacts.sort_unstable();
        let mut addresses = self.unclaimed_addresses.clone();
        addresses.sort_unstable();
        let lookups = contacts.iter().map(|(id, _)| Lookup::Contact(*id));
        let lookups = lookups
            .chain(addresses.iter().map(|(channel, identifier)| Lookup::Address(channel.clone(), identifier.clone())));
        let request = ReadRequest { tenant: tenant.to_owned(), known_version: None, lookups: lookups.collect() };
        let snapshot = reader.read(&request).await?;
        if let Some(read) = self.version.filter(|version| *version != snapshot.version) {
            return Ok(Some(ChangedEntry::Configuration { read, current: snapshot.version }));
        }
        let mut current = snapshot.results.iter().map(|result| match result {
            LookupResult::Contact(Some(found)) => found.version,
            _ => 0,
        });
        for (id, read) in contacts {
            let current = current.next().unwrap_or_default();
            if read != current {
                return Ok(Some(ChangedEntry::Contact { id, read, current }));
            }
        }
        for (channel, identifier) in addresses {
            let current = current.next().unwrap_or_default();
            if current != 0 {
                return Ok(Some(ChangedEntry::Address { channel, identifier, current }));
            }
        }
        Ok(None)
    }
}
