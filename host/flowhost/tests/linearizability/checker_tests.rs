//! Forged histories: each test records a history, falsifies it, and asserts the result of the check.

use crate::action_pairs::RaceFixture;
use crate::actions::{Ids, Operation, operation};
use crate::checker::CheckResult;
use crate::history::History;
use flowhost::store::CommitRequest;
use serde_json::json;

/// Records these actions, by one session in order or by one session each at the same time. Returns the result of the
/// check for the forged history.
fn check_forged(one_by_one: bool, actions: &[&'static str], forge: impl FnOnce(&mut History)) -> CheckResult {
    let fixture = RaceFixture::in_memory();
    let does = |(number, action): (usize, &&'static str)| operation(action, &fixture.ids, number, number);
    let all: Vec<Operation> = actions.iter().enumerate().map(does).collect();
    let sessions = if one_by_one { vec![all] } else { all.into_iter().map(|operation| vec![operation]).collect() };
    let mut history = fixture.run(&fixture.start, sessions);
    assert!(matches!(history.check(&fixture.model), CheckResult::Linearizable(_)));
    forge(&mut history);
    history.check(&fixture.model)
}

const CANCEL: &str = "cancel-campaign-records-by-contact";
const RENAME: &str = "campaign-contact-manager";
const BLOCK: &str = "campaign-dnd-manager";
const IS_BLOCKED: &str = "campaign-dnd-validator";
const SAVE: &str = "campaign-record-administration";

#[test]
fn a_record_that_two_cancelled() {
    let found = check_forged(false, &[CANCEL; 8], |history| {
        let late = history.events.iter_mut().find(|event| event.outcome.entities["cancelled"] == json!(false)).unwrap();
        late.outcome.entities.insert("cancelled".to_owned(), json!(true));
    });
    assert!(matches!(found, CheckResult::NotLinearizable(_)), "{found:?}");
}

#[test]
fn a_read_that_missed_an_earlier_write() {
    // The forged history finds the contact on the list after its removal.
    let found = check_forged(true, &[IS_BLOCKED, BLOCK, IS_BLOCKED], |history| {
        assert_eq!(history.event(2).outcome.entities["blocked"], json!(false));
        history.event(2).outcome.entities.insert("blocked".to_owned(), json!(true));
    });
    assert!(matches!(found, CheckResult::NotLinearizable(_)), "{found:?}");
}

#[test]
fn a_read_concurrent_with_the_write() {
    let found = check_forged(true, &[IS_BLOCKED, BLOCK, IS_BLOCKED], |history| {
        history.event(2).outcome.entities.insert("blocked".to_owned(), json!(true));
        history.event(1).response = u64::MAX;
    });
    assert_eq!(found, CheckResult::Linearizable(vec![0, 2, 1]));
}

#[test]
fn a_change_that_was_lost() {
    let found = check_forged(true, &[RENAME, RENAME, RENAME], |history| {
        let before = history.event(1).operation.session.entities["mark"].clone();
        // The third operation renamed the contact after the first. The forged end shows the name from the first.
        history.end = history.end.clone().with_first_name(&history.event(0).operation.session.entities["mark"]);
        assert_ne!(before, history.event(0).operation.session.entities["mark"]);
    });
    assert!(matches!(found, CheckResult::NotLinearizable(_)), "{found:?}");
}

#[test]
fn a_created_record_that_is_missing() {
    let found = check_forged(false, &[SAVE, SAVE, SAVE, SAVE], |history| {
        history.end = history.end.clone().without_newest_record()
    });
    assert!(matches!(found, CheckResult::NotLinearizable(_)), "{found:?}");
}

#[test]
fn one_contact_under_two_ids() {
    let fixture = RaceFixture::in_memory();
    let sessions = (0..4).map(|number| vec![operation(RENAME, &Ids::default(), number, number)]).collect();
    let start: &[CommitRequest] = &[];
    let mut history = fixture.run(start, sessions);
    assert!(matches!(history.check(&fixture.model), CheckResult::Linearizable(_)));
    history.event(3).outcome.entities.insert("id".to_owned(), json!("a47be8af-d40d-452c-9a3e-bcf668fcd1dd"));
    assert!(matches!(history.check(&fixture.model), CheckResult::NotLinearizable(_)));
}
