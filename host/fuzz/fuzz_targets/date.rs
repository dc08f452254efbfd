//! See `flowhost_hostile_files::date`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowhost_hostile_files::date(bytes));
