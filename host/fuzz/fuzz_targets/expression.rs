//! Any text as an expression.

#![no_main]

libfuzzer_sys::fuzz_target!(|source: &str| flowhost_fuzz::evaluate(source));
