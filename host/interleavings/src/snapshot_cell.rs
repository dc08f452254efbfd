//! The snapshot cell of the catalog: no change is lost, and each reader sees one state.

use crate::host::snapshot_cell::SnapshotCell;
use crate::sync::{Arc, step, thread};

fn spawn_writer(cell: &Arc<SnapshotCell<Vec<u32>>>, number: u32) -> thread::JoinHandle<()> {
    let cell = Arc::clone(cell);
    thread::spawn(move || {
        for round in 0..2 {
            cell.update(|list| {
                list.push(10 * number + round);
                // Readers do not see an incomplete change.
                step();
                list.push(10 * number + round);
            });
            assert!(cell.load().contains(&(10 * number + round)));
        }
    })
}

pub(crate) fn no_change_is_lost() {
    let cell = Arc::new(SnapshotCell::default());
    let threads = [1, 2, 3].map(|number| spawn_writer(&cell, number));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let mut all = Vec::clone(&cell.load());
    all.sort_unstable();
    assert_eq!(all, [10, 10, 11, 11, 20, 20, 21, 21, 30, 30, 31, 31]);
}

pub(crate) fn readers_see_one_state() {
    let cell = Arc::new(SnapshotCell::default());
    let changes = [1, 2].map(|number| spawn_writer(&cell, number));
    let reader = {
        let cell = Arc::clone(&cell);
        thread::spawn(move || {
            let mut before = Vec::new();
            for _ in 0..3 {
                let taken = cell.load();
                let copy = Vec::clone(&taken);
                assert!(taken.len().is_multiple_of(2) && taken.starts_with(&before), "{before:?} {taken:?}");
                step();
                // A loaded snapshot does not change.
                assert_eq!(*taken, copy);
                before = copy;
            }
        })
    };
    changes.into_iter().chain([reader]).for_each(|thread| thread.join().unwrap());
}
