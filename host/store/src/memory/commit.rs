//! Commits in memory: each commit applies all its changes or none.

use super::overlay::CommitOverlay;
use super::state::{MemoryState, StoredKey, TenantData};
use crate::timestamp::duration_to_micros;
use crate::{
    CommitOutcome, CommitRequest, IdempotencyRecord, NewIdempotencyRecord, expired_keys_per_commit, is_within_quota,
    quota,
};

impl MemoryState {
    /// Applies the commits in their order. A batch with changes also deletes expired keys of all tenants.
    pub(super) fn commit_batch(&mut self, batch: &[CommitRequest], now: i64) -> Vec<CommitOutcome> {
        let outcomes: Vec<_> = batch.iter().map(|commit| self.commit(commit, now)).collect();
        let done = || batch.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == CommitOutcome::Committed);
        if done().any(|(commit, _)| commit.idempotency_record.is_some() || !commit.changes.is_empty()) {
            let stored = done().filter(|(commit, _)| commit.idempotency_record.is_some()).count();
            self.delete_expired(now, expired_keys_per_commit(stored));
        }
        outcomes
    }

    fn commit(&mut self, commit: &CommitRequest, now: i64) -> CommitOutcome {
        let tenant_data = self.tenants.entry(commit.tenant.clone()).or_default();
        let stored = commit.idempotency_record.as_ref().and_then(|record| tenant_data.keys.get(&record.key));
        if let Some(stored) = stored.filter(|stored| stored.expires_at > now) {
            return CommitOutcome::DuplicateKey(stored.record.clone());
        }
        if !tenant_data.read_set_is_current(commit) {
            return CommitOutcome::Conflict;
        }
        let mut overlay = CommitOverlay::new(tenant_data);
        for change in &commit.changes {
            if overlay.apply(change).is_err() {
                return CommitOutcome::Conflict;
            }
        }
        let added = overlay.added_bytes()
            + commit.idempotency_record.as_ref().map_or(0, |record| tenant_data.bytes_added_by_key(record));
        let bytes = tenant_data.bytes.saturating_add(added);
        if added > 0 && !is_within_quota(bytes, commit.quota) {
            return CommitOutcome::QuotaExceeded;
        }
        let (contacts, records) = overlay.into_parts();
        contacts.into_iter().for_each(|contact| tenant_data.upsert_contact(contact));
        records.into_iter().for_each(|record| tenant_data.upsert_record(record));
        tenant_data.bytes = bytes;
        if let Some(record) = &commit.idempotency_record {
            let expires = now.saturating_add(duration_to_micros(record.ttl));
            let before = tenant_data.store_key(record, expires);
            let entry = |expires| (expires, commit.tenant.clone(), record.key.clone());
            if let Some(before) = before {
                self.key_expiry.remove(&entry(before.expires_at));
            }
            self.key_expiry.insert(entry(expires));
        }
        CommitOutcome::Committed
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
    /// Returns whether the reads of the commit are still current.
    fn read_set_is_current(&self, commit: &CommitRequest) -> bool {
        let reads = &commit.reads;
        let version = |id| self.contacts.get(id).map_or(0, |contact| contact.version);
        let tenant_needed = !commit.changes.is_empty();
        reads.version.is_none_or(|version| version == self.version)
            && (!tenant_needed || self.tenant.is_some())
            && reads.contacts.iter().all(|(id, read)| version(id) == *read)
            && reads
                .unclaimed_addresses
                .iter()
                .all(|(channel, identifier)| self.address_owner(channel, identifier).is_none())
    }

    /// Returns the bytes that storing an outcome under its key adds to the tenant.
    fn bytes_added_by_key(&self, record: &NewIdempotencyRecord) -> i64 {
        let replaced =
            self.keys.get(&record.key).map_or(0, |stored| quota::key_bytes(&record.key, &stored.record.outcome));
        quota::key_bytes(&record.key, &record.outcome) - replaced
    }

    /// Stores an outcome, and returns the replaced one.
    fn store_key(&mut self, record: &NewIdempotencyRecord, expires: i64) -> Option<StoredKey> {
        let outcome = IdempotencyRecord { fingerprint: record.fingerprint, outcome: record.outcome.clone() };
        self.keys.insert(record.key.clone(), StoredKey { record: outcome, expires_at: expires })
    }
}
