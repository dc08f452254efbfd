//! Everything that flowhost parses, fed with what no friend would write.
//!
//! A target is one function from bytes to nothing: it hands them to a parser as a file would be, and panics when the
//! parser breaks a promise. `tests/replay.rs` runs every target over its corpus and over seeded mutations of it with
//! the stable compiler; `host/fuzz` runs the same functions under libFuzzer for as long as one likes.
//!
//! A panic anywhere, on a host's own threads too, is a finding. So is an input that takes more than 50 ms or 64 MiB: time is
//! counted in this thread's time of computing, so that a busy machine fails nothing. `examples/search.rs` looks for inputs
//! that cost more than those before.
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
// The command's own reading of lines, which no library has.
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

/// Something that is parsed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its folder in `corpus`, of its dictionary, and of libFuzzer's program.
    pub name: &'static str,
    /// What it is given.
    pub input: &'static str,
    /// What holds whatever it is given, beside what holds for all: no panic, no abort, no hang.
    pub property: &'static str,
    /// Mutations that a run with the stable compiler tries: some seconds of them.
    pub mutations: u32,
    /// Parses the bytes, and panics when a promise is broken.
    pub parse: fn(&[u8]),
}

/// A row a target: name, function, mutations, what it is given, what it promises.
macro_rules! targets {
    ($($name:ident => $parse:path, $mutations:literal: $input:literal, $property:literal;)*) => {
        /// All of them.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name), input: $input, property: $property, mutations: $mutations, parse: $parse,
        }),*];

        $(#[doc = concat!("Input: ", $input, ". Panics unless: ", $property, ".")]
        pub fn $name(bytes: &[u8]) {
            $parse(bytes);
        })*
    };
}

targets! {
    component => component::parse, 150: "a component, raw or made by wasm-smith around a manifest or a random action",
        "it is rejected with a code, or its invocation ends with a port of the action or a code";
    manifest => manifest::parse, 20_000: "the text that a component's `describe` returns",
        "a manifest that is written and read again is the same; a parameter is found by its name";
    expression => expression::parse, 4_000: "an expression",
        "an error states its line and column; an evaluation has the same result each time";
    template => expression::template, 4_000: "a text with `{{`, closed or not",
        "an error states its line and column; an evaluation has the same result each time";
    flow => flow::parse, 1_000: "an exported flow",
        "diagnostics have documented codes; a session that is run twice has each effect once";
    session => session::parse, 2_000: "a session, and lines of `invoke --batch`",
        "a session that is written and read again is the same; a line has one response, which its key stores";
    apply => apply::parse, 4_000: "apply files, one after another",
        "a file that is applied again changes nothing, nor does its listing; a rejected file has no effect";
    date => date::parse, 20_000: "a zone, a date, a pattern",
        "a date that is written and read again is the same";
    phone => phone::parse, 20_000: "a region, a phone number",
        "a normalised number is E.164; normalising it again changes nothing";
}
