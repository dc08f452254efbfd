//! See `flowhost_hostile_files::phone`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowhost_hostile_files::phone(bytes));
