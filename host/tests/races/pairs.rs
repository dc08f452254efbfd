//! 64 sessions over one contact, record, campaign and do-not-disturb entry, with every pair of the ten actions.

use crate::actions::{ACTIONS, Operation, Things, operation};
use crate::history::{History, host, race};
use crate::model::Model;
use crate::watched::Watched;
use flowhost::Host;
use flowhost::store::{Commit, MemoryStore, SqliteOptions, SqliteStore, Store};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const SESSIONS: usize = 64;

/// Numbers of operations that come before a race.
const BEFORE: usize = 1_000;

/// Where races take place.
pub(crate) struct Arena {
    runtime: Runtime,
    host: Host,
    watched: Watched,
    folder: Option<TempDir>,
    pub(crate) model: Model,
    /// What a race may be about, and the commits that made it.
    pub(crate) things: Things,
    pub(crate) start: Vec<Commit>,
}

impl Arena {
    pub(crate) fn in_memory() -> Self {
        Self::new(None)
    }

    fn on_sqlite() -> Self {
        Self::new(Some(tempfile::tempdir().unwrap()))
    }

    fn new(folder: Option<TempDir>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let watched = Watched::new(MemoryStore::new());
        let host = runtime.block_on(host(watched.clone(), 2));
        let model = Model::new();
        let (things, start) = things(&model);
        Self { runtime, host, watched, folder, model, things, start }
    }

    /// An empty store.
    fn store(&self) -> Arc<dyn Store> {
        let Some(folder) = &self.folder else { return Arc::new(MemoryStore::new()) };
        let file = folder.path().join(format!("{}.db", uuid::Uuid::new_v4()));
        Arc::new(self.runtime.block_on(SqliteStore::open(file, SqliteOptions::default())).unwrap())
    }

    pub(crate) fn run(&self, start: &[Commit], sessions: Vec<Vec<Operation>>) -> History {
        self.runtime.block_on(race(&self.host, &self.watched, self.store(), start, sessions))
    }

    /// Half of the sessions invoke one action and then the other, half the other way round.
    fn race(&self, pair: [&'static str; 2], things: &Things, start: &[Commit]) {
        let does = |session: usize, turn: usize| -> Operation {
            operation(pair[(session + turn) % 2], things, 2 * session + turn, session / 2 + turn)
        };
        let sessions = (0..SESSIONS).map(|session| vec![does(session, 0), does(session, 1)]).collect();
        let history = self.run(start, sessions);
        history.assert_legal(&self.model, &pair.join(" and "));
    }

    /// This action with itself and all that come after it.
    fn race_from(&self, first: usize) {
        for second in &ACTIONS[first..] {
            self.race([ACTIONS[first], second], &self.things, &self.start);
        }
    }
}

/// A contact, a record and an entry on a do-not-disturb list.
fn things(model: &Model) -> (Things, Vec<Commit>) {
    let none = Things::default();
    let (made, _) = model.start(&[operation("campaign-contact-manager", &none, BEFORE, 0)]);
    let contact = Things { contact: Some(made[0].entities["id"].as_str().unwrap().to_owned()), record: None };
    let all = [
        operation("campaign-contact-manager", &none, BEFORE, 0),
        operation("campaign-record-administration", &contact, BEFORE + 1, 0),
        operation("campaign-dnd-manager", &contact, BEFORE + 2, 0),
    ];
    let (made, start) = model.start(&all);
    assert!(made.iter().all(|outcome| outcome.error.is_none()), "{made:?}");
    (Things { record: Some(made[1].entities["id"].as_str().unwrap().to_owned()), ..contact }, start)
}

macro_rules! pairs_on_sqlite {
    ($($name:ident: $first:literal,)*) => { $(
        #[test]
        fn $name() {
            Arena::on_sqlite().race_from($first);
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
    let arena = Arena::in_memory();
    (0..ACTIONS.len()).for_each(|first| arena.race_from(first));
}

/// Nobody was there before: who makes the contact?
#[test]
fn contact_managers_make_one_contact() {
    let arena = Arena::on_sqlite();
    for (place, first) in ACTIONS[..3].iter().enumerate() {
        for second in &ACTIONS[place..3] {
            arena.race([first, second], &Things::default(), &[]);
        }
    }
}

/// Others write between two trips, so that there is one for both of its addresses, beside the first for the tenant.
#[test]
fn a_contact_of_two_channels_is_found_in_one_trip() {
    let arena = Arena::in_memory();
    arena.run(&[], vec![vec![operation("campaign-whatsapp-voice-contact-manager", &Things::default(), 0, 0)]]);
    assert_eq!(arena.watched.reads(), 2);
}

#[test]
fn all_ten_actions_at_once() {
    let arena = Arena::on_sqlite();
    let does = |session: usize, turn: usize| {
        operation(
            ACTIONS[(session + 3 * turn) % ACTIONS.len()],
            &arena.things,
            2 * session + turn,
            session / ACTIONS.len(),
        )
    };
    let sessions = (0..SESSIONS).map(|session| vec![does(session, 0), does(session, 1)]).collect();
    let history = arena.run(&arena.start, sessions);
    history.assert_legal(&arena.model, "all ten actions");
}
