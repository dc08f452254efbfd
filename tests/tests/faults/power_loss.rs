//! Power fails at the first write, at the second, and so on: acknowledged effects exist, and no effect is partial.

use crate::disk::{Disk, Fault, Loss};
use crate::fixture::{Answers, Fixture, PreparedDatabase, assert_recovers, database, open_store};
use crate::invariants;
use crate::requests;
use flowhost::store;
use flowhost::store::sqlite::Synchronous;
use std::collections::HashMap;
use std::path::Path;

/// The losses that each test simulates when power fails at the call with this number. Two kinds alternate with the two
/// others, unless the variable `FLOWHOST_ALL_LOSSES` is set.
fn losses(number: usize) -> Vec<Loss> {
    let seed = number as u64;
    let (even, odd) = ([Loss::Nothing, Loss::Some(seed)], [Loss::All, Loss::Some(!seed)]);
    match std::env::var_os("FLOWHOST_ALL_LOSSES") {
        Some(_) => [even, odd].concat(),
        None if number.is_multiple_of(2) => even.to_vec(),
        None => odd.to_vec(),
    }
}

/// With full synchronisation, no acknowledged effect is lost.
pub(crate) async fn while_working() {
    let lost = run_with_power_loss(Synchronous::Full).await;
    assert_eq!(lost, Vec::<String>::new(), "these were answered and are lost");
}

/// With normal synchronisation, an acknowledged effect may be lost with the power, but not with the process.
pub(crate) async fn with_normal_synchronisation() {
    let lost = run_with_power_loss(Synchronous::Normal).await;
    assert!(!lost.is_empty(), "normal synchronisation lost nothing");
    assert!(lost.iter().all(|lost| !lost.contains("Nothing")), "{lost:?}");
}

/// Sends all requests with two numbers, then closes the host, which checkpoints the log. Power fails at the first
/// write, the second, and so on. Returns the acknowledged keys that are lost, with the loss.
async fn run_with_power_loss(synchronous: Synchronous) -> Vec<String> {
    let mut lost = Vec::new();
    let prepared = PreparedDatabase::new().await;
    for number in 0.. {
        let fixture = prepared.open(synchronous).await;
        fixture.disk.fail_after(number, Fault::Dead, true);
        let answers = [fixture.invoke_all(1).await, fixture.invoke_all(2).await];
        let Fixture { host, disk, folder, .. } = fixture;
        let closed = host.close().await;
        let losses = losses(number);
        // The host recovers from each kind of loss, with two kinds and with four.
        let recovered = number / 2 % losses.len();
        for (which, loss) in losses.into_iter().enumerate() {
            let salvaged = tempfile::tempdir().unwrap();
            let copied = Disk::at(salvaged.path());
            disk.copy_after_power_loss(salvaged.path(), loss);
            let kept = invariants::check(&database(salvaged.path())).await;
            let gone = missing_keys(&answers, &kept);
            if which == recovered && gone.is_empty() {
                let fixture = Fixture::with_disk(salvaged, copied).await;
                for (number, before) in (1..).zip(&answers) {
                    assert_recovers(&fixture.invoke_all(number).await, before, &fixture.stored_outcomes().await);
                }
            }
            lost.extend(gone.into_iter().map(|key| format!("{key}: {loss:?} from {number} on")));
        }
        let hit = disk.repair();
        drop(folder);
        if hit.is_none() {
            closed.unwrap();
            assert!(number > 40, "only {number} calls changed a file");
            break;
        }
    }
    lost
}

/// The acknowledged keys that are not stored.
fn missing_keys<'a>(answers: &'a [Answers], kept: &HashMap<String, String>) -> Vec<&'a str> {
    let answered = answers.iter().flatten().filter(|(kind, _, answer)| kind.is_durable() && answer.is_ok());
    answered.map(|(_, key, _)| key.as_str()).filter(|key| !kept.contains_key(*key)).collect()
}

pub(crate) async fn at_the_first_start() {
    for number in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::at(folder.path());
        disk.fail_after(number, Fault::Dead, true);
        let started = start(folder.path()).await;
        for loss in losses(number) {
            let salvaged = tempfile::tempdir().unwrap();
            let _copied = Disk::at(salvaged.path());
            disk.copy_after_power_loss(salvaged.path(), loss);
            start(salvaged.path()).await.unwrap_or_else(|error| panic!("{number}, {loss:?}: {error}"));
            invariants::check(&database(salvaged.path())).await;
        }
        if disk.repair().is_none() {
            started.unwrap();
            assert!(number > 20, "only {number} calls changed a file");
            break;
        }
    }
}

/// Creates the store, or completes its creation.
async fn start(folder: &Path) -> Result<(), store::ApplyError> {
    let store = open_store(folder).await?;
    store::apply(&store, &requests::configuration().to_string()).await.map(drop)
}
