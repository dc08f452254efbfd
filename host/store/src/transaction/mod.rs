//! The optimistic transaction of one invocation: cached snapshot reads, overlaid with the invocation's own pending
//! writes.
//!
//! A transaction itself writes nothing. It ends as a [`CommitRequest`] with its read set and its write set.

mod campaigns;
mod error;
mod net_changes;
mod ready_records;
mod uses;
mod write_set;

use super::{
    CommitRequest, IdempotencyRecord, Lookup, LookupResult, NewIdempotencyRecord, ReadRequest, ReadSet, Reader,
    Snapshot, StoreError, VersionedContact,
};
use chrono::{DateTime, Utc};
pub use error::TransactionError;
use error::protocol_error;
use flowhost_domain::{Contact, Record, RecordState, Tenant};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use uses::Use;
pub use uses::{ChangedEntry, UsedEntry};
use uuid::Uuid;
use write_set::WriteSet;

/// A map with a fast hash. The keys come from one invocation, which can slow down only itself with collisions.
type FastHashMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A tenant and the version of its configuration, as the first round trip read them.
struct TenantSnapshot {
    version: u64,
    tenant: Option<Arc<Tenant>>,
    is_new: bool,
}

/// The optimistic transaction of one invocation.
///
/// A lookup takes at most one round trip. It takes up to two if pending writes affect its result, and none if the
/// result is cached. Dropping the future of a lookup leaves the transaction unchanged.
pub struct Transaction {
    reader: Arc<dyn Reader>,
    tenant: String,
    now: DateTime<Utc>,
    cached_tenant: Option<(Arc<Tenant>, u64)>,
    tenant_snapshot: Option<TenantSnapshot>,
    results: FastHashMap<Lookup, LookupResult>,
    /// The versions of all contacts that a result depends on. 0: the contact did not exist.
    contact_versions: FastHashMap<Uuid, u64>,
    /// Records as committed in the store.
    committed_records: FastHashMap<Uuid, Arc<Record>>,
    write_set: WriteSet,
    round_trips: u32,
    /// The uses of entries, for a recording. `None`: nothing records them.
    uses: Option<Vec<Use>>,
}

impl Transaction {
    /// Creates a transaction on the data of `tenant` at the time of the invocation. `cached_tenant` is the tenant that
    /// the caller has cached, with its configuration's version. The store sends the tenant only if the version differs.
    pub fn new(
        reader: Arc<dyn Reader>,
        tenant: impl Into<String>,
        now: DateTime<Utc>,
        cached_tenant: Option<(Arc<Tenant>, u64)>,
    ) -> Self {
        Self {
            reader,
            tenant: tenant.into(),
            now,
            cached_tenant,
            tenant_snapshot: None,
            results: FastHashMap::default(),
            contact_versions: FastHashMap::default(),
            committed_records: FastHashMap::default(),
            write_set: WriteSet::default(),
            round_trips: 0,
            uses: None,
        }
    }

    /// Returns the id of the tenant.
    pub fn tenant_id(&self) -> &str {
        &self.tenant
    }

    /// Returns the time of the invocation.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Returns the ids of the contacts that a result depends on.
    pub fn read_contact_ids(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.contact_versions.keys().copied()
    }

    /// Returns the number of round trips so far.
    pub fn round_trips(&self) -> u32 {
        self.round_trips
    }

    /// Returns whether the transaction has pending changes.
    pub fn has_changes(&self) -> bool {
        !self.write_set.is_empty()
    }

    /// Returns the tenant and its configuration's version, as the first round trip read them. The caller may cache them
    /// for the next transaction.
    pub fn configured_tenant(&self) -> Option<(&Arc<Tenant>, u64)> {
        let snapshot = self.tenant_snapshot.as_ref()?;
        Some((snapshot.tenant.as_ref()?, snapshot.version))
    }

    /// Returns the tenant and its configuration's version, unless they equal the cached ones.
    pub fn newly_read_tenant(&self) -> Option<(&Arc<Tenant>, u64)> {
        let snapshot = self.tenant_snapshot.as_ref().filter(|snapshot| snapshot.is_new)?;
        Some((snapshot.tenant.as_ref()?, snapshot.version))
    }

    /// Returns whether the transaction has no pending changes and all its reads are from one snapshot.
    pub fn is_consistent_read(&self) -> bool {
        self.round_trips < 2 && !self.has_changes()
    }

    /// Reads all lookups that are not cached yet in one round trip.
    pub async fn prefetch(&mut self, lookups: Vec<Lookup>) -> Result<(), TransactionError> {
        let mut unknown = Vec::with_capacity(lookups.len());
        for lookup in lookups {
            if !self.results.contains_key(&lookup) && !unknown.contains(&lookup) {
                unknown.push(lookup);
            }
        }
        if unknown.is_empty() && self.tenant_snapshot.is_some() { Ok(()) } else { self.fetch(unknown).await }
    }

    /// Returns the tenant, or `None` if it does not exist.
    pub async fn tenant(&mut self) -> Result<Option<Arc<Tenant>>, TransactionError> {
        if self.tenant_snapshot.is_none() {
            self.fetch(Vec::new()).await?;
        }
        self.note_configuration();
        Ok(self.tenant_snapshot.as_ref().and_then(|snapshot| snapshot.tenant.clone()))
    }

    /// Returns the outcome stored under an idempotency key, unless the key has expired.
    pub async fn idempotency_record(&mut self, key: &str) -> Result<Option<IdempotencyRecord>, TransactionError> {
        match self.lookup(Lookup::IdempotencyKey(key.to_owned())).await? {
            LookupResult::IdempotencyKey(stored) => Ok(stored),
            _ => Err(protocol_error()),
        }
    }

    /// Returns a contact.
    pub async fn contact(&mut self, id: Uuid) -> Result<Option<Arc<Contact>>, TransactionError> {
        match self.write_set.contact(id) {
            Some(contact) => {
                self.note(|| Lookup::Contact(id));
                Ok(Some(contact))
            }
            None => self.lookup_contact(Lookup::Contact(id)).await,
        }
    }

    /// Returns the contact that has this address: a channel and a normalised identifier.
    pub async fn contact_at(
        &mut self,
        channel: &str,
        identifier: &str,
    ) -> Result<Option<Arc<Contact>>, TransactionError> {
        if let Some(contact) = self.write_set.contact_at(channel, identifier) {
            self.note(|| Lookup::Contact(contact.id));
            return Ok(Some(contact));
        }
        let committed = self.lookup_contact(Lookup::Address(channel.to_owned(), identifier.to_owned())).await?;
        Ok(committed.map(|contact| self.write_set.contact(contact.id).unwrap_or(contact)))
    }

    /// Returns the oldest other contact with an address in `channel` that shares a correlator's value in the same slot.
    /// The lookup sees only committed links.
    pub async fn linked_contact(
        &mut self,
        contact: Uuid,
        channel: &str,
    ) -> Result<Option<Arc<Contact>>, TransactionError> {
        let found = self.lookup_contact(Lookup::LinkedContact { contact, channel: channel.to_owned() }).await?;
        Ok(found.map(|contact| self.write_set.contact(contact.id).unwrap_or(contact)))
    }

    /// Returns a record.
    pub async fn record(&mut self, id: Uuid) -> Result<Option<Arc<Record>>, TransactionError> {
        if let Some(record) = self.write_set.record(id) {
            self.note(|| Lookup::Contact(record.contact));
            return Ok(Some(record));
        }
        match self.lookup(Lookup::Record(id)).await? {
            LookupResult::Record(found) => Ok(found.map(|(record, _)| record)),
            _ => Err(protocol_error()),
        }
    }

    /// Creates a contact, or replaces name, correlators, `updated_at` and do-not-disturb entries of the contact that
    /// was read under this id. Addresses in new channels are added.
    pub fn put_contact(&mut self, after: Contact) {
        self.write_set.put_contact(after);
    }

    /// Creates a record, or replaces the content of the Ready record that was read under this id.
    pub fn put_record(&mut self, record: Record) {
        let is_stored = self.committed_records.contains_key(&record.id);
        self.write_set.put_record(record, is_stored);
    }

    /// Changes the state of a record that was read or is pending. The new state must not be Ready: a record that
    /// becomes Ready again would be missing among this transaction's Ready records.
    pub fn transition(&mut self, record: &Arc<Record>, to: RecordState, note: Option<String>) {
        let committed = self.committed_records.get(&record.id).map(|committed| committed.state);
        self.write_set.transition(record, committed, to, self.now, note);
    }

    /// Returns whether all reads are consistent with one snapshot. This takes one round trip, or none if all reads are
    /// from one snapshot anyway.
    ///
    /// An invocation without changes calls this, because no commit checks its reads.
    pub async fn validate_reads(&self) -> Result<bool, StoreError> {
        let Some(snapshot) = &self.tenant_snapshot else { return Ok(true) };
        if self.round_trips < 2 {
            return Ok(true);
        }
        // The configuration's version covers campaigns and categories, and a contact's version covers everything that
        // belongs to the contact.
        let unversioned = self.results.iter().filter(|(lookup, answer)| match lookup {
            Lookup::Address(..) | Lookup::LinkedContact { .. } => true,
            Lookup::Record(_) => matches!(answer, LookupResult::Record(None)),
            _ => false,
        });
        let (mut lookups, answers): (Vec<_>, Vec<_>) =
            unversioned.map(|(lookup, answer)| (lookup.clone(), answer)).unzip();
        lookups.extend(self.contact_versions.keys().map(|contact| Lookup::Contact(*contact)));
        let Snapshot { version, results: found, .. } =
            self.reader.read(&self.read_request(lookups, Some(snapshot.version))).await?;
        let versions = self.contact_versions.values();
        Ok(version == snapshot.version
            && found.len() == answers.len() + versions.len()
            && answers.iter().zip(&found).all(|(before, after)| result_version(before) == result_version(after))
            && versions.zip(found.iter().skip(answers.len())).all(|(before, after)| match after {
                LookupResult::Contact(contact) => *before == contact.as_ref().map_or(0, |contact| contact.version),
                _ => false,
            }))
    }

    /// Returns the request to commit the pending changes and to check the read set. Without pending changes, the commit
    /// only stores the outcome of the key and checks nothing.
    pub fn into_commit_request(self, key: Option<NewIdempotencyRecord>) -> CommitRequest {
        let committed = |id| match self.results.get(&Lookup::Contact(id)) {
            Some(LookupResult::Contact(Some(found))) => Some(&*found.contact),
            _ => None,
        };
        let reads = if self.write_set.is_empty() { ReadSet::default() } else { self.read_set() };
        let changes = self.write_set.into_net_changes(committed);
        CommitRequest { tenant: self.tenant, reads, changes, idempotency_record: key, now: self.now, quota: None }
    }

    /// Returns the read set.
    pub fn read_set(&self) -> ReadSet {
        let mut reads =
            ReadSet { version: self.tenant_snapshot.as_ref().map(|snapshot| snapshot.version), ..ReadSet::default() };
        reads.contacts = self.contact_versions.iter().map(|(id, version)| (*id, *version)).collect();
        reads.unclaimed_addresses = self
            .results
            .iter()
            .filter_map(|(lookup, answer)| match (lookup, answer) {
                (Lookup::Address(channel, identifier), LookupResult::Contact(None)) => {
                    Some((channel.clone(), identifier.clone()))
                }
                _ => None,
            })
            .collect();
        reads
    }

    async fn lookup_contact(&mut self, lookup: Lookup) -> Result<Option<Arc<Contact>>, TransactionError> {
        match self.lookup(lookup).await? {
            LookupResult::Contact(found) => Ok(found.map(|found| found.contact)),
            _ => Err(protocol_error()),
        }
    }

    async fn lookup(&mut self, lookup: Lookup) -> Result<LookupResult, TransactionError> {
        self.note(|| lookup.clone());
        if let Some(answer) = self.results.get(&lookup) {
            return Ok(answer.clone());
        }
        self.fetch(vec![lookup.clone()]).await?;
        self.results.get(&lookup).cloned().ok_or_else(protocol_error)
    }

    fn read_request(&self, lookups: Vec<Lookup>, known_version: Option<u64>) -> ReadRequest {
        ReadRequest { tenant: self.tenant.clone(), known_version, lookups }
    }

    async fn fetch(&mut self, mut lookups: Vec<Lookup>) -> Result<(), TransactionError> {
        // The contact's version validates reads derived from the contact, so the same round trip reads the contact.
        for at in 0..lookups.len() {
            let contact = match lookups.get(at) {
                Some(
                    Lookup::NewestReadyRecord { contact, .. }
                    | Lookup::ReadyPage { contact, .. }
                    | Lookup::LatestReadyRecords { contact, .. }
                    | Lookup::LinkedContact { contact, .. },
                ) => Lookup::Contact(*contact),
                _ => continue,
            };
            if !lookups.contains(&contact) {
                lookups.push(contact);
            }
        }
        let cached_version = match (&self.tenant_snapshot, &self.cached_tenant) {
            (Some(snapshot), _) => Some(snapshot.version),
            (None, cached) => cached.as_ref().map(|(_, version)| *version),
        };
        let request = self.read_request(lookups, cached_version);
        let snapshot = self.reader.read(&request).await?;
        self.round_trips += 1;
        self.merge(request.lookups, snapshot)
    }

    fn merge(&mut self, lookups: Vec<Lookup>, snapshot: Snapshot) -> Result<(), TransactionError> {
        let Snapshot { version, tenant, results: answers } = snapshot;
        match &self.tenant_snapshot {
            Some(snapshot) if snapshot.version != version => return Err(TransactionError::Conflict),
            Some(_) => {}
            None => {
                let cached =
                    self.cached_tenant.take().filter(|(_, cached)| *cached == version).map(|(tenant, _)| tenant);
                let is_new = cached.is_none();
                self.tenant_snapshot = Some(TenantSnapshot { version, tenant: tenant.or(cached), is_new });
            }
        }
        self.results.reserve(answers.len());
        for (lookup, answer) in lookups.into_iter().zip(answers) {
            match (&lookup, &answer) {
                (Lookup::Contact(id), LookupResult::Contact(None)) => self.record_version(*id, 0)?,
                (Lookup::Contact(_), LookupResult::Contact(Some(found))) => {
                    self.record_version(found.contact.id, found.version)?
                }
                (_, LookupResult::Contact(Some(found))) => {
                    self.record_version(found.contact.id, found.version)?;
                    self.cache_result(Lookup::Contact(found.contact.id), answer.clone())?;
                }
                (_, LookupResult::Record(Some((record, version)))) => {
                    self.record_version(record.contact, *version)?;
                    self.committed_records.insert(record.id, record.clone());
                }
                (_, LookupResult::NewestReadyRecord(Some((record, _)))) => {
                    self.committed_records.insert(record.id, record.clone());
                }
                _ => {}
            }
            self.cache_result(lookup, answer)?;
        }
        Ok(())
    }

    fn record_version(&mut self, contact: Uuid, version: u64) -> Result<(), TransactionError> {
        match *self.contact_versions.entry(contact).or_insert(version) == version {
            true => Ok(()),
            false => Err(TransactionError::Conflict),
        }
    }

    fn cache_result(&mut self, lookup: Lookup, answer: LookupResult) -> Result<(), TransactionError> {
        match self.results.entry(lookup) {
            Entry::Vacant(entry) => {
                entry.insert(answer);
                Ok(())
            }
            Entry::Occupied(entry) if result_version(entry.get()) == result_version(&answer) => Ok(()),
            Entry::Occupied(_) => Err(TransactionError::Conflict),
        }
    }
}

/// Returns the properties by which two results of the same lookup differ, beside the versions that the transaction
/// records anyway.
fn result_version(answer: &LookupResult) -> Option<(Uuid, u64)> {
    match answer {
        LookupResult::Contact(found) => {
            found.as_ref().map(|VersionedContact { contact, version }| (contact.id, *version))
        }
        LookupResult::Record(found) => found.as_ref().map(|(record, version)| (record.id, *version)),
        _ => None,
    }
}
