//! Histories that never were: each begins as one that was, and the check must refuse what was made of it.

use crate::actions::{Operation, Things, operation};
use crate::history::History;
use crate::pairs::Arena;
use crate::search::Found;
use flowhost::store::Commit;
use serde_json::json;

/// What sessions do one after the other, or all at once; and what is made of it.
fn forged(one_by_one: bool, actions: &[&'static str], forge: impl FnOnce(&mut History)) -> Found {
    let arena = Arena::in_memory();
    let does = |(number, action): (usize, &&'static str)| operation(action, &arena.things, number, number);
    let all: Vec<Operation> = actions.iter().enumerate().map(does).collect();
    let sessions = if one_by_one { vec![all] } else { all.into_iter().map(|operation| vec![operation]).collect() };
    let mut history = arena.run(&arena.start, sessions);
    assert!(matches!(history.order(&arena.model), Found::Order(_)));
    forge(&mut history);
    history.order(&arena.model)
}

const CANCEL: &str = "cancel-campaign-records-by-contact";
const RENAME: &str = "campaign-contact-manager";
const BLOCK: &str = "campaign-dnd-manager";
const IS_BLOCKED: &str = "campaign-dnd-validator";
const SAVE: &str = "campaign-record-administration";

#[test]
fn a_record_that_two_cancelled() {
    let found = forged(false, &[CANCEL; 8], |history| {
        let late = history.events.iter_mut().find(|event| event.outcome.entities["cancelled"] == json!(false)).unwrap();
        late.outcome.entities.insert("cancelled".to_owned(), json!(true));
    });
    assert!(matches!(found, Found::Nothing(_)), "{found:?}");
}

#[test]
fn a_read_that_missed_what_was_answered_before() {
    // The contact is taken off the list, and then found on it.
    let found = forged(true, &[IS_BLOCKED, BLOCK, IS_BLOCKED], |history| {
        assert_eq!(history.event(2).outcome.entities["blocked"], json!(false));
        history.event(2).outcome.entities.insert("blocked".to_owned(), json!(true));
    });
    assert!(matches!(found, Found::Nothing(_)), "{found:?}");
}

#[test]
fn the_same_read_while_it_was_being_done() {
    let found = forged(true, &[IS_BLOCKED, BLOCK, IS_BLOCKED], |history| {
        history.event(2).outcome.entities.insert("blocked".to_owned(), json!(true));
        history.event(1).answer = u64::MAX;
    });
    assert_eq!(found, Found::Order(vec![0, 2, 1]));
}

#[test]
fn a_change_that_was_lost() {
    let found = forged(true, &[RENAME, RENAME, RENAME], |history| {
        let before = history.event(1).operation.session.entities["mark"].clone();
        // The first renamed it, the third did so again: the end shows what the first did.
        history.end = history.end.clone().with_name(&history.event(0).operation.session.entities["mark"]);
        assert_ne!(before, history.event(0).operation.session.entities["mark"]);
    });
    assert!(matches!(found, Found::Nothing(_)), "{found:?}");
}

#[test]
fn a_record_that_was_made_and_is_not_there() {
    let found =
        forged(false, &[SAVE, SAVE, SAVE, SAVE], |history| history.end = history.end.clone().without_newest_record());
    assert!(matches!(found, Found::Nothing(_)), "{found:?}");
}

#[test]
fn one_contact_under_two_ids() {
    let arena = Arena::in_memory();
    let sessions = (0..4).map(|number| vec![operation(RENAME, &Things::default(), number, number)]).collect();
    let start: &[Commit] = &[];
    let mut history = arena.run(start, sessions);
    assert!(matches!(history.order(&arena.model), Found::Order(_)));
    history.event(3).outcome.entities.insert("id".to_owned(), json!("a47be8af-d40d-452c-9a3e-bcf668fcd1dd"));
    assert!(matches!(history.order(&arena.model), Found::Nothing(_)));
}
