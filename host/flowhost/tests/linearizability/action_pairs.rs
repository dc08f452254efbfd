//! 64 concurrent sessions on one contact, record, campaign and do-not-disturb entry, for every pair of the ten actions.

use crate::actions::{ACTIONS, Ids, Operation, operation};
use crate::history::{History, host, run_concurrently};
use crate::model::Model;
use crate::recording_store::RecordingStore;
use flowhost::Host;
use flowhost::store::{CommitRequest, MemoryStore, SqliteOptions, SqliteStore, Store};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const SESSIONS: usize = 64;

/// The number of the first operation that prepares a race.
const SETUP_NUMBER: usize = 1_000;

/// The hosts and stores for races.
pub(crate) struct RaceFixture {
    runtime: Runtime,
    host: Host,
    recording: RecordingStore,
    folder: Option<TempDir>,
    pub(crate) model: Model,
    /// The ids of the contact and the record that races work on.
    pub(crate) ids: Ids,
    /// The commits that created them.
    pub(crate) start: Vec<CommitRequest>,
}

impl RaceFixture {
    pub(crate) fn in_memory() -> Self {
        Self::new(None)
    }

    fn on_sqlite() -> Self {
        Self::new(Some(tempfile::tempdir().unwrap()))
    }

    fn new(folder: Option<TempDir>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let recording = RecordingStore::new(MemoryStore::new());
        let host = runtime.block_on(host(recording.clone(), 2));
        let model = Model::new();
        let (ids, start) = create_ids(&model);
        Self { runtime, host, recording, folder, model, ids, start }
    }

    /// An empty store.
    fn store(&self) -> Arc<dyn Store> {
        let Some(folder) = &self.folder else { return Arc::new(MemoryStore::new()) };
        let file = folder.path().join(format!("{}.db", uuid::Uuid::new_v4()));
        Arc::new(self.runtime.block_on(SqliteStore::open(file, SqliteOptions::default())).unwrap())
    }

    pub(crate) fn run(&self, start: &[CommitRequest], sessions: Vec<Vec<Operation>>) -> History {
        self.runtime.block_on(run_concurrently(&self.host, &self.recording, self.store(), start, sessions))
    }

    /// Half of the sessions invoke the first action and then the second; the others invoke them in reverse order.
    fn race_pair(&self, pair: [&'static str; 2], ids: &Ids, start: &[CommitRequest]) {
        let does = |session: usize, turn: usize| -> Operation {
            operation(pair[(session + turn) % 2], ids, 2 * session + turn, session / 2 + turn)
        };
        let sessions = (0..SESSIONS).map(|session| vec![does(session, 0), does(session, 1)]).collect();
        let history = self.run(start, sessions);
        history.assert_linearizable(&self.model, &pair.join(" and "));
    }

    /// Races this action with itself and with each action after it in `ACTIONS`.
    fn race_with_all_from(&self, first: usize) {
        for second in &ACTIONS[first..] {
            self.race_pair([ACTIONS[first], second], &self.ids, &self.start);
        }
    }
}

/// A contact, a record and an entry on a do-not-disturb list.
fn create_ids(model: &Model) -> (Ids, Vec<CommitRequest>) {
    let none = Ids::default();
    let (made, _) = model.record_commits(&[operation("campaign-contact-manager", &none, SETUP_NUMBER, 0)]);
    let contact = Ids { contact: Some(made[0].entities["id"].as_str().unwrap().to_owned()), record: None };
    let all = [
        operation("campaign-contact-manager", &none, SETUP_NUMBER, 0),
        operation("campaign-record-administration", &contact, SETUP_NUMBER + 1, 0),
        operation("campaign-dnd-manager", &contact, SETUP_NUMBER + 2, 0),
    ];
    let (made, start) = model.record_commits(&all);
    assert!(made.iter().all(|outcome| outcome.error.is_none()), "{made:?}");
    (Ids { record: Some(made[1].entities["id"].as_str().unwrap().to_owned()), ..contact }, start)
}

macro_rules! pairs_on_sqlite {
    ($($name:ident: $first:literal,)*) => { $(
        #[test]
        fn $name() {
            RaceFixture::on_sqlite().race_with_all_from($first);
        }
    )* };
}

pairs_on_sqlite! {
    contact_manager_with_every_action: 0,
    whatsapp_voice_contact_manager_with_every_action: 1,
    dynamic_contact_manager_with_every_action: 2,
    record_administration_with_every_action: 3,
    dnd_manager_with_every_action: 4,
    dnd_manager_by_category_with_every_action: 5,
    dnd_validator_with_every_action: 6,
    dnd_validator_by_category_with_every_action: 7,
    list_campaign_records_with_every_action: 8,
    cancel_campaign_records_with_itself: 9,
}

#[test]
fn every_pair_in_memory() {
    let fixture = RaceFixture::in_memory();
    (0..ACTIONS.len()).for_each(|first| fixture.race_with_all_from(first));
}

/// No contact exists at the start: exactly one session creates it.
#[test]
fn contact_managers_make_one_contact() {
    let fixture = RaceFixture::on_sqlite();
    for (place, first) in ACTIONS[..3].iter().enumerate() {
        for second in &ACTIONS[place..3] {
            fixture.race_pair([first, second], &Ids::default(), &[]);
        }
    }
}

/// The addresses are read in one round trip after the one for the tenant: other sessions could write between two.
#[test]
fn a_contact_of_two_channels_is_found_in_one_round_trip() {
    let fixture = RaceFixture::in_memory();
    fixture.run(&[], vec![vec![operation("campaign-whatsapp-voice-contact-manager", &Ids::default(), 0, 0)]]);
    assert_eq!(fixture.recording.read_count(), 2);
}

#[test]
fn all_ten_actions_at_once() {
    let fixture = RaceFixture::on_sqlite();
    let does = |session: usize, turn: usize| {
        operation(
            ACTIONS[(session + 3 * turn) % ACTIONS.len()],
            &fixture.ids,
            2 * session + turn,
            session / ACTIONS.len(),
        )
    };
    let sessions = (0..SESSIONS).map(|session| vec![does(session, 0), does(session, 1)]).collect();
    let history = fixture.run(&fixture.start, sessions);
    history.assert_linearizable(&fixture.model, "all ten actions");
}
