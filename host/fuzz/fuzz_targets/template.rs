//! Any text as a template, whatever its braces enclose.

#![no_main]

libfuzzer_sys::fuzz_target!(|source: &str| {
    flowhost_fuzz::evaluate(&format!("Hola {{{{ {source}"));
    flowhost_fuzz::evaluate(&format!("Hola {{{{ {source} }}}}"));
});
