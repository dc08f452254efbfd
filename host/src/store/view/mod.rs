//! One invocation's sight of the store: committed state, read when it is first asked for and remembered, under the
//! invocation's own staged changes.
//!
//! It writes nothing. What was read and what is to change leave it as a [`Commit`].

mod changes;
mod ready;
mod staged;

use super::{
    Answer, Commit, KeyedOutcome, Lookup, ReadRequest, Reader, Reads, Snapshot, StoreError, StoredOutcome, Versioned,
};
use crate::domain::{Campaign, Contact, Record, RecordState, Tenant};
use chrono::{DateTime, Utc};
use staged::Staged;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use uuid::Uuid;

/// What an invocation's view holds is the invocation's own, so that a quick hash with a seed of its own is good enough.
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Why a view can't answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two round trips saw different versions of one thing: the invocation must run again, with a new view.
    #[error("what was read has changed meanwhile")]
    Stale,
}

/// A tenant as its configuration says, unless there is none, and that configuration's version.
struct Seen {
    version: u64,
    tenant: Option<Arc<Tenant>>,
    is_news: bool,
}

/// One invocation's sight of the store.
///
/// Every question takes at most one round trip, or two where staged changes are in the way, and none if it was asked
/// before. Dropping the future of a question leaves the view as it was.
pub struct View {
    reader: Arc<dyn Reader>,
    tenant: String,
    now: DateTime<Utc>,
    known: Option<(Arc<Tenant>, u64)>,
    seen: Option<Seen>,
    answers: Map<Lookup, Answer>,
    /// Every contact that an answer depended on; 0: it wasn't there.
    versions: Map<Uuid, u64>,
    /// Records as the store has them.
    records: Map<Uuid, Arc<Record>>,
    staged: Staged,
    trips: u32,
}

impl View {
    /// A view of `tenant`'s things at the invocation's instant. `known` is the tenant as the caller remembers it, with
    /// its configuration's version: then it is sent only if another.
    pub fn new(
        reader: Arc<dyn Reader>,
        tenant: impl Into<String>,
        now: DateTime<Utc>,
        known: Option<(Arc<Tenant>, u64)>,
    ) -> Self {
        Self {
            reader,
            tenant: tenant.into(),
            now,
            known,
            seen: None,
            answers: Map::default(),
            versions: Map::default(),
            records: Map::default(),
            staged: Staged::default(),
            trips: 0,
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
    pub fn contacts_read(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.versions.keys().copied()
    }

    /// How many round trips were made.
    pub fn trips(&self) -> u32 {
        self.trips
    }

    /// Whether anything is staged.
    pub fn has_changes(&self) -> bool {
        !self.staged.is_empty()
    }

    /// The tenant and its configuration's version as the first round trip found them, for the next view's `known`.
    pub fn configuration(&self) -> Option<(&Arc<Tenant>, u64)> {
        let seen = self.seen.as_ref()?;
        Some((seen.tenant.as_ref()?, seen.version))
    }

    /// The same, unless it was known before.
    pub fn news(&self) -> Option<(&Arc<Tenant>, u64)> {
        let seen = self.seen.as_ref().filter(|seen| seen.is_news)?;
        Some((seen.tenant.as_ref()?, seen.version))
    }

    /// Whether nothing is staged, and all that was read was read in one trip and so held at one moment.
    pub fn is_settled(&self) -> bool {
        self.trips < 2 && !self.has_changes()
    }

    /// Asks all of these that weren't asked yet in one round trip.
    pub async fn prefetch(&mut self, lookups: Vec<Lookup>) -> Result<(), ViewError> {
        let mut unknown = Vec::with_capacity(lookups.len());
        for lookup in lookups {
            if !self.answers.contains_key(&lookup) && !unknown.contains(&lookup) {
                unknown.push(lookup);
            }
        }
        if unknown.is_empty() && self.seen.is_some() { Ok(()) } else { self.trip(unknown).await }
    }

    /// The tenant; `None`: there is no such one.
    pub async fn tenant(&mut self) -> Result<Option<Arc<Tenant>>, ViewError> {
        if self.seen.is_none() {
            self.trip(Vec::new()).await?;
        }
        Ok(self.seen.as_ref().and_then(|seen| seen.tenant.clone()))
    }

    /// The outcome stored under an idempotency key, unless that expired.
    pub async fn stored(&mut self, key: &str) -> Result<Option<StoredOutcome>, ViewError> {
        match self.ask(Lookup::Key(key.to_owned())).await? {
            Answer::Key(stored) => Ok(stored),
            _ => Err(unfitting()),
        }
    }

    /// A campaign.
    pub async fn campaign(&mut self, id: Uuid) -> Result<Option<Arc<Campaign>>, ViewError> {
        match self.ask(Lookup::Campaign(id)).await? {
            Answer::Campaign(campaign) => Ok(campaign),
            _ => Err(unfitting()),
        }
    }

    /// Whether any campaign has this category.
    pub async fn category_exists(&mut self, name: &str) -> Result<bool, ViewError> {
        match self.ask(Lookup::Category(name.to_owned())).await? {
            Answer::Category(exists) => Ok(exists),
            _ => Err(unfitting()),
        }
    }

    /// A contact.
    pub async fn contact(&mut self, id: Uuid) -> Result<Option<Arc<Contact>>, ViewError> {
        match self.staged.contact(id) {
            Some(contact) => Ok(Some(contact)),
            None => self.ask_contact(Lookup::Contact(id)).await,
        }
    }

    /// The contact that has this address: a channel and a normalised identifier.
    pub async fn contact_at(&mut self, channel: &str, identifier: &str) -> Result<Option<Arc<Contact>>, ViewError> {
        if let Some(contact) = self.staged.contact_at(channel, identifier) {
            return Ok(Some(contact));
        }
        let committed = self.ask_contact(Lookup::Address(channel.to_owned(), identifier.to_owned())).await?;
        Ok(committed.map(|contact| self.staged.contact(contact.id).unwrap_or(contact)))
    }

    /// The oldest other contact with an address in `channel` that shares a correlator's value in the same slot. Sees
    /// committed links only.
    pub async fn linked(&mut self, contact: Uuid, channel: &str) -> Result<Option<Arc<Contact>>, ViewError> {
        let found = self.ask_contact(Lookup::Linked { contact, channel: channel.to_owned() }).await?;
        Ok(found.map(|contact| self.staged.contact(contact.id).unwrap_or(contact)))
    }

    /// A record.
    pub async fn record(&mut self, id: Uuid) -> Result<Option<Arc<Record>>, ViewError> {
        if let Some(record) = self.staged.record(id) {
            return Ok(Some(record));
        }
        match self.ask(Lookup::Record(id)).await? {
            Answer::Record(found) => Ok(found.map(|(record, _)| record)),
            _ => Err(unfitting()),
        }
    }

    /// Creates a contact, or changes the one that was read under this id: its name, correlators, `updated_at`, and do-not-disturb
    /// entries become these; addresses in channels where it had none are added.
    pub fn put_contact(&mut self, after: Contact) {
        self.staged.put_contact(after);
    }

    /// Creates a record, or replaces what the Ready one that was read under this id says.
    pub fn put_record(&mut self, record: Record) {
        let known = self.records.contains_key(&record.id);
        self.staged.put_record(record, known);
    }

    /// Changes the state of a record that was read or staged. For changes away from Ready: one that becomes Ready again
    /// isn't among this view's Ready records.
    pub fn transition(&mut self, record: &Arc<Record>, to: RecordState, note: Option<String>) {
        let committed = self.records.get(&record.id).map(|committed| committed.state);
        self.staged.transition(record, committed, to, self.now, note);
    }

    /// Whether all that was read held at one moment. One round trip, or none where everything was read in one anyway.
    ///
    /// For an invocation that changes nothing: nobody checks what it read at a commit.
    pub async fn still_holds(&self) -> Result<bool, StoreError> {
        let Some(seen) = &self.seen else { return Ok(true) };
        if self.trips < 2 {
            return Ok(true);
        }
        // Campaigns and categories hold while the configuration's version does, and so does what belongs to a contact.
        let open = self.answers.iter().filter(|(lookup, answer)| match lookup {
            Lookup::Address(..) | Lookup::Linked { .. } => true,
            Lookup::Record(_) => matches!(answer, Answer::Record(None)),
            _ => false,
        });
        let (mut lookups, answers): (Vec<_>, Vec<_>) = open.map(|(lookup, answer)| (lookup.clone(), answer)).unzip();
        lookups.extend(self.versions.keys().map(|contact| Lookup::Contact(*contact)));
        let Snapshot { version, answers: found, .. } =
            self.reader.read(&self.request(lookups, Some(seen.version))).await?;
        let versions = self.versions.values();
        Ok(version == seen.version
            && found.len() == answers.len() + versions.len()
            && answers.iter().zip(&found).all(|(before, after)| version_of(before) == version_of(after))
            && versions.zip(found.iter().skip(answers.len())).all(|(before, after)| match after {
                Answer::Contact(contact) => *before == contact.as_ref().map_or(0, |contact| contact.version),
                _ => false,
            }))
    }

    /// What is to be written, with everything that was read. Where nothing is staged there is nothing to check: the
    /// commit only stores the key's outcome.
    pub fn into_commit(self, key: Option<KeyedOutcome>) -> Commit {
        let committed = |id| match self.answers.get(&Lookup::Contact(id)) {
            Some(Answer::Contact(Some(found))) => Some(&*found.contact),
            _ => None,
        };
        let reads = if self.staged.is_empty() { Reads::default() } else { self.reads() };
        let changes = self.staged.changes(committed);
        Commit { tenant: self.tenant, reads, changes, key, now: self.now, quota: None }
    }

    fn reads(&self) -> Reads {
        let mut reads = Reads { version: self.seen.as_ref().map(|seen| seen.version), ..Reads::default() };
        reads.contacts = self.versions.iter().map(|(id, version)| (*id, *version)).collect();
        reads.free_addresses = self
            .answers
            .iter()
            .filter_map(|(lookup, answer)| match (lookup, answer) {
                (Lookup::Address(channel, identifier), Answer::Contact(None)) => {
                    Some((channel.clone(), identifier.clone()))
                }
                _ => None,
            })
            .collect();
        reads
    }

    async fn ask_contact(&mut self, lookup: Lookup) -> Result<Option<Arc<Contact>>, ViewError> {
        match self.ask(lookup).await? {
            Answer::Contact(found) => Ok(found.map(|found| found.contact)),
            _ => Err(unfitting()),
        }
    }

    async fn ask(&mut self, lookup: Lookup) -> Result<Answer, ViewError> {
        if let Some(answer) = self.answers.get(&lookup) {
            return Ok(answer.clone());
        }
        self.trip(vec![lookup.clone()]).await?;
        self.answers.get(&lookup).cloned().ok_or_else(unfitting)
    }

    fn request(&self, lookups: Vec<Lookup>, known_version: Option<u64>) -> ReadRequest {
        ReadRequest { tenant: self.tenant.clone(), known_version, lookups }
    }

    async fn trip(&mut self, mut lookups: Vec<Lookup>) -> Result<(), ViewError> {
        // What belongs to a contact is as good as the contact's version, so that comes in the same trip.
        for at in 0..lookups.len() {
            let contact = match lookups.get(at) {
                Some(
                    Lookup::NewestReady { contact, .. }
                    | Lookup::ReadyPage { contact, .. }
                    | Lookup::LatestReady { contact, .. }
                    | Lookup::Linked { contact, .. },
                ) => Lookup::Contact(*contact),
                _ => continue,
            };
            if !lookups.contains(&contact) {
                lookups.push(contact);
            }
        }
        let known = match (&self.seen, &self.known) {
            (Some(seen), _) => Some(seen.version),
            (None, known) => known.as_ref().map(|(_, version)| *version),
        };
        let request = self.request(lookups, known);
        let snapshot = self.reader.read(&request).await?;
        self.trips += 1;
        self.learn(request.lookups, snapshot)
    }

    fn learn(&mut self, lookups: Vec<Lookup>, snapshot: Snapshot) -> Result<(), ViewError> {
        let Snapshot { version, tenant, answers } = snapshot;
        match &self.seen {
            Some(seen) if seen.version != version => return Err(ViewError::Stale),
            Some(_) => {}
            None => {
                let known = self.known.take().filter(|(_, known)| *known == version).map(|(tenant, _)| tenant);
                let is_news = known.is_none();
                self.seen = Some(Seen { version, tenant: tenant.or(known), is_news });
            }
        }
        self.answers.reserve(answers.len());
        for (lookup, answer) in lookups.into_iter().zip(answers) {
            match (&lookup, &answer) {
                (Lookup::Contact(id), Answer::Contact(None)) => self.note(*id, 0)?,
                (Lookup::Contact(_), Answer::Contact(Some(found))) => self.note(found.contact.id, found.version)?,
                (_, Answer::Contact(Some(found))) => {
                    self.note(found.contact.id, found.version)?;
                    self.keep(Lookup::Contact(found.contact.id), answer.clone())?;
                }
                (_, Answer::Record(Some((record, version)))) => {
                    self.note(record.contact, *version)?;
                    self.records.insert(record.id, record.clone());
                }
                (_, Answer::NewestReady(Some((record, _)))) => {
                    self.records.insert(record.id, record.clone());
                }
                _ => {}
            }
            self.keep(lookup, answer)?;
        }
        Ok(())
    }

    fn note(&mut self, contact: Uuid, version: u64) -> Result<(), ViewError> {
        match *self.versions.entry(contact).or_insert(version) == version {
            true => Ok(()),
            false => Err(ViewError::Stale),
        }
    }

    fn keep(&mut self, lookup: Lookup, answer: Answer) -> Result<(), ViewError> {
        match self.answers.entry(lookup) {
            Entry::Vacant(entry) => {
                entry.insert(answer);
                Ok(())
            }
            Entry::Occupied(entry) if version_of(entry.get()) == version_of(&answer) => Ok(()),
            Entry::Occupied(_) => Err(ViewError::Stale),
        }
    }
}

/// What tells two answers to the same lookup apart, beside the versions that are noted anyway.
fn version_of(answer: &Answer) -> Option<(Uuid, u64)> {
    match answer {
        Answer::Contact(found) => found.as_ref().map(|Versioned { contact, version }| (contact.id, *version)),
        Answer::Record(found) => found.as_ref().map(|(record, version)| (record.id, *version)),
        _ => None,
    }
}

/// A reader that breaks its promise: an answer a lookup, of its kind.
fn unfitting() -> ViewError {
    StoreError::Unavailable("it gave an answer to another question".to_owned()).into()
}
