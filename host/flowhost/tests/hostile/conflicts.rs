//! Writes of other sessions between the reads and the commit of an invocation.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use flowhost::domain::{Address, Contact, DndEntry, Scope};
use flowhost::store::{Change, CommitOutcome, CommitRequest, Committer, Lookup, ReadRequest, ReadSet, StoreError};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// A write of another session to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConflictingWrite {
    /// Sets the name.
    Rename(&'static str),
    /// Adds the contact to the do-not-disturb list of this campaign.
    Block(Uuid),
    /// Creates another contact with this number of WhatsApp.
    Claim(&'static str),
}

/// The writes that are still pending. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct ConflictingWrites {
    before_commits: Arc<Mutex<Vec<ConflictingWrite>>>,
    before_read: Arc<Mutex<Option<WriteBeforeRead>>>,
}

/// The contact whose read triggers the write, the write, and the contact that it changes.
type WriteBeforeRead = (Uuid, ConflictingWrite, Uuid);

struct ConflictingCommitter {
    conflicts: ConflictingWrites,
    committer: Box<dyn Committer>,
}

impl ConflictingWrites {
    /// Injects each write before one commit that has changes.
    pub(crate) fn inject_before_commit(&self, writes: impl IntoIterator<Item = ConflictingWrite>) {
        *self.before_commits.lock().unwrap() = writes.into_iter().collect();
    }

    /// Injects a write to the contact `changed` before the next read of the contact `read`.
    pub(crate) fn inject_before_read(&self, read: Uuid, write: ConflictingWrite, changed: Uuid) {
        *self.before_read.lock().unwrap() = Some((read, write, changed));
    }

    /// Takes the write that is injected before this read, if there is one.
    pub(crate) fn take_before_read(&self, request: &ReadRequest) -> Option<CommitRequest> {
        let mut waiting = self.before_read.lock().unwrap();
        let (_, conflict, changed) = waiting.take_if(|(read, ..)| request.lookups.contains(&Lookup::Contact(*read)))?;
        let (now, reads) = (Utc::now(), ReadSet::default());
        let changes = vec![conflict.into_change(changed, now)];
        Some(CommitRequest {
            tenant: request.tenant.clone(),
            reads,
            changes,
            idempotency_record: None,
            now,
            quota: None,
        })
    }

    /// The number of pending writes before commits.
    pub(crate) fn remaining(&self) -> usize {
        self.before_commits.lock().unwrap().len()
    }

    /// A committer that injects the writes before its commits.
    pub(crate) fn wrap(&self, committer: Box<dyn Committer>) -> Box<dyn Committer> {
        Box::new(ConflictingCommitter { conflicts: self.clone(), committer })
    }
}

#[async_trait]
impl Committer for ConflictingCommitter {
    async fn commit(&mut self, batch: &[CommitRequest]) -> Result<Vec<CommitOutcome>, StoreError> {
        for commit in batch.iter().filter(|commit| !commit.changes.is_empty()) {
            let Some((contact, _)) = commit.reads.contacts.first() else { continue };
            let Some(conflict) = self.conflicts.before_commits.lock().unwrap().pop() else { continue };
            let change = conflict.into_change(*contact, commit.now);
            let theirs = CommitRequest {
                reads: ReadSet::default(),
                changes: vec![change],
                idempotency_record: None,
                ..commit.clone()
            };
            assert_eq!(self.committer.commit(&[theirs]).await?, [CommitOutcome::Committed]);
        }
        self.committer.commit(batch).await
    }
}

impl ConflictingWrite {
    fn into_change(self, contact: Uuid, now: DateTime<Utc>) -> Change {
        match self {
            Self::Rename(name) => Change::UpdateContact {
                id: contact,
                name: name.to_owned(),
                correlators: [None, None, None],
                new_addresses: Vec::new(),
                updated_at: now,
            },
            Self::Claim(number) => {
                let (channel, identifier) = ("whatsapp".to_owned(), number.to_owned());
                let address = Address { channel, typed: identifier.clone(), identifier };
                Change::CreateContact(Contact {
                    id: Uuid::new_v4(),
                    name: "Rival".to_owned(),
                    correlators: [None, None, None],
                    addresses: vec![address],
                    dnd: Vec::new(),
                    created_at: now,
                    updated_at: now,
                })
            }
            Self::Block(campaign) => {
                let entry = DndEntry {
                    scope: Scope::Campaign(campaign),
                    category: "Collections".to_owned(),
                    at: now,
                    actor: "a rival".to_owned(),
                    reason: None,
                };
                Change::AddDnd { contact, entry }
            }
        }
    }
}
