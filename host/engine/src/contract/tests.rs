#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

#[test]
fn the_parsed_contract_has_the_interfaces_of_its_files() {
    let interfaces = host_contract::parse_contract().unwrap();
    assert!(interfaces["flow:outbound/dnd"].contains_key("blocks-campaign"));
    assert!(interfaces[HANDLER].contains_key("describe"));
    let write = interfaces["flow:action/log"]["write"].function_type.to_string();
    assert!(write.contains("enum { debug, info, warn, error }"), "{write}");
}

#[test]
fn the_version_is_that_of_the_files() {
    for (path, text) in WIT_FILES.iter().filter(|(path, _)| path.ends_with("world.wit")) {
        assert!(text.contains(&format!("@{CONTRACT_VERSION};")), "{path}");
    }
    assert_eq!(lowest_version(["flow:outbound/dnd#blocks-campaign"]).as_deref(), Some(CONTRACT_VERSION));
}

#[test]
fn the_advice_depends_on_the_version() {
    assert!(advice("9.1.0").ends_with("it needs a host of contract 9.1.0 or newer"));
    for built in [CONTRACT_VERSION, "0.0.1", "nonsense"] {
        assert!(advice(built).starts_with("build it against"), "{built}");
    }
}

/// The only function of an interface with this text.
fn function(text: &str) -> FunctionType {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("test.wit", &format!("package a:b; interface i {{ {text} }}")).unwrap();
    let interface = resolve.packages[package].interfaces["i"];
    functions(&resolve, interface).into_values().next().unwrap()
}

#[test]
fn a_difference_names_its_part() {
    let host = "record r { name: string, tags: list<string> } variant v { all, one(u32) } enum e { a, b }
                f: func(limit: u32, r: r, v: v, e: option<e>) -> result<u32, string>;";
    for (old, new, expected) in [
        ("limit: u32", "limit: u64", "limit: u64, not u32"),
        ("limit: u32", "most: u32", "most: u32, not limit: u32"),
        ("limit: u32, ", "", "r: record { name: string, tags: list<string> }, not limit: u32"),
        ("e: option<e>", "e: option<e>, g: bool", "g: bool, not absent"),
        (", e: option<e>", "", "e: absent, not option<enum { a, b }>"),
        ("name: string", "name: u32", "name: u32, not string"),
        ("list<string>", "list<u8>", "tags: u8, not string"),
        ("list<string> }", "list<string>, more: bool }", "more: bool, not absent"),
        ("name: string, ", "", "name: absent, not string"),
        ("one(u32)", "one", "one: no value, not u32"),
        ("one(u32)", "one(u32), two", "two: no value, not absent"),
        ("{ a, b }", "{ b, a }", "e: enum { b, a }, not enum { a, b }"),
        ("result<u32", "result<s32", "result: s32, not u32"),
        (" -> result<u32, string>", "", "result: no value, not result<u32, string>"),
        ("f: func", "f: async func", "async func, not func"),
    ] {
        let altered = function(&host.replacen(old, new, 1));
        assert_eq!(altered.difference(&function(host)).as_deref(), Some(expected), "{old} {new}");
    }
    assert_eq!(function(host).difference(&function(host)), None);
}
