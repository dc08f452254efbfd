//! See `flowhost_fuzz_targets::expression`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowhost_fuzz::run(flowhost_fuzz_targets::expression, bytes));
