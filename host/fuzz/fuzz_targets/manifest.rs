//! See `flowhost_hostile_files::manifest`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowhost_hostile_files::manifest(bytes));
