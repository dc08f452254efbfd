//! Applying one commit: all of it or nothing.

use super::draft::Draft;
use super::state::{Owned, State, StoredKey};
use crate::store::instant::to_micros;
use crate::store::{Commit, KeyedOutcome, StoredOutcome, Verdict};

/// Expired keys that a commit forgets beside those that it stores.
const FORGOTTEN_AT_ONCE: usize = 8;

impl State {
    pub(super) fn commit(&mut self, commit: &Commit) -> Verdict {
        let owned = self.tenants.entry(commit.tenant.clone()).or_default();
        let now = to_micros(commit.now);
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
        let (contacts, records) = draft.into_parts();
        contacts.into_iter().for_each(|contact| owned.place_contact(contact));
        records.into_iter().for_each(|record| owned.place_record(record));
        if let Some(keyed) = &commit.key {
            owned.store_key(keyed, now);
        }
        Verdict::Done
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

    fn store_key(&mut self, keyed: &KeyedOutcome, now: i64) {
        for _ in 0..=FORGOTTEN_AT_ONCE {
            match self.expiry.pop_first() {
                Some((expires, key)) if expires <= now => {
                    self.keys.remove(&key);
                }
                Some(live) => {
                    self.expiry.insert(live);
                    break;
                }
                None => break,
            }
        }
        let outcome = StoredOutcome { digest: keyed.digest, outcome: keyed.outcome.clone() };
        let expires = to_micros(keyed.expires_at);
        if let Some(before) = self.keys.insert(keyed.key.clone(), StoredKey { outcome, expires }) {
            self.expiry.remove(&(before.expires, keyed.key.clone()));
        }
        self.expiry.insert((expires, keyed.key.clone()));
    }
}
