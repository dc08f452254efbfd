//! Faults of the environment: read-only files, limits of the process, locks of other processes.

use crate::disk::Fault;
use crate::fixture::{Fixture, assert_answers_valid, assert_recovers, open_store};
use crate::invariants;
use crate::process::Process;
use crate::requests::{self, Kind};
use flowhost::ErrorCode;
use flowhost_tests::command::TestEnv;
use serde_json::Value as Json;
use sqlx::{Connection as _, Executor as _};
use std::io::Write as _;

pub(crate) async fn becomes_read_only() {
    let fixture = Fixture::new().await;
    let known = fixture.invoke_all(0).await;
    fixture.disk.fail(Fault::ReadOnly);
    let first = fixture.invoke_all(1).await;
    assert_answers_valid(&first, &fixture.stored_outcomes().await, &["store-unavailable", "store-read-only"]);
    let second = fixture.invoke_all(2).await;
    assert_answers_valid(&second, &fixture.stored_outcomes().await, &["store-read-only"]);
    assert_eq!(second.iter().filter(|(.., answer)| answer.is_err()).count(), 4);
    assert_recovers(&fixture.invoke_all(0).await, &known, &fixture.stored_outcomes().await);
    fixture.disk.repair();
    assert_recovers(&fixture.invoke_all(1).await, &first, &fixture.stored_outcomes().await);
    assert_recovers(&fixture.invoke_all(2).await, &second, &fixture.stored_outcomes().await);
}

/// The file is read-only, its folder is writable.
pub(crate) async fn file_is_read_only() {
    let fixture = start_with_fault(Fault::FileReadOnly).await;
    let (known, answers) = (fixture.invoke_all(0).await, fixture.invoke_all(1).await);
    assert_recovers(&known, &known, &fixture.stored_outcomes().await);
    assert_eq!(answers.iter().filter(|(.., answer)| answer.is_err()).count(), 4);
    assert_answers_valid(&answers, &fixture.stored_outcomes().await, &["store-read-only"]);
    fixture.disk.repair();
    assert_recovers(&fixture.invoke_all(1).await, &answers, &fixture.stored_outcomes().await);
}

/// The file and its folder are read-only.
pub(crate) async fn everything_is_read_only() {
    let fixture = start_with_fault(Fault::ReadOnly).await;
    let (known, answers) = (fixture.invoke_all(0).await, fixture.invoke_all(1).await);
    assert!(known.iter().all(|(.., answer)| answer.is_ok()), "{known:?}");
    assert_eq!(answers.iter().filter(|(.., answer)| answer.is_err()).count(), 4);
    let Fixture { host, disk, folder, .. } = fixture;
    drop(host);
    disk.repair();
    let fixture = Fixture::with_disk(folder, disk).await;
    assert_answers_valid(&answers, &fixture.stored_outcomes().await, &["store-read-only"]);
    assert_recovers(&fixture.invoke_all(1).await, &answers, &fixture.stored_outcomes().await);
}

/// A host that was closed and starts with this fault. Before, it has answered the requests with number 0.
async fn start_with_fault(fault: Fault) -> Fixture {
    let fixture = Fixture::new().await;
    fixture.invoke_all(0).await;
    let Fixture { host, disk, folder, contact } = fixture;
    host.close().await.unwrap();
    disk.fail(fault);
    let store = open_store(folder.path()).await.unwrap();
    Fixture { host: crate::fixture::host(store).await, contact, disk, folder }
}

pub(crate) async fn is_locked() {
    let fixture = Fixture::new().await;
    let known = fixture.invoke_all(0).await;
    let mut other = invariants::connect(&fixture.database()).await;
    for (number, begin) in [(1, "BEGIN IMMEDIATE"), (2, "BEGIN EXCLUSIVE")] {
        other.execute(begin).await.unwrap();
        let answers = fixture.invoke_all(number).await;
        assert_eq!(answers.iter().filter(|(.., answer)| answer.is_err()).count(), 4, "{begin}");
        assert_answers_valid(&answers, &fixture.stored_outcomes().await, &["store-unavailable"]);
        assert_recovers(&fixture.invoke_all(0).await, &known, &fixture.stored_outcomes().await);
        other.execute("ROLLBACK").await.unwrap();
        assert_recovers(&fixture.invoke_all(number).await, &answers, &fixture.stored_outcomes().await);
    }
    other.close().await.unwrap();
}

pub(crate) async fn is_locked_exclusively() {
    let Fixture { host, disk, folder, contact } = Fixture::new().await;
    host.close().await.unwrap();
    let mut other = invariants::connect(&crate::fixture::database(folder.path())).await;
    other.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE t (x)").await.unwrap();
    let error = open_store(folder.path()).await.err().expect("the store was opened");
    assert_eq!((error.code(), error.is_retryable()), (ErrorCode::StoreUnavailable, true));
    other.execute("ROLLBACK").await.unwrap();
    other.close().await.unwrap();
    let store = open_store(folder.path()).await.unwrap();
    let fixture = Fixture { host: crate::fixture::host(store).await, contact, disk, folder };
    assert_recovers(&fixture.invoke_all(1).await, &Vec::new(), &fixture.stored_outcomes().await);
}

pub(crate) async fn file_size_limit() {
    let env = TestEnv::with_configuration(&requests::configuration());
    let mut process = Process::start(&env);
    let log = env.path("flowhost.db-wal");
    assert_fails_until_repaired(&mut process, "store-unavailable", |process| {
        let length = std::fs::metadata(&log).unwrap().len();
        process.limit_files(Some(length + 50_000));
        move |process: &Process| process.limit_files(None)
    });
    process.finish();
    assert_eq!(invariants::check(&env.path("flowhost.db")).await.len(), 100);
}

pub(crate) async fn small_disk() {
    let env = TestEnv::with_configuration(&requests::configuration());
    let Some(mut process) = Process::on_private_disk(&env) else {
        return println!("skipped: the system does not permit a private disk");
    };
    let ballast = process.on_disk("ballast");
    assert_fails_until_repaired(&mut process, "store-full", |_| {
        let mut file = std::fs::File::create(&ballast).unwrap();
        let full = std::iter::repeat_with(|| file.write_all(&[0; 4_096])).find_map(Result::err).unwrap();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
        |_: &Process| std::fs::remove_file(&ballast).unwrap()
    });
    process.finish();
    assert_eq!(invariants::check(&env.path("flowhost.db")).await.len(), 100);
}

/// Asserts that some of 100 requests fail with this code after `break_disk`, and that all have one effect after the
/// repair.
fn assert_fails_until_repaired<M: FnOnce(&Process)>(
    process: &mut Process,
    code: &str,
    break_disk: impl FnOnce(&Process) -> M,
) {
    let created = process.send_all(&[requests::contact_request(0)]);
    let created: Json = serde_json::from_str(&created[0]).unwrap();
    let contact = created["entities"]["made_id"].as_str().unwrap();
    let requests: Vec<_> = (0..100).map(|number| Kind::Record.request(number, contact, "")).collect();
    let done = |answer: &String| answer.contains(Kind::Record.expected_text());

    let repair = break_disk(process);
    let answers = process.send_all(&requests);
    let failed = answers.iter().filter(|answer| !done(answer)).count();
    assert!((1..=100).contains(&failed), "{failed} of 100 failed");
    for answer in answers.iter().filter(|answer| !done(answer)) {
        assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
    }
    repair(process);
    let again = process.send_all(&requests);
    assert!(again.iter().all(done), "{again:?}");
    for (before, after) in answers.iter().zip(&again).filter(|(before, _)| done(before)) {
        assert_eq!(&before.replace("\"replayed\":false", "\"replayed\":true"), after);
    }
}
