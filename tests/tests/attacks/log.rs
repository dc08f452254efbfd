//! Plugins that fill the log, which goes to a pipe that nobody reads, or only slowly.

use crate::plugins::{self, of_tenant};
use crate::target::{Target, more_tenant};
use serde_json::{Value as Json, json};
use std::io::Read as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Invocations of a neighbour, one after the other.
const TIMES: usize = 200;

/// Attackers at once.
const CALLERS: usize = 4;

/// Memory that the process may take beyond what it had before: the queue twice, and the instances.
const MAX_MEMORY: usize = 64 << 20;

/// Asserts that callers with these requests harm no neighbour, and that the process keeps little of what they log.
#[track_caller]
fn assert_unharmed(target: &mut Target, requests: &[Json], callers: usize) {
    let before = target.peak_memory();
    let attack = json!({ "callers": callers, "requests": requests });
    let ended = target.assert_neighbours_unharmed(&["third"], &[attack], TIMES);
    assert!(ended[0]["next"].as_u64().is_some_and(|count| count > 0), "{ended:?}");
    let took = target.peak_memory().saturating_sub(before);
    assert!(took <= MAX_MEMORY, "{} KiB", took >> 10);
}

#[test]
fn a_neighbour_is_served_beside_long_lines() {
    let mut target = Target::with_log("warn");
    assert_unharmed(&mut target, &[plugins::request("hostile", "logs-at-length")], CALLERS);
}

#[test]
fn a_neighbour_is_served_beside_short_lines() {
    let mut target = Target::with_log("warn");
    assert_unharmed(&mut target, &[plugins::request("hostile", "logs-short-lines")], CALLERS);
}

#[test]
fn a_neighbour_is_served_beside_control_characters() {
    let mut target = Target::with_log("warn");
    for name in ["logs-control-characters", "logs-line-breaks"] {
        assert_unharmed(&mut target, &[plugins::request("hostile", name)], CALLERS);
    }
}

/// The session's id stands on every line.
#[test]
fn a_neighbour_is_served_beside_a_session_with_a_long_id() {
    let mut target = Target::with_log("warn");
    let mut request = plugins::request("hostile", "logs-short-lines");
    request["session"]["id"] = "\u{85}".repeat(256).into();
    assert_unharmed(&mut target, &[request], CALLERS);
}

#[test]
fn a_neighbour_is_served_beside_many_warnings() {
    let mut target = Target::with_log("warn");
    assert_unharmed(&mut target, &[plugins::request("hostile", "warns-often")], CALLERS);
}

#[test]
fn a_neighbour_is_served_beside_lines_of_lower_levels_that_are_shown() {
    for filter in ["warn,flowhost=info", "warn,flowhost=debug"] {
        let mut target = Target::with_log(filter);
        for (plugin, name) in [("hostile", "logs-often"), ("hostile-wasi", "prints-often")] {
            assert_unharmed(&mut target, &[plugins::request(plugin, name)], CALLERS);
        }
    }
}

/// Each tenant has a rate of its own, and together they fill the queue.
#[test]
fn a_neighbour_is_served_beside_many_tenants_that_log() {
    let mut target = Target::with_log("warn");
    let request = |number| of_tenant(&more_tenant(number), plugins::request("hostile", "logs-at-length"));
    let requests: Vec<_> = (0..64).map(request).collect();
    assert_unharmed(&mut target, &requests, 64);
}

/// A reader that takes 512 bytes each millisecond, which is less than what is logged.
#[test]
fn a_neighbour_is_served_beside_a_slow_reader_who_sees_how_much_was_dropped() {
    let mut target = Target::with_log("warn");
    let mut log = target.take_log();
    let (stop, stopped) = mpsc::channel::<()>();
    let reader = std::thread::spawn(move || {
        let (mut text, mut buffer) = (Vec::new(), [0; 512]);
        let mut is_slow = true;
        loop {
            is_slow = is_slow && stopped.recv_timeout(Duration::from_millis(1)) == Err(RecvTimeoutError::Timeout);
            let count = log.read(&mut buffer).unwrap();
            text.extend_from_slice(&buffer[..count]);
            if count == 0 || !is_slow && String::from_utf8_lossy(&text).contains("lines of the log were dropped") {
                return count > 0;
            }
        }
    });
    let requests: Vec<_> =
        (0..16).map(|number| of_tenant(&more_tenant(number), plugins::request("hostile", "logs-at-length"))).collect();
    assert_unharmed(&mut target, &requests, 16);
    drop(stop);
    assert!(reader.join().unwrap(), "the number of dropped lines is in the log");
}
