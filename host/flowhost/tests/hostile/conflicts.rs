//! Sessions that come between what an invocation reads and what it writes.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use flowhost::domain::{DndEntry, Scope};
use flowhost::store::{Change, CommitOutcome, CommitRequest, Committer, Lookup, ReadRequest, ReadSet, StoreError};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// What a rival does to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConflictingWrite {
    /// Gives it this name.
    Rename(&'static str),
    /// Puts it on the list of this campaign.
    Block(Uuid),
}

/// Those that are still to come. Clones are the same ones.
#[derive(Clone, Default)]
pub(crate) struct ConflictingWrites {
    before_commits: Arc<Mutex<Vec<ConflictingWrite>>>,
    before_read: Arc<Mutex<Option<WriteBeforeRead>>>,
}

/// Before the first contact is read, this is done to the second.
type WriteBeforeRead = (Uuid, ConflictingWrite, Uuid);

struct ConflictingCommitter {
    conflicts: ConflictingWrites,
    committer: Box<dyn Committer>,
}

impl ConflictingWrites {
    /// Each is quicker than one commit that changes something.
    pub(crate) fn inject_before_commit(&self, writes: impl IntoIterator<Item = ConflictingWrite>) {
        *self.before_commits.lock().unwrap() = writes.into_iter().collect();
    }

    /// One is quicker than the read of a contact, and changes another.
    pub(crate) fn inject_before_read(&self, read: Uuid, write: ConflictingWrite, changed: Uuid) {
        *self.before_read.lock().unwrap() = Some((read, write, changed));
    }

    /// What the one does that comes before this is read.
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

    /// How many are still to come.
    pub(crate) fn remaining(&self) -> usize {
        self.before_commits.lock().unwrap().len()
    }

    /// A committer before which they come.
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
