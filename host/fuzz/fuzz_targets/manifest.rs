//! See `flowhost_fuzz_targets::manifest`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowhost_fuzz::run(flowhost_fuzz_targets::manifest, bytes));
