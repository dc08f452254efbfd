//! The optimistic transaction of one invocation: snapshot reads, cached, under the invocation's own staged writes.
//!
//! It writes nothing itself. It ends as a [`CommitRequest`] with its read set and its write set.

mod error;
mod net_changes;
mod ready_records;
mod write_set;

use super::{
    CommitRequest, IdempotencyRecord, Lookup, LookupResult, NewIdempotencyRecord, ReadRequest, ReadSet, Reader,
    Snapshot, StoreError, VersionedContact,
};
use chrono::{DateTime, Utc};
pub use error::TransactionError;
use error::protocol_error;
use flowhost_domain::{Campaign, Contact, Record, RecordState, Tenant};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use uuid::Uuid;
use write_set::WriteSet;

/// A map with a fast hash. The keys come from one invocation, which can slow down only itself with collisions.
type FastHashMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A tenant as its configuration says, unless there is none, and that configuration's version.
struct TenantSnapshot {
    version: u64,
    tenant: Option<Arc<Tenant>>,
    is_new: bool,
}

/// The optimistic transaction of one invocation.
///
/// A lookup takes at most one round trip, two if staged writes affect its result, and none if it is cached. Dropping the
/// future of a lookup leaves the transaction unchanged.
pub struct Transaction {
    reader: Arc<dyn Reader>,
    tenant: String,
    now: DateTime<Utc>,
    cached_tenant: Option<(Arc<Tenant>, u64)>,
    tenant_snapshot: Option<TenantSnapshot>,
    results: FastHashMap<Lookup, LookupResult>,
    /// Every contact that an answer depended on; 0: it wasn't there.
    contact_versions: FastHashMap<Uuid, u64>,
    /// Records as the store has them.
    committed_records: FastHashMap<Uuid, Arc<Record>>,
    write_set: WriteSet,
    round_trips: u32,
}

impl Transaction {
    /// A view of `tenant`'s things at the invocation's instant. `known` is the tenant as the caller remembers it, with
    /// its configuration's version: then it is sent only if another.
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
        }
    }

    /// Whose things.
    pub fn tenant_id(&self) -> &str {
        &self.tenant
    }

    /// The invocation's instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The contacts on which an answer depended so far.
    pub fn read_contact_ids(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.contact_versions.keys().copied()
    }

    /// How many round trips were made.
    pub fn round_trips(&self) -> u32 {
        self.round_trips
    }

    /// Whether anything is staged.
    pub fn has_changes(&self) -> bool {
        !self.write_set.is_empty()
    }

    /// The tenant and its configuration's version as the first round trip found them, for the next view's `known`.
    pub fn configured_tenant(&self) -> Option<(&Arc<Tenant>, u64)> {
        let seen = self.tenant_snapshot.as_ref()?;
        Some((seen.tenant.as_ref()?, seen.version))
    }

    /// The same, unless it was known before.
    pub fn newly_read_tenant(&self) -> Option<(&Arc<Tenant>, u64)> {
        let seen = self.tenant_snapshot.as_ref().filter(|seen| seen.is_new)?;
        Some((seen.tenant.as_ref()?, seen.version))
    }

    /// Whether nothing is staged, and all that was read was read in one trip and so held at one moment.
    pub fn is_consistent_read(&self) -> bool {
        self.round_trips < 2 && !self.has_changes()
    }

    /// Asks all of these that weren't asked yet in one round trip.
    pub async fn prefetch(&mut self, lookups: Vec<Lookup>) -> Result<(), TransactionError> {
        let mut unknown = Vec::with_capacity(lookups.len());
        for lookup in lookups {
            if !self.results.contains_key(&lookup) && !unknown.contains(&lookup) {
                unknown.push(lookup);
            }
        }
        if unknown.is_empty() && self.tenant_snapshot.is_some() { Ok(()) } else { self.fetch(unknown).await }
    }

    /// The tenant, or `None` if it does not exist.
    pub async fn tenant(&mut self) -> Result<Option<Arc<Tenant>>, TransactionError> {
        if self.tenant_snapshot.is_none() {
            self.fetch(Vec::new()).await?;
        }
        Ok(self.tenant_snapshot.as_ref().and_then(|seen| seen.tenant.clone()))
    }

    /// The outcome stored under an idempotency key, unless that expired.
    pub async fn idempotency_record(&mut self, key: &str) -> Result<Option<IdempotencyRecord>, TransactionError> {
        match self.lookup(Lookup::IdempotencyKey(key.to_owned())).await? {
            LookupResult::IdempotencyKey(stored) => Ok(stored),
            _ => Err(protocol_error()),
        }
    }

    /// A campaign.
    pub async fn campaign(&mut self, id: Uuid) -> Result<Option<Arc<Campaign>>, TransactionError> {
        match self.lookup(Lookup::Campaign(id)).await? {
            LookupResult::Campaign(campaign) => Ok(campaign),
            _ => Err(protocol_error()),
        }
    }

    /// Whether any campaign has this category.
    pub async fn category_exists(&mut self, name: &str) -> Result<bool, TransactionError> {
        match self.lookup(Lookup::Category(name.to_owned())).await? {
            LookupResult::Category(exists) => Ok(exists),
            _ => Err(protocol_error()),
        }
    }

    /// A contact.
    pub async fn contact(&mut self, id: Uuid) -> Result<Option<Arc<Contact>>, TransactionError> {
        match self.write_set.contact(id) {
            Some(contact) => Ok(Some(contact)),
            None => self.lookup_contact(Lookup::Contact(id)).await,
        }
    }

    /// The contact that has this address: a channel and a normalised identifier.
    pub async fn contact_at(
        &mut self,
        channel: &str,
        identifier: &str,
    ) -> Result<Option<Arc<Contact>>, TransactionError> {
        if let Some(contact) = self.write_set.contact_at(channel, identifier) {
            return Ok(Some(contact));
        }
        let committed = self.lookup_contact(Lookup::Address(channel.to_owned(), identifier.to_owned())).await?;
        Ok(committed.map(|contact| self.write_set.contact(contact.id).unwrap_or(contact)))
    }

    /// The oldest other contact with an address in `channel` that shares a correlator's value in the same slot. Sees
    /// committed links only.
    pub async fn linked_contact(
        &mut self,
        contact: Uuid,
        channel: &str,
    ) -> Result<Option<Arc<Contact>>, TransactionError> {
        let found = self.lookup_contact(Lookup::LinkedContact { contact, channel: channel.to_owned() }).await?;
        Ok(found.map(|contact| self.write_set.contact(contact.id).unwrap_or(contact)))
    }

    /// A record.
    pub async fn record(&mut self, id: Uuid) -> Result<Option<Arc<Record>>, TransactionError> {
        if let Some(record) = self.write_set.record(id) {
            return Ok(Some(record));
        }
        match self.lookup(Lookup::Record(id)).await? {
            LookupResult::Record(found) => Ok(found.map(|(record, _)| record)),
            _ => Err(protocol_error()),
        }
    }

    /// Creates a contact, or changes the one that was read under this id: its name, correlators, `updated_at`, and do-not-disturb
    /// entries become these; addresses in channels where it had none are added.
    pub fn put_contact(&mut self, after: Contact) {
        self.write_set.put_contact(after);
    }

    /// Creates a record, or replaces what the Ready one that was read under this id says.
    pub fn put_record(&mut self, record: Record) {
        let known = self.committed_records.contains_key(&record.id);
        self.write_set.put_record(record, known);
    }

    /// Changes the state of a record that was read or staged. For changes away from Ready: one that becomes Ready again
    /// isn't among this view's Ready records.
    pub fn transition(&mut self, record: &Arc<Record>, to: RecordState, note: Option<String>) {
        let committed = self.committed_records.get(&record.id).map(|committed| committed.state);
        self.write_set.transition(record, committed, to, self.now, note);
    }

    /// Whether all that was read held at one moment. One round trip, or none where everything was read in one anyway.
    ///
    /// For an invocation that changes nothing: nobody checks what it read at a commit.
    pub async fn validate_reads(&self) -> Result<bool, StoreError> {
        let Some(seen) = &self.tenant_snapshot else { return Ok(true) };
        if self.round_trips < 2 {
            return Ok(true);
        }
        // Campaigns and categories hold while the configuration's version does, and so does what belongs to a contact.
        let unversioned = self.results.iter().filter(|(lookup, answer)| match lookup {
            Lookup::Address(..) | Lookup::LinkedContact { .. } => true,
            Lookup::Record(_) => matches!(answer, LookupResult::Record(None)),
            _ => false,
        });
        let (mut lookups, answers): (Vec<_>, Vec<_>) =
            unversioned.map(|(lookup, answer)| (lookup.clone(), answer)).unzip();
        lookups.extend(self.contact_versions.keys().map(|contact| Lookup::Contact(*contact)));
        let Snapshot { version, results: found, .. } =
            self.reader.read(&self.read_request(lookups, Some(seen.version))).await?;
        let versions = self.contact_versions.values();
        Ok(version == seen.version
            && found.len() == answers.len() + versions.len()
            && answers.iter().zip(&found).all(|(before, after)| result_version(before) == result_version(after))
            && versions.zip(found.iter().skip(answers.len())).all(|(before, after)| match after {
                LookupResult::Contact(contact) => *before == contact.as_ref().map_or(0, |contact| contact.version),
                _ => false,
            }))
    }

    /// What is to be written, with everything that was read. Where nothing is staged there is nothing to check: the
    /// commit only stores the key's outcome.
    pub fn into_commit_request(self, key: Option<NewIdempotencyRecord>) -> CommitRequest {
        let committed = |id| match self.results.get(&Lookup::Contact(id)) {
            Some(LookupResult::Contact(Some(found))) => Some(&*found.contact),
            _ => None,
        };
        let reads = if self.write_set.is_empty() { ReadSet::default() } else { self.read_set() };
        let changes = self.write_set.into_net_changes(committed);
        CommitRequest { tenant: self.tenant, reads, changes, idempotency_record: key, now: self.now, quota: None }
    }

    fn read_set(&self) -> ReadSet {
        let mut reads =
            ReadSet { version: self.tenant_snapshot.as_ref().map(|seen| seen.version), ..ReadSet::default() };
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
        // What belongs to a contact is as good as the contact's version, so that comes in the same trip.
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
        let known = match (&self.tenant_snapshot, &self.cached_tenant) {
            (Some(seen), _) => Some(seen.version),
            (None, known) => known.as_ref().map(|(_, version)| *version),
        };
        let request = self.read_request(lookups, known);
        let snapshot = self.reader.read(&request).await?;
        self.round_trips += 1;
        self.merge(request.lookups, snapshot)
    }

    fn merge(&mut self, lookups: Vec<Lookup>, snapshot: Snapshot) -> Result<(), TransactionError> {
        let Snapshot { version, tenant, results: answers } = snapshot;
        match &self.tenant_snapshot {
            Some(seen) if seen.version != version => return Err(TransactionError::Conflict),
            Some(_) => {}
            None => {
                let known = self.cached_tenant.take().filter(|(_, known)| *known == version).map(|(tenant, _)| tenant);
                let is_new = known.is_none();
                self.tenant_snapshot = Some(TenantSnapshot { version, tenant: tenant.or(known), is_new });
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

/// What tells two answers to the same lookup apart, beside the versions that are noted anyway.
fn result_version(answer: &LookupResult) -> Option<(Uuid, u64)> {
    match answer {
        LookupResult::Contact(found) => {
            found.as_ref().map(|VersionedContact { contact, version }| (contact.id, *version))
        }
        LookupResult::Record(found) => found.as_ref().map(|(record, version)| (record.id, *version)),
        _ => None,
    }
}
