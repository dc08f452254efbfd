//! See `flowhost_fuzz_targets::template`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowhost_fuzz::run(flowhost_fuzz_targets::template, bytes));
