//! Commits in memory: [`BatchState`] decides about them, and this module loads its entries and merges the changed ones.

use super::state::{MemoryState, StoredContact, StoredKey, StoredRecord, TenantData};
use crate::batch::{BatchState, ContactEntry, ContactWrite, DndChange, KeyOutcome, RecordEntry, RecordLogRow};
use crate::timestamp::{from_micros, truncate_to_micros};
use crate::{CommitOutcome, CommitRequest, IdempotencyRecord, LogEntry, expired_keys_per_commit, quota};
use flowhost_domain::{Contact, DndEntry, Record, Scope};
use std::collections::HashMap;
use std::sync::Arc;

/// The changes of do-not-disturb entries by tenant index and row number of the contact.
type DndByContact<'a> = HashMap<(usize, i64), Vec<(&'a Scope, DndChange<'a>)>>;

impl MemoryState {
    /// Applies the commits in their order. A batch with changes also deletes expired keys of all tenants.
    pub(super) fn commit_batch(&mut self, batch: &[CommitRequest], now: i64) -> Vec<CommitOutcome> {
        let mut batch_state = BatchState::new(batch, now);
        self.load(&mut batch_state);
        let outcomes: Vec<_> = batch.iter().map(|commit| batch_state.validate(commit)).collect();
        self.merge(&batch_state);
        let committed = batch.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == CommitOutcome::Committed);
        let has_changes =
            committed.into_iter().any(|(commit, _)| commit.idempotency_record.is_some() || !commit.changes.is_empty());
        if has_changes {
            self.delete_expired(now, expired_keys_per_commit(batch_state.keys_stored));
        }
        outcomes
    }

    /// Loads the stored state of all objects of the batch. Row numbers are positions in the order of creation, from 1.
    fn load(&self, batch_state: &mut BatchState<'_>) {
        let nothing = TenantData::default();
        let mut tenants = Vec::with_capacity(batch_state.tenants.len());
        for entry in &mut batch_state.tenants {
            let data = self.tenants.get(entry.id).unwrap_or(&nothing);
            (entry.version, entry.bytes_before, entry.bytes) = (data.version, data.bytes, data.bytes);
            batch_state.last_contact = batch_state.last_contact.max(row_number(data.contact_order.len()) - 1);
            batch_state.last_record = batch_state.last_record.max(row_number(data.record_order.len()) - 1);
            tenants.push(data);
        }
        let tenant = |index: usize| tenants.get(index).copied().unwrap_or(&nothing);
        for entry in &mut batch_state.contacts {
            load_contact(entry, tenant(entry.tenant));
        }
        for entry in &mut batch_state.addresses {
            let owner = tenant(entry.tenant).address_owner(entry.channel, entry.identifier);
            let owner = owner.and_then(|id| tenant(entry.tenant).contacts.get(&id));
            entry.owner = owner.map(|owner| row_number(owner.order));
        }
        for entry in &mut batch_state.records {
            load_record(entry, tenant(entry.tenant));
        }
        for entry in &mut batch_state.keys {
            let stored = tenant(entry.tenant).keys.get(entry.key);
            entry.current = stored.map(|stored| KeyOutcome::Stored(stored.record.clone(), stored.expires_at));
        }
    }

    /// Merges the changed entries of the batch.
    fn merge(&mut self, batch_state: &BatchState<'_>) {
        let mut dnd: DndByContact<'_> = HashMap::new();
        for ((tenant, contact, scope), change) in &batch_state.dnd {
            dnd.entry((*tenant, *contact)).or_default().push((scope, *change));
        }
        let mut contacts: Vec<_> =
            batch_state.contacts.iter().filter(|entry| entry.write != ContactWrite::Nothing).collect();
        contacts.sort_by_key(|entry| entry.seq);
        for entry in contacts {
            let Some(data) = self.tenants_mut(batch_state, entry.tenant) else { continue };
            let changes = entry.seq.and_then(|seq| dnd.get(&(entry.tenant, seq)));
            data.merge_contact(entry, changes.map_or(&[], Vec::as_slice));
        }
        let mut logs: HashMap<(usize, i64), Vec<LogEntry>> = HashMap::new();
        for row in &batch_state.log {
            logs.entry((row.tenant, row.record)).or_default().push(log_entry(row));
        }
        let mut records: Vec<_> = batch_state.records.iter().filter(|entry| entry.seq.is_some()).collect();
        records.sort_by_key(|entry| entry.seq);
        for entry in records {
            let Some(data) = self.tenants_mut(batch_state, entry.tenant) else { continue };
            let log = entry.seq.and_then(|seq| logs.remove(&(entry.tenant, seq)));
            data.merge_record(entry, log.unwrap_or_default());
        }
        for entry in &batch_state.keys {
            let Some((record, expires_at)) = entry.pending else { continue };
            let tenant = batch_state.tenant_id(entry.tenant);
            let Some(data) = self.tenants_mut(batch_state, entry.tenant) else { continue };
            let outcome = IdempotencyRecord { fingerprint: record.fingerprint, outcome: record.outcome.clone() };
            let before = data.keys.insert(record.key.clone(), StoredKey { record: outcome, expires_at });
            let expiry = |expires| (expires, tenant.to_owned(), record.key.clone());
            if let Some(before) = before {
                self.key_expiry.remove(&expiry(before.expires_at));
            }
            self.key_expiry.insert(expiry(expires_at));
        }
        for entry in batch_state.tenants.iter().filter(|entry| entry.bytes != entry.bytes_before) {
            self.tenants.entry(entry.id.to_owned()).or_default().bytes = entry.bytes;
        }
    }

    /// Returns the data of the tenant with this index. Keys may exist before the tenant does.
    fn tenants_mut(&mut self, batch_state: &BatchState<'_>, tenant: usize) -> Option<&mut TenantData> {
        let id = batch_state.tenants.get(tenant)?.id;
        if !self.tenants.contains_key(id) {
            self.tenants.insert(id.to_owned(), TenantData::default());
        }
        self.tenants.get_mut(id)
    }

    /// Deletes the oldest expired keys, at most `at_most`.
    fn delete_expired(&mut self, now: i64, at_most: i64) {
        for _ in 0..at_most {
            let Some(oldest) = self.key_expiry.first().filter(|(expires, ..)| *expires <= now) else { break };
            if let Some(tenant_data) = self.tenants.get_mut(&oldest.1)
                && let Some(deleted) = tenant_data.keys.remove(&oldest.2)
            {
                tenant_data.bytes -= quota::key_bytes(&oldest.2, &deleted.record.outcome);
            }
            self.key_expiry.pop_first();
        }
    }
}

impl TenantData {
    /// Merges a changed contact with the changes of its do-not-disturb entries.
    fn merge_contact(&mut self, entry: &ContactEntry, dnd: &[(&Scope, DndChange<'_>)]) {
        let stored = self.contacts.get(&entry.id);
        let order = stored.map_or(self.contact_order.len(), |stored| stored.order);
        let mut contact = match (stored, &entry.details) {
            (Some(stored), _) => Contact::clone(&stored.contact),
            (None, Some(details)) => Contact {
                id: entry.id,
                name: String::new(),
                correlators: [None, None, None],
                addresses: Vec::new(),
                dnd: Vec::new(),
                created_at: from_micros(details.created_at),
                updated_at: from_micros(details.updated_at),
            },
            (None, None) => return,
        };
        let details = entry.details.as_ref().filter(|_| entry.write != ContactWrite::Version);
        if let Some(details) = details {
            contact.name.clone_from(&details.name);
            contact.correlators.clone_from(&details.correlators);
            contact.addresses.clone_from(&details.addresses);
            contact.addresses.sort_by(|a, b| a.channel.cmp(&b.channel));
            contact.updated_at = from_micros(details.updated_at);
        }
        for (scope, change) in dnd {
            if change.remove {
                contact.dnd.retain(|existing| existing.scope != **scope);
            }
            if let Some(added) = change.add.filter(|_| !contact.dnd.iter().any(|existing| existing.scope == **scope)) {
                let (at, category) = (truncate_to_micros(added.at), self.current_category(added));
                contact.dnd.push(DndEntry { at, category, ..added.clone() });
            }
        }
        contact.dnd.sort_by(|a, b| a.scope.cmp(&b.scope));
        self.upsert_contact(StoredContact { contact: Arc::new(contact), version: entry.version, order });
    }

    /// Merges a changed record with the new entries of its log.
    fn merge_record(&mut self, entry: &RecordEntry<'_>, log: Vec<LogEntry>) {
        if entry.content.is_none() && log.is_empty() {
            return;
        }
        let stored = self.records.get(&entry.id);
        let order = stored.map_or(self.record_order.len(), |stored| stored.order);
        let created_at = match (stored, &entry.created) {
            (Some(stored), _) => stored.record.created_at,
            (None, Some((created, _))) => truncate_to_micros(created.created_at),
            (None, None) => return,
        };
        let content = entry.content.cloned().or_else(|| stored.map(|stored| Record::clone(&stored.record)));
        let Some(mut record) = content else { return };
        if let Some(schedule) = &mut record.schedule {
            schedule.at = truncate_to_micros(schedule.at);
        }
        (record.state, record.run) = (entry.state, entry.run);
        (record.created_at, record.updated_at) = (created_at, from_micros(entry.updated_at));
        let log = stored.map_or(&[][..], |stored| &stored.log).iter().cloned().chain(log).collect();
        self.upsert_record(StoredRecord { record: Arc::new(record), order, log });
    }

    /// Returns the current category of an entry.
    fn current_category(&self, entry: &DndEntry) -> String {
        match &entry.scope {
            Scope::Category(category) => category.clone(),
            Scope::Campaign(id) => {
                self.campaigns.get(id).map_or(&entry.category, |campaign| &campaign.category).clone()
            }
        }
    }
}

fn load_contact(entry: &mut ContactEntry, data: &TenantData) {
    let Some(stored) = data.contacts.get(&entry.id) else { return };
    entry.seq = Some(row_number(stored.order));
    entry.version = stored.version;
    if entry.needs_details {
        entry.details = Some((&*stored.contact).into());
    }
    if entry.needs_dnd {
        entry.dnd_bytes.extend(stored.contact.dnd.iter().map(|dnd| (dnd.scope.clone(), quota::dnd_bytes(dnd))));
    }
}

fn load_record(entry: &mut RecordEntry<'_>, data: &TenantData) {
    let Some(stored) = data.records.get(&entry.id) else { return };
    let record = &stored.record;
    entry.seq = Some(row_number(stored.order));
    (entry.contact, entry.campaign, entry.state, entry.run) =
        (record.contact, record.campaign, record.state, record.run);
    entry.entries = row_number(stored.log.len()) - 1;
    entry.updated_at = record.updated_at.timestamp_micros();
    entry.bytes = quota::record_bytes(record);
}

fn log_entry(row: &RecordLogRow<'_>) -> LogEntry {
    LogEntry {
        run: row.run,
        at: from_micros(row.at),
        from: row.from,
        to: row.to,
        note: row.note.map(ToOwned::to_owned),
    }
}

fn row_number(order: usize) -> i64 {
    i64::try_from(order).unwrap_or(i64::MAX).saturating_add(1)
}
