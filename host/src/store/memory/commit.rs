//! Applies a batch: all changes of a commit, or none.

use super::draft::Draft;
use super::state::{Owned, State, StoredKey};
use crate::store::instant::span;
use crate::store::{Commit, KeyedOutcome, StoredOutcome, Verdict, charge, expired_at_once, is_within};

impl State {
    /// Applies the commits in their order. A batch that changes something deletes expired keys of all tenants.
    pub(super) fn commit_all(&mut self, batch: &[Commit], now: i64) -> Vec<Verdict> {
        let verdicts: Vec<_> = batch.iter().map(|commit| self.commit(commit, now)).collect();
        let done = || batch.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == Verdict::Done);
        if done().any(|(commit, _)| commit.key.is_some() || !commit.changes.is_empty()) {
            let stored = done().filter(|(commit, _)| commit.key.is_some()).count();
            self.delete_expired(now, expired_at_once(stored));
        }
        verdicts
    }

    fn commit(&mut self, commit: &Commit, now: i64) -> Verdict {
        let owned = self.tenants.entry(commit.tenant.clone()).or_default();
        let taken = commit.key.as_ref().and_then(|keyed| owned.keys.get(&keyed.key));
        if let Some(taken) = taken.filter(|taken| taken.expires > now) {
            return Verdict::KeyTaken(taken.outcome.clone());
        }
        if !owned.holds(commit) {
            return Verdict::Stale;
        }
        let mut draft = Draft::new(owned);
        for change in &commit.changes {
            if draft.apply(change).is_err() {
                return Verdict::Stale;
            }
        }
        let added = draft.added() + commit.key.as_ref().map_or(0, |keyed| owned.added_by_key(keyed));
        let bytes = owned.bytes.saturating_add(added);
        if added > 0 && !is_within(bytes, commit.quota) {
            return Verdict::OverQuota;
        }
        let (contacts, records) = draft.into_parts();
        contacts.into_iter().for_each(|contact| owned.place_contact(contact));
        records.into_iter().for_each(|record| owned.place_record(record));
        owned.bytes = bytes;
        if let Some(keyed) = &commit.key {
            let expires = now.saturating_add(span(keyed.lifetime));
            let before = owned.store_key(keyed, expires);
            let entry = |expires| (expires, commit.tenant.clone(), keyed.key.clone());
            if let Some(before) = before {
                self.expiry.remove(&entry(before.expires));
            }
            self.expiry.insert(entry(expires));
        }
        Verdict::Done
    }

    /// Deletes the oldest expired keys, at most so many.
    fn delete_expired(&mut self, now: i64, at_most: i64) {
        for _ in 0..at_most {
            let Some(oldest) = self.expiry.first().filter(|(expires, ..)| *expires <= now) else { break };
            if let Some(owned) = self.tenants.get_mut(&oldest.1)
                && let Some(deleted) = owned.keys.remove(&oldest.2)
            {
                owned.bytes -= charge::of_key(&oldest.2, &deleted.outcome.outcome);
            }
            self.expiry.pop_first();
        }
    }
}

impl Owned {
    /// Whether what the commit read is still so.
    fn holds(&self, commit: &Commit) -> bool {
        let reads = &commit.reads;
        let version = |id| self.contacts.get(id).map_or(0, |contact| contact.version);
        let tenant_needed = !commit.changes.is_empty();
        reads.version.is_none_or(|version| version == self.version)
            && (!tenant_needed || self.tenant.is_some())
            && reads.contacts.iter().all(|(id, read)| version(id) == *read)
            && reads.free_addresses.iter().all(|(channel, identifier)| self.address(channel, identifier).is_none())
    }

    /// The bytes that the tenant gains if this is stored under its key.
    fn added_by_key(&self, keyed: &KeyedOutcome) -> i64 {
        let replaced =
            self.keys.get(&keyed.key).map_or(0, |stored| charge::of_key(&keyed.key, &stored.outcome.outcome));
        charge::of_key(&keyed.key, &keyed.outcome) - replaced
    }

    /// Stores an outcome; gives the one in whose place it is.
    fn store_key(&mut self, keyed: &KeyedOutcome, expires: i64) -> Option<StoredKey> {
        let outcome = StoredOutcome { digest: keyed.digest, outcome: keyed.outcome.clone() };
        self.keys.insert(keyed.key.clone(), StoredKey { outcome, expires })
    }
}
