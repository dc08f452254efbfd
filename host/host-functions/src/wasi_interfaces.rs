//! The interfaces of WASI in words: what a guest gets from each.

/// Prefixes of interfaces, with the result of their functions. The first match counts.
const RESULTS: [(&str, &str); 11] = [
    ("wasi:clocks/monotonic-clock", "always 0"),
    ("wasi:clocks/", "the invocation's time"),
    ("wasi:random/", "numbers from the invocation's seed"),
    ("wasi:filesystem/", "refused"),
    ("wasi:sockets/", "refused"),
    ("wasi:cli/stdin", "empty"),
    ("wasi:cli/stdout", "the log"),
    ("wasi:cli/stderr", "the log"),
    ("wasi:cli/exit", "ends the run with plugin-trap"),
    ("wasi:cli/", "empty"),
    ("wasi:io/", "streams of the other interfaces"),
];

/// Returns what a guest gets from an interface of WASI, such as `wasi:clocks/wall-clock`.
pub fn wasi_result(interface: &str) -> &'static str {
    RESULTS.iter().find(|(prefix, _)| interface.starts_with(prefix)).map_or("refused", |(_, result)| result)
}
