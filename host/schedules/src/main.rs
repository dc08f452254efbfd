//! Tries orders of events on what the host's threads share: its own files, built of parts that shuttle steps.
//!
//! The orders are chosen at random, since there are too many to try all: half of them evenly, half such that a few
//! threads are held up for long, which finds what needs a rare moment. An order that breaks a promise is printed, and
//! shuttle's `replay` runs it again. A deadlock, which is what a lost wake-up leaves, breaks every promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test panics")]

/// The host's files. They find under `crate` what they need of the others, or what stands for it.
/// The host's files. They find under `crate` what they need of the others, or what stands for it.
#[path = "../../src"]
mod host {
    #[path = "engine/cache.rs"]
    pub(crate) mod cache;
    #[path = "invocation/committer.rs"]
    pub(crate) mod committer;
    #[path = "catalog/current.rs"]
    pub(crate) mod current;
    #[path = "engine/private.rs"]
    pub(crate) mod private;
    #[path = "invocation/turns.rs"]
    pub(crate) mod turns;
}
mod store;
mod sync;

mod cache;
mod commits;
mod current;
mod turns;

/// Orders of each kind that are tried of each promise; fewer of those about files, which take their time.
const ORDERS: usize = 5_000;
const ORDERS_OF_FILES: usize = 200;

/// Points at which a thread is held up for long, in orders of the second kind.
const HOLD_UPS: usize = 3;

/// Tries a promise.
macro_rules! tried {
    ($($promise:path),* $(,)?) => { [$((stringify!($promise), $promise as fn())),*] };
}

fn main() {
    let promises = tried![
        commits::each_is_applied_once_and_answered,
        commits::what_joins_is_applied_before_the_end,
        commits::a_caller_that_goes_away_harms_nobody,
        commits::a_transaction_that_fails_is_answered_to_all_of_it,
        commits::what_is_held_goes_after_the_commit,
        commits::a_writer_that_does_not_start_says_so,
        turns::one_has_it_at_a_time,
        turns::they_come_in_the_order_in_which_they_asked,
        turns::who_gives_up_waiting_harms_nobody,
        turns::several_are_taken_in_their_order,
        current::no_change_is_lost,
        current::who_reads_sees_one_state,
        cache::a_reader_sees_nothing_or_all,
        cache::a_writer_that_dies_leaves_nothing_or_all,
    ];
    let wanted = std::env::args().nth(1);
    let is_wanted = |name: &str| wanted.as_ref().is_none_or(|wanted| name.contains(wanted));
    for (name, promise) in promises.into_iter().filter(|(name, _)| is_wanted(name)) {
        let orders = if name.starts_with("cache::") { ORDERS_OF_FILES } else { ORDERS };
        shuttle::check_random(promise, orders);
        shuttle::check_pct(promise, orders, HOLD_UPS);
        println!("{name}: kept in {} orders", 2 * orders);
    }
}
