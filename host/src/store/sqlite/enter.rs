//! Gives a batch's ledger a slot for each thing that the batch reads or changes.

use super::ledger::Ledger;
use super::slot::{Address, Contact, Key, Record, Tenant};
use crate::store::{Change, Commit};
use uuid::Uuid;

impl<'a> Ledger<'a> {
    /// Enters one commit of the batch.
    pub(super) fn enter(&mut self, commit: &'a Commit) {
        let tenant = *self.tenant_at.entry(&commit.tenant).or_insert_with(|| {
            self.tenants.push(Tenant { id: &commit.tenant, version: 0, bytes_before: 0, bytes: 0 });
            self.tenants.len() - 1
        });
        for (id, _) in &commit.reads.contacts {
            self.enter_contact(tenant, *id);
        }
        for (channel, identifier) in &commit.reads.free_addresses {
            self.enter_address(tenant, channel, identifier);
        }
        for change in &commit.changes {
            match change {
                Change::CreateContact(contact) => {
                    self.enter_contact(tenant, contact.id);
                    for address in &contact.addresses {
                        self.enter_address(tenant, &address.channel, &address.identifier);
                    }
                }
                Change::UpdateContact { id, new_addresses, .. } => {
                    let at = self.enter_contact(tenant, *id);
                    if let Some(contact) = self.contacts.get_mut(at) {
                        contact.wanted_in_full = true;
                    }
                    for address in new_addresses {
                        self.enter_address(tenant, &address.channel, &address.identifier);
                    }
                }
                Change::AddDnd { contact, .. } | Change::RemoveDnd { contact, .. } => {
                    let at = self.enter_contact(tenant, *contact);
                    if let Some(contact) = self.contacts.get_mut(at) {
                        contact.lists_wanted = true;
                    }
                }
                Change::CreateRecord(record) | Change::ReplaceRecord(record) => {
                    self.enter_contact(tenant, record.contact);
                    self.enter_record(tenant, record.id);
                }
                Change::Transition { record, contact, .. } => {
                    self.enter_contact(tenant, *contact);
                    self.enter_record(tenant, *record);
                }
            }
        }
        if let Some(keyed) = &commit.key {
            let keys = &mut self.keys;
            self.key_at.entry((tenant, &keyed.key)).or_insert_with(|| {
                keys.push(Key { tenant, key: &keyed.key, stored: None, written: None });
                keys.len() - 1
            });
        }
    }

    fn enter_contact(&mut self, tenant: usize, id: Uuid) -> usize {
        *self.contact_at.entry((tenant, id)).or_insert_with(|| {
            self.contacts.push(Contact::unknown(tenant, id));
            self.contacts.len() - 1
        })
    }

    fn enter_address(&mut self, tenant: usize, channel: &'a str, identifier: &'a str) {
        self.address_at.entry((tenant, channel, identifier)).or_insert_with(|| {
            self.addresses.push(Address { tenant, channel, identifier, owner: None, new: false });
            self.addresses.len() - 1
        });
    }

    fn enter_record(&mut self, tenant: usize, id: Uuid) {
        self.record_at.entry((tenant, id)).or_insert_with(|| {
            self.records.push(Record::unknown(tenant, id));
            self.records.len() - 1
        });
    }
}
