//! A store with a reader and a committer.

use crate::samples::{TENANT, at, commit, id};
use flowhost_domain::Record;
use flowhost_store::*;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A store, with one reader and one committer. The methods read and write data of [`TENANT`] and panic if the store
/// returns an error.
pub struct Handle {
    /// The store.
    pub store: Arc<dyn Store>,
    /// A reader of the store.
    pub reader: Arc<dyn Reader>,
    /// A committer of the store.
    pub committer: Mutex<Box<dyn Committer>>,
}

impl Handle {
    /// Opens a reader and a committer of the store.
    pub async fn open(store: Arc<dyn Store>) -> Self {
        let reader = Arc::from(store.reader().await.unwrap());
        let committer = Mutex::new(store.committer().await.unwrap());
        Self { store, reader, committer }
    }

    /// Commits changes with an empty read set.
    pub async fn commit(&self, changes: Vec<Change>) -> CommitOutcome {
        self.commit_all(vec![commit(changes)]).await.pop().unwrap()
    }

    /// Commits a batch.
    pub async fn commit_all(&self, batch: Vec<CommitRequest>) -> Vec<CommitOutcome> {
        self.committer.lock().await.commit(&batch).await.unwrap()
    }

    /// Commits the changes and asserts that the store accepts them.
    pub async fn commit_ok(&self, changes: Vec<Change>) {
        assert_eq!(self.commit(changes).await, CommitOutcome::Committed);
    }

    /// Returns the snapshot of the lookups, including the tenant.
    pub async fn read(&self, lookups: Vec<Lookup>) -> Snapshot {
        let request = ReadRequest { tenant: TENANT.to_owned(), known_version: None, lookups };
        self.reader.read(&request).await.unwrap()
    }

    /// Returns the result of one lookup.
    pub async fn lookup(&self, lookup: Lookup) -> LookupResult {
        self.read(vec![lookup]).await.results.remove(0)
    }

    /// Returns the contact with the id [`id`]`(number)`.
    pub async fn contact(&self, number: u128) -> Option<VersionedContact> {
        let LookupResult::Contact(found) = self.lookup(Lookup::Contact(id(number))).await else {
            panic!("another answer")
        };
        found
    }

    /// Returns the record with the id [`id`]`(number)`.
    pub async fn record(&self, number: u128) -> Option<Record> {
        let LookupResult::Record(found) = self.lookup(Lookup::Record(id(number))).await else {
            panic!("another answer")
        };
        found.map(|(record, _)| (*record).clone())
    }

    /// Returns the log of the record with the id [`id`]`(number)`.
    pub async fn log(&self, number: u128) -> Vec<LogEntry> {
        self.store.record_log(TENANT, id(number)).await.unwrap()
    }

    /// Begins a transaction at the time [`at`]`(10)`.
    pub fn transaction(&self) -> Transaction {
        Transaction::new(self.reader.clone(), TENANT, at(10), None)
    }
}
