//! Sessions that come between what an invocation reads and what it writes.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use flowhost::domain::{DndEntry, Scope};
use flowhost::store::{Change, Commit, Committer, Lookup, ReadRequest, Reads, StoreError, Verdict};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// What a rival does to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rival {
    /// Gives it this name.
    Names(&'static str),
    /// Puts it on the list of this campaign.
    Blocks(Uuid),
}

/// Those that are still to come. Clones are the same ones.
#[derive(Clone, Default)]
pub(crate) struct Rivals {
    before_commits: Arc<Mutex<Vec<Rival>>>,
    before_reading: Arc<Mutex<Option<BeforeReading>>>,
}

/// Before the first contact is read, this is done to the second.
type BeforeReading = (Uuid, Rival, Uuid);

struct Overtaken {
    rivals: Rivals,
    committer: Box<dyn Committer>,
}

impl Rivals {
    /// Each is quicker than one commit that changes something.
    pub(crate) fn come(&self, rivals: impl IntoIterator<Item = Rival>) {
        *self.before_commits.lock().unwrap() = rivals.into_iter().collect();
    }

    /// One is quicker than the read of a contact, and changes another.
    pub(crate) fn come_before_reading(&self, read: Uuid, rival: Rival, changed: Uuid) {
        *self.before_reading.lock().unwrap() = Some((read, rival, changed));
    }

    /// What the one does that comes before this is read.
    pub(crate) fn before_reading(&self, request: &ReadRequest) -> Option<Commit> {
        let mut waiting = self.before_reading.lock().unwrap();
        let (_, rival, changed) = waiting.take_if(|(read, ..)| request.lookups.contains(&Lookup::Contact(*read)))?;
        let (now, reads) = (Utc::now(), Reads::default());
        let changes = vec![rival.change(changed, now)];
        Some(Commit { tenant: request.tenant.clone(), reads, changes, key: None, now, quota: None })
    }

    /// How many are still to come.
    pub(crate) fn left(&self) -> usize {
        self.before_commits.lock().unwrap().len()
    }

    /// A committer before which they come.
    pub(crate) fn before(&self, committer: Box<dyn Committer>) -> Box<dyn Committer> {
        Box::new(Overtaken { rivals: self.clone(), committer })
    }
}

#[async_trait]
impl Committer for Overtaken {
    async fn commit(&mut self, batch: &[Commit]) -> Result<Vec<Verdict>, StoreError> {
        for commit in batch.iter().filter(|commit| !commit.changes.is_empty()) {
            let Some((contact, _)) = commit.reads.contacts.first() else { continue };
            let Some(rival) = self.rivals.before_commits.lock().unwrap().pop() else { continue };
            let change = rival.change(*contact, commit.now);
            let theirs = Commit { reads: Reads::default(), changes: vec![change], key: None, ..commit.clone() };
            assert_eq!(self.committer.commit(&[theirs]).await?, [Verdict::Done]);
        }
        self.committer.commit(batch).await
    }
}

impl Rival {
    fn change(self, contact: Uuid, now: DateTime<Utc>) -> Change {
        match self {
            Self::Names(name) => Change::UpdateContact {
                id: contact,
                name: name.to_owned(),
                correlators: [None, None, None],
                new_addresses: Vec::new(),
                updated_at: now,
            },
            Self::Blocks(campaign) => {
                let entry = DndEntry {
                    scope: Scope::Campaign(campaign),
                    category: "Collections".to_owned(),
                    at: now,
                    by: "a rival".to_owned(),
                    reason: None,
                };
                Change::AddDnd { contact, entry }
            }
        }
    }
}
