//! Invocations that are retried after a conflict have one effect, one outcome and one log.

use crate::assertions::assert_stopped;
use crate::conflicts::ConflictingWrite;
use crate::fixture::{CAMPAIGN, Fixture};
use crate::log;
use flowhost::{Limits, Request};

/// `count` conflicting writes that rename the contact.
fn conflicting_renames(count: usize) -> impl Iterator<Item = ConflictingWrite> {
    std::iter::repeat_n(ConflictingWrite::Rename("Eve"), count)
}

fn write_and_log(fixture: &Fixture) -> Request {
    fixture.attack("write-and-log", &fixture.contact, CAMPAIGN)
}

/// The number of lines that the plugin logged for this session.
fn count_log_lines(request: &Request) -> usize {
    log::lines_of_session(&request.session.id).iter().filter(|line| line.contains("a line of one run")).count()
}

pub(crate) async fn retry_has_one_effect() {
    let fixture = Fixture::new().await;
    let request = write_and_log(&fixture).with_key("stale");
    fixture.conflicts.inject_before_commit(conflicting_renames(3));
    let outcome = fixture.host.invoke(request.clone()).await.unwrap();
    assert_eq!((fixture.conflicts.remaining(), outcome.port.as_str(), outcome.replayed), (0, "next", false));
    assert_eq!(outcome.warnings.iter().map(|warning| warning.code.as_str()).collect::<Vec<_>>(), ["acme/told"]);
    assert_eq!(count_log_lines(&request), 1);

    let contents = fixture.dump().await;
    let [record] = &contents.records_of(&fixture.contact)[..] else { panic!("not one record: {contents:?}") };
    assert_eq!(fixture.host.store().record_log("acme", record.id).await.unwrap().len(), 1);
    assert_eq!(contents.name_of(&fixture.contact), "Eve");

    // The usage is that of the last run: as much as a run without a conflict.
    let other = write_and_log(&fixture);
    assert_eq!(fixture.host.invoke(other).await.unwrap().usage.host_calls, outcome.usage.host_calls);

    // The outcome is stored under the key and replayed.
    let contents = fixture.dump().await;
    let mut replayed = outcome;
    replayed.replayed = true;
    assert_eq!(fixture.host.invoke(request.clone()).await.unwrap(), replayed);
    assert_eq!((count_log_lines(&request), fixture.dump().await), (1, contents));
}

/// The invocation changes nothing, so no commit validates its reads: the reads themselves must be consistent.
pub(crate) async fn reads_are_consistent() {
    let fixture = Fixture::new().await;
    let second = fixture.create_contact("acme", "56922222222").await;
    let request = fixture.attack("reads-two", &fixture.contact, &second);
    let [first, second] = [&fixture.contact, &second].map(|id| id.parse().unwrap());
    fixture.conflicts.inject_before_read(second, ConflictingWrite::Rename("Eve"), first);
    let outcome = fixture.host.invoke(request).await.unwrap();
    assert_eq!(outcome.port, "next", "{outcome:?}");
    assert_eq!(fixture.dump().await.name_of(&fixture.contact), "Eve");
    assert_eq!(outcome.entities["status"], "Eve Ana");
}

pub(crate) async fn exceeds_retry_limit(code: &str) {
    let fixture = Fixture::new().await;
    let request = write_and_log(&fixture).with_key("late");
    let runs = Limits::default().max_retries as usize + 1;
    fixture.conflicts.inject_before_commit(conflicting_renames(runs + 1));
    let failure = fixture.host.invoke(request.clone()).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retryable, fixture.conflicts.remaining()), (code, true, 1));
    assert_eq!(fixture.dump().await.records_of(&fixture.contact), []);
    assert_eq!(count_log_lines(&request), 1);
    // No outcome is stored under the key: a later request runs.
    fixture.conflicts.inject_before_commit([]);
    let outcome = fixture.host.invoke(request).await.unwrap();
    assert_eq!((outcome.port.as_str(), outcome.replayed), ("next", false));
    assert_eq!(fixture.dump().await.records_of(&fixture.contact).len(), 1);
}

pub(crate) async fn retry_meets_new_rule(code: &str) {
    let fixture = Fixture::new().await;
    let request = write_and_log(&fixture);
    fixture.conflicts.inject_before_commit([ConflictingWrite::Block(CAMPAIGN.parse().unwrap())]);
    let outcome = fixture.host.invoke(request.clone()).await.unwrap();
    assert_stopped(&outcome, code);
    assert_eq!((outcome.warnings.len(), count_log_lines(&request)), (0, 1));
    assert_eq!(fixture.dump().await.records_of(&fixture.contact), []);
}
