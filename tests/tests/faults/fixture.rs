//! A host with a database on a disk that fails on demand.

use crate::disk::Disk;
use crate::invariants;
use crate::requests::{self, Kind};
use flowhost::store::sqlite::Synchronous;
use flowhost::store::{self, SqliteOptions, SqliteStore};
use flowhost::{Failure, Host, Limits, Outcome, Request, Session};
use futures_util::future::join_all;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// The kinds of requests that are sent together. Each writes different rows, or none.
pub(crate) const KINDS: [Kind; 5] = [Kind::Pair, Kind::Linked, Kind::Record, Kind::Refused, Kind::ReadOnly];

const MINUTE: Duration = Duration::from_mins(1);

pub(crate) struct Fixture {
    pub(crate) host: Host,
    pub(crate) disk: Arc<Disk>,
    /// The contact of the records.
    pub(crate) contact: String,
    pub(crate) folder: TempDir,
}

/// The answers to one request of each kind in [`KINDS`], with their keys.
pub(crate) type Answers = Vec<(Kind, String, Result<Outcome, Failure>)>;

pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join("store.db")
}

/// Opens the store in a folder.
pub(crate) async fn open_store(folder: &Path) -> Result<SqliteStore, store::StoreError> {
    open_with(folder, Synchronous::Full).await
}

async fn open_with(folder: &Path, synchronous: Synchronous) -> Result<SqliteStore, store::StoreError> {
    let mut options = SqliteOptions::default();
    options.busy_timeout = Duration::from_millis(50);
    options.synchronous = synchronous;
    SqliteStore::open(database(folder), options).await
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::at(folder.path());
        Self::with_disk(folder, disk).await
    }

    /// A host with the database of a folder.
    pub(crate) async fn with_disk(folder: TempDir, disk: Arc<Disk>) -> Self {
        let store = open_store(folder.path()).await.unwrap();
        store::apply(&store, &requests::configuration().to_string()).await.unwrap();
        let host = host(store).await;
        let mut fixture = Self { host, disk, contact: String::new(), folder };
        let created = fixture.invoke(&requests::contact_request(0)).await.unwrap();
        fixture.contact = created.entities["made_id"].as_str().unwrap().to_owned();
        fixture
    }

    pub(crate) async fn invoke(&self, request: &Json) -> Result<Outcome, Failure> {
        let node =
            self.host.prepare(request["action"].as_str().unwrap(), request["parameters"].as_object().unwrap())?;
        let wanted = Request::new(node, Session::from_value(request["session"].clone()).unwrap());
        self.host.invoke(request["key"].as_str().into_iter().fold(wanted, Request::with_key)).await
    }

    /// Sends a request of each kind with this number, concurrently.
    pub(crate) async fn invoke_all(&self, number: usize) -> Answers {
        join_all(KINDS.map(async |kind| {
            let request = kind.request(number, &self.contact, "");
            (kind, request["key"].as_str().unwrap().to_owned(), self.invoke(&request).await)
        }))
        .await
    }

    /// Asserts that the database is consistent. Returns the stored outcomes by key.
    pub(crate) async fn stored_outcomes(&self) -> HashMap<String, String> {
        invariants::check(&database(self.folder.path())).await
    }

    pub(crate) fn database(&self) -> PathBuf {
        database(self.folder.path())
    }
}

/// A database of which each host gets a copy.
pub(crate) struct PreparedDatabase {
    folder: TempDir,
    contact: String,
}

impl PreparedDatabase {
    pub(crate) async fn new() -> Self {
        let Fixture { host, folder, contact, .. } = Fixture::new().await;
        host.close().await.unwrap();
        Self { folder, contact }
    }

    /// A host whose only connection is the one that opened the file.
    pub(crate) async fn open(&self, synchronous: Synchronous) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(database(self.folder.path()), database(folder.path())).unwrap();
        let disk = Disk::at(folder.path());
        let host = host(open_with(folder.path(), synchronous).await.unwrap()).await;
        Fixture { host, disk, contact: self.contact.clone(), folder }
    }
}

/// A host of one worker, with limits that are long enough for a busy machine.
pub(crate) async fn host(store: SqliteStore) -> Host {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-faults");
    let mut limits = Limits::default();
    (limits.cpu_time, limits.invocation_timeout, limits.queue_timeout) = (MINUTE, MINUTE, MINUTE);
    Host::builder().workers(1).limits(limits).cache(cache).open(store).await.unwrap()
}

/// Asserts that each answer during a fault is the expected outcome or a failure with one of these codes. The database
/// must agree with each answer.
pub(crate) fn assert_answers_valid(answers: &Answers, kept: &HashMap<String, String>, codes: &[&str]) {
    for (kind, key, answer) in answers {
        match answer {
            Ok(outcome) => {
                assert_expected_outcome(*kind, outcome);
                assert!(kept.contains_key(key) || !kind.is_durable(), "{key} was answered and is not stored");
            }
            Err(failure) => {
                assert!(codes.contains(&failure.code.as_str()), "{key}: {failure:?}");
                assert_eq!(failure.retryable, failure.code == "store-unavailable", "{key}: {failure:?}");
                assert!(!kept.contains_key(key), "{key} failed and is stored: {failure:?}");
            }
        }
    }
}

/// Asserts that the host carries out the same requests after a fault, and replays those that it has acknowledged.
pub(crate) fn assert_recovers(again: &Answers, before: &Answers, kept: &HashMap<String, String>) {
    for ((kind, key, answer), (_, _, earlier)) in again.iter().zip(before) {
        let outcome = answer.as_ref().unwrap_or_else(|failure| panic!("{key} after the fault: {failure:?}"));
        assert_expected_outcome(*kind, outcome);
        assert!(kept.contains_key(key) || !kind.is_durable(), "{key} was answered and is not stored");
        if let Ok(earlier) = earlier
            && kind.is_durable()
        {
            assert!(outcome.replayed, "{key} was carried out twice");
            assert_eq!((&outcome.entities, &outcome.error), (&earlier.entities, &earlier.error));
        }
    }
}

fn assert_expected_outcome(kind: Kind, outcome: &Outcome) {
    let text = serde_json::to_string(outcome).unwrap();
    assert!(text.contains(kind.expected_text()), "{}: {text}", kind.name());
}
