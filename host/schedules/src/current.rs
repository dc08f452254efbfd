//! The catalogue's exchange: changes aren't lost, and who reads sees one state.

use crate::host::current::Current;
use crate::sync::{Arc, step, thread};

fn changing(current: &Arc<Current<Vec<u32>>>, number: u32) -> thread::JoinHandle<()> {
    let current = Arc::clone(current);
    thread::spawn(move || {
        for round in 0..2 {
            current.change(|list| {
                list.push(10 * number + round);
                // In the middle of a change nobody sees it.
                step();
                list.push(10 * number + round);
            });
            assert!(current.get().contains(&(10 * number + round)));
        }
    })
}

pub(crate) fn no_change_is_lost() {
    let current = Arc::new(Current::default());
    let threads = [1, 2, 3].map(|number| changing(&current, number));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let mut all = Vec::clone(&current.get());
    all.sort_unstable();
    assert_eq!(all, [10, 10, 11, 11, 20, 20, 21, 21, 30, 30, 31, 31]);
}

pub(crate) fn who_reads_sees_one_state() {
    let current = Arc::new(Current::default());
    let changes = [1, 2].map(|number| changing(&current, number));
    let reader = {
        let current = Arc::clone(&current);
        thread::spawn(move || {
            let mut before = Vec::new();
            for _ in 0..3 {
                let taken = current.get();
                let copy = Vec::clone(&taken);
                assert!(taken.len().is_multiple_of(2) && taken.starts_with(&before), "{before:?} {taken:?}");
                step();
                // What was taken stays as it was.
                assert_eq!(*taken, copy);
                before = copy;
            }
        })
    };
    changes.into_iter().chain([reader]).for_each(|thread| thread.join().unwrap());
}
