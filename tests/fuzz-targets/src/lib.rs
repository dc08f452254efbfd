//! Fuzz targets for every parser of flowhost.
//!
//! A target is a function from bytes to nothing: it passes the bytes to a parser, and panics when a property does not
//! hold. `tests/replay` runs every target on its corpus. `host/fuzz` runs the same functions under libFuzzer, which
//! mutates the corpus.
//!
//! A panic on any thread is a finding, also on the host's threads. An input that takes more than 50 ms or 64 MiB is a
//! finding, too. Time is CPU time of the thread, so a busy machine fails no test.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

mod allocation;
mod apply;
mod component;
mod date;
mod expression;
mod flow;
mod handler;
// Modules of the command line, which the library does not contain.
#[path = "../../../host/cli/src/batch_request.rs"]
mod batch_request;
mod fixture;
#[path = "../../../host/cli/src/lines.rs"]
mod lines;
mod manifest;
mod message_checks;
mod phone;
mod session;
mod time_limit;

pub use time_limit::{Cost, process_memory, take_cost};

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of the folder in `corpus`, of the dictionary, and of the libFuzzer program.
    pub name: &'static str,
    /// The meaning of the bytes.
    pub input: &'static str,
    /// The property that the target checks, in addition to those of all targets: no panic, no abort, no hang.
    pub property: &'static str,
    /// Parses the bytes, and panics if the property does not hold.
    pub parse: fn(&[u8]),
}

/// One row for each target: name, function, input, property.
macro_rules! targets {
    ($($name:ident => $parse:path: $input:literal, $property:literal;)*) => {
        /// All targets.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name), input: $input, property: $property, parse: $parse,
        }),*];

        $(#[doc = concat!("Input: ", $input, ". Panics unless: ", $property, ".")]
        pub fn $name(bytes: &[u8]) {
            $parse(bytes);
        })*
    };
}

targets! {
    component => component::parse: "a component, raw or made by wasm-smith around a manifest or a random action",
        "it is rejected with a code, or its invocation ends with a port of the action or a code";
    manifest => manifest::parse: "the text that a component's `describe` returns",
        "a manifest that is written and read again is the same; a parameter is found by its name";
    expression => expression::parse: "an expression",
        "an error states its line and column; an evaluation has the same result each time";
    template => expression::template: "a text with `{{`, closed or not",
        "an error states its line and column; an evaluation has the same result each time";
    flow => flow::parse: "an exported flow",
        "diagnostics have documented codes; a session that is run twice has each effect once";
    session => session::parse: "a session, and lines of `invoke --batch`",
        "a session that is written and read again is the same; a line has one response, which its key stores";
    apply => apply::parse: "apply files, one after another",
        "a file that is applied again changes nothing, nor does its listing; a rejected file has no effect";
    date => date::parse: "a zone, a date, a pattern",
        "a date that is written and read again is the same";
    phone => phone::parse: "a region, a phone number",
        "a normalised number is E.164; normalising it again changes nothing";
}
