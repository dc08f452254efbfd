//! Creates an entry in the state of a batch for each object that the batch reads or changes.

use super::BatchState;
use super::entry::{AddressEntry, ContactEntry, KeyEntry, RecordEntry, TenantEntry};
use crate::{Change, CommitRequest};
use uuid::Uuid;

impl<'a> BatchState<'a> {
    /// Registers the objects of one commit.
    pub(super) fn register(&mut self, commit: &'a CommitRequest) {
        let tenant = *self.tenant_index.entry(&commit.tenant).or_insert_with(|| {
            self.tenants.push(TenantEntry { id: &commit.tenant, version: 0, bytes_before: 0, bytes: 0 });
            self.tenants.len() - 1
        });
        for (id, _) in &commit.reads.contacts {
            self.register_contact(tenant, *id);
        }
        for (channel, identifier) in &commit.reads.unclaimed_addresses {
            self.register_address(tenant, channel, identifier);
        }
        for change in &commit.changes {
            match change {
                Change::CreateContact(contact) => {
                    self.register_contact(tenant, contact.id);
                    for address in &contact.addresses {
                        self.register_address(tenant, &address.channel, &address.identifier);
                    }
                }
                Change::UpdateContact { id, new_addresses, .. } => {
                    let at = self.register_contact(tenant, *id);
                    if let Some(contact) = self.contacts.get_mut(at) {
                        contact.needs_details = true;
                    }
                    for address in new_addresses {
                        self.register_address(tenant, &address.channel, &address.identifier);
                    }
                }
                Change::AddDnd { contact, .. } | Change::RemoveDnd { contact, .. } => {
                    let at = self.register_contact(tenant, *contact);
                    if let Some(contact) = self.contacts.get_mut(at) {
                        contact.needs_dnd = true;
                    }
                }
                Change::CreateRecord(record) | Change::ReplaceRecord(record) => {
                    self.register_contact(tenant, record.contact);
                    self.register_record(tenant, record.id);
                }
                Change::Transition { record, contact, .. } => {
                    self.register_contact(tenant, *contact);
                    self.register_record(tenant, *record);
                }
            }
        }
        if let Some(record) = &commit.idempotency_record {
            let keys = &mut self.keys;
            self.key_index.entry((tenant, &record.key)).or_insert_with(|| {
                keys.push(KeyEntry { tenant, key: &record.key, current: None, pending: None });
                keys.len() - 1
            });
        }
    }

    fn register_contact(&mut self, tenant: usize, id: Uuid) -> usize {
        *self.contact_index.entry((tenant, id)).or_insert_with(|| {
            self.contacts.push(ContactEntry::new(tenant, id));
            self.contacts.len() - 1
        })
    }

    fn register_address(&mut self, tenant: usize, channel: &'a str, identifier: &'a str) {
        self.address_index.entry((tenant, channel, identifier)).or_insert_with(|| {
            self.addresses.push(AddressEntry { tenant, channel, identifier, owner: None, is_new: false });
            self.addresses.len() - 1
        });
    }

    fn register_record(&mut self, tenant: usize, id: Uuid) {
        self.record_index.entry((tenant, id)).or_insert_with(|| {
            self.records.push(RecordEntry::new(tenant, id));
            self.records.len() - 1
        });
    }
}
