//! Turns: one at a time, in the order of asking, whoever gives up.

use crate::host::turns::Turns;
use crate::sync::{Arc, Mutex, step, thread};
use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicBool, Ordering};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

type Key = &'static str;

fn turns() -> Arc<Turns<Key>> {
    Arc::new(Turns::new())
}

/// Nobody holds or awaits a turn, and nothing is remembered of those that did.
fn assert_forgotten(turns: &Turns<Key>) {
    assert!(!turns.is_taken(&"a") && !turns.is_taken(&"b") && turns.none_is_taken());
    let shown = format!("{turns:?}");
    assert!(!shown.contains("\"a\"") && !shown.contains("\"b\""), "{shown}");
}

/// What only one may be in.
#[derive(Default)]
struct Room(AtomicBool);

impl Room {
    fn visit(&self) {
        assert!(!self.0.swap(true, Ordering::SeqCst), "two have the turn");
        step();
        self.0.store(false, Ordering::SeqCst);
    }
}

pub(crate) fn one_has_it_at_a_time() {
    let (turns, room) = (turns(), Arc::new(Room::default()));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (turns, room) = (Arc::clone(&turns), Arc::clone(&room));
            thread::spawn(move || {
                for _ in 0..2 {
                    let turn = block_on(turns.take("a"));
                    assert!(turns.is_taken(&"a") && !turns.none_is_taken());
                    room.visit();
                    drop(turn);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_forgotten(&turns);
}

/// Asks for a turn: from now on it waits for it.
fn asked(turns: &Arc<Turns<Key>>) -> Pin<Box<dyn Future<Output = crate::host::turns::Turn<Key>> + Send>> {
    let turns = Arc::clone(turns);
    let mut wait = Box::pin(async move { turns.take("a").await });
    assert!(matches!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    wait
}

pub(crate) fn they_come_in_the_order_in_which_they_asked() {
    let (turns, order) = (turns(), Arc::new(Mutex::new(Vec::new())));
    let first = block_on(turns.take("a"));
    let waits: Vec<_> = (0..3).map(|_| asked(&turns)).collect();
    let threads: Vec<_> = waits
        .into_iter()
        .enumerate()
        .map(|(number, wait)| {
            let order = Arc::clone(&order);
            thread::spawn(move || {
                let turn = block_on(wait);
                order.lock().unwrap().push(number);
                drop(turn);
            })
        })
        .collect();
    drop(first);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*order.lock().unwrap(), [0, 1, 2]);
    assert_forgotten(&turns);
}

pub(crate) fn who_gives_up_waiting_harms_nobody() {
    let (turns, room) = (turns(), Arc::new(Room::default()));
    let first = block_on(turns.take("a"));
    let (given_up, waiting) = (asked(&turns), asked(&turns));
    let leaves = thread::spawn(move || drop(given_up));
    let (visited, also) = (Arc::clone(&room), Arc::clone(&room));
    let waits = thread::spawn(move || {
        let turn = block_on(waiting);
        visited.visit();
        drop(turn);
    });
    let again = Arc::clone(&turns);
    let comes = thread::spawn(move || {
        let turn = block_on(again.take("a"));
        also.visit();
        drop(turn);
    });
    drop(first);
    [leaves, waits, comes].into_iter().for_each(|thread| thread.join().unwrap());
    assert_forgotten(&turns);
}

pub(crate) fn several_are_taken_in_their_order() {
    let (turns, rooms) = (turns(), Arc::new([Room::default(), Room::default()]));
    let threads: Vec<_> = [&["a", "b"][..], &["a", "b"], &["b"]]
        .into_iter()
        .map(|keys| {
            let (turns, rooms) = (Arc::clone(&turns), Arc::clone(&rooms));
            thread::spawn(move || {
                let mut held = Vec::new();
                for key in keys {
                    held.push(block_on(turns.take(key)));
                    rooms[usize::from(*key == "b")].visit();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_forgotten(&turns);
}
