//! What others do to the file or the process.

use crate::disk::Fault;
use crate::process::Process;
use crate::requests::{self, Kind};
use crate::soundness;
use crate::world::{World, assert_goes_on, assert_true, open_store};
use flowhost_tests::command::Place;
use serde_json::Value as Json;
use sqlx::{Connection as _, Executor as _};
use std::io::Write as _;

pub(crate) async fn becomes_read_only() {
    let world = World::new().await;
    let known = world.ask_all(0).await;
    world.disk.fail(Fault::ReadOnly);
    let first = world.ask_all(1).await;
    assert_true(&first, &world.kept().await, &["store-unavailable", "store-read-only"]);
    let second = world.ask_all(2).await;
    assert_true(&second, &world.kept().await, &["store-read-only"]);
    assert_eq!(second.iter().filter(|(.., answer)| answer.is_err()).count(), 4);
    assert_goes_on(&world.ask_all(0).await, &known, &world.kept().await);
    world.disk.heal();
    assert_goes_on(&world.ask_all(1).await, &first, &world.kept().await);
    assert_goes_on(&world.ask_all(2).await, &second, &world.kept().await);
}

/// Only the file: beside it there can be others.
pub(crate) async fn file_is_read_only() {
    let world = starts_with(Fault::FileReadOnly).await;
    let (known, answers) = (world.ask_all(0).await, world.ask_all(1).await);
    assert_goes_on(&known, &known, &world.kept().await);
    assert_eq!(answers.iter().filter(|(.., answer)| answer.is_err()).count(), 4);
    assert_true(&answers, &world.kept().await, &["store-read-only"]);
    world.disk.heal();
    assert_goes_on(&world.ask_all(1).await, &answers, &world.kept().await);
}

/// The file and its folder.
pub(crate) async fn everything_is_read_only() {
    let world = starts_with(Fault::ReadOnly).await;
    let (known, answers) = (world.ask_all(0).await, world.ask_all(1).await);
    assert!(known.iter().all(|(.., answer)| answer.is_ok()), "{known:?}");
    assert_eq!(answers.iter().filter(|(.., answer)| answer.is_err()).count(), 4);
    let World { host, disk, folder, .. } = world;
    drop(host);
    disk.heal();
    let world = World::on(folder, disk).await;
    assert_true(&answers, &world.kept().await, &["store-read-only"]);
    assert_goes_on(&world.ask_all(1).await, &answers, &world.kept().await);
}

/// A host that was closed and starts with this fault. It has answered the requests number 0 before.
async fn starts_with(fault: Fault) -> World {
    let world = World::new().await;
    world.ask_all(0).await;
    let World { host, disk, folder, contact } = world;
    host.close().await.unwrap();
    disk.fail(fault);
    let store = open_store(folder.path()).await.unwrap();
    World { host: crate::world::host(store).await, contact, disk, folder }
}

pub(crate) async fn is_locked() {
    let world = World::new().await;
    let known = world.ask_all(0).await;
    let mut other = soundness::connect(&world.database()).await;
    for (number, begin) in [(1, "BEGIN IMMEDIATE"), (2, "BEGIN EXCLUSIVE")] {
        other.execute(begin).await.unwrap();
        let answers = world.ask_all(number).await;
        assert_eq!(answers.iter().filter(|(.., answer)| answer.is_err()).count(), 4, "{begin}");
        assert_true(&answers, &world.kept().await, &["store-unavailable"]);
        assert_goes_on(&world.ask_all(0).await, &known, &world.kept().await);
        other.execute("ROLLBACK").await.unwrap();
        assert_goes_on(&world.ask_all(number).await, &answers, &world.kept().await);
    }
    other.close().await.unwrap();
}

pub(crate) async fn is_locked_altogether() {
    let World { host, disk, folder, contact } = World::new().await;
    host.close().await.unwrap();
    let mut other = soundness::connect(&crate::world::database(folder.path())).await;
    other.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE t (x)").await.unwrap();
    let error = open_store(folder.path()).await.err().expect("the store was opened");
    assert_eq!((error.code(), error.retryable()), ("store-unavailable", true));
    other.execute("ROLLBACK").await.unwrap();
    other.close().await.unwrap();
    let store = open_store(folder.path()).await.unwrap();
    let world = World { host: crate::world::host(store).await, contact, disk, folder };
    assert_goes_on(&world.ask_all(1).await, &Vec::new(), &world.kept().await);
}

pub(crate) async fn file_size_limit() {
    let place = Place::with(&requests::configuration());
    let mut process = Process::start(&place);
    let log = place.path("flowhost.db-wal");
    fails_for_a_while(&mut process, "store-unavailable", |process| {
        let length = std::fs::metadata(&log).unwrap().len();
        process.limit_files(Some(length + 50_000));
        move |process: &Process| process.limit_files(None)
    });
    process.end();
    assert_eq!(soundness::check(&place.path("flowhost.db")).await.len(), 100);
}

pub(crate) async fn small_disk() {
    let place = Place::with(&requests::configuration());
    let Some(mut process) = Process::on_disk_of_its_own(&place) else {
        return println!("not shown: a process can't have a disk of its own here");
    };
    let ballast = process.on_disk("ballast");
    fails_for_a_while(&mut process, "store-full", |_| {
        let mut file = std::fs::File::create(&ballast).unwrap();
        let full = std::iter::repeat_with(|| file.write_all(&[0; 4_096])).find_map(Result::err).unwrap();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
        |_: &Process| std::fs::remove_file(&ballast).unwrap()
    });
    process.end();
    assert_eq!(soundness::check(&place.path("flowhost.db")).await.len(), 100);
}

/// Some of a hundred requests fail with this code once it is `broken`; all have their one effect when that is mended.
fn fails_for_a_while<M: FnOnce(&Process)>(process: &mut Process, code: &str, broken: impl FnOnce(&Process) -> M) {
    let someone = process.ask(&[requests::someone(0)]);
    let someone: Json = serde_json::from_str(&someone[0]).unwrap();
    let contact = someone["entities"]["made_id"].as_str().unwrap();
    let requests: Vec<_> = (0..100).map(|number| Kind::Record.request(number, contact, "")).collect();
    let done = |answer: &String| answer.contains(Kind::Record.says());

    let mend = broken(process);
    let answers = process.ask(&requests);
    let failed = answers.iter().filter(|answer| !done(answer)).count();
    assert!((1..=100).contains(&failed), "{failed} of 100 failed");
    for answer in answers.iter().filter(|answer| !done(answer)) {
        assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
    }
    mend(process);
    let again = process.ask(&requests);
    assert!(again.iter().all(done), "{again:?}");
    for (before, after) in answers.iter().zip(&again).filter(|(before, _)| done(before)) {
        assert_eq!(&before.replace("\"replayed\":false", "\"replayed\":true"), after);
    }
}
