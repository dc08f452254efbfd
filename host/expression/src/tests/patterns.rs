//! Tests that compare the regular expressions with another engine.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use regex_automata::nfa::thompson::pikevm::PikeVM;

use super::super::Budget;
use super::super::budget::Fuel;
use super::super::limits::MAX_STEPS;
use super::super::pattern::Pattern;

/// Parts of patterns for random concatenation.
#[rustfmt::skip]
const PARTS: &[&str] = &[
    "a", "b", "ñ", "ß", "k", ".", "^", "$", r"\A", r"\z", r"\b", r"\B", r"\w", r"\W", r"\d", r"\s", r"\pL", r"\PN", "[ab]", "[^a]", r"[\w--[a-k]]", r"[a-zñ&&[^b]]", "[[:alpha:]]",
    "*", "+", "?", "*?", "{2}", "{1,3}", "{2,}", "{0}", "|", "(", ")", "(?:", "(?i)", "(?m)", "(?s)", "(?mR)", "(?i:", "(?-u:", r"\b{start}", r"\b{end}", r"\b{start-half}", r"\n", "(?x) ", "(?-i)", "ſ",
];

fn is_match(source: &str, text: &str) -> Option<bool> {
    let mut fuel = Fuel::new(&Budget::new(MAX_STEPS));
    let pattern = Pattern::get_or_compile(&mut fuel, source).ok()?;
    pattern.is_match(&mut fuel, text).ok()
}

fn check(source: &str, text: &str) {
    let Some(found) = is_match(source, text) else { return };
    let reference = PikeVM::new(source).unwrap_or_else(|error| panic!("{source:?}: {error}"));
    assert_eq!(found, reference.is_match(&mut reference.create_cache(), text), "{source:?} on {text:?}");
}

#[test]
fn patterns_match_like_the_reference_engine() {
    let patterns = prop::collection::vec(prop::sample::select(PARTS), 1..10).prop_map(|parts| parts.concat());
    let texts = prop::collection::vec(
        prop::sample::select(&["a", "b", "k", "K", "ñ", "Ñ", "ß", "ſ", " ", "_", "1", "\n", "\r", "\r\n", "😀"][..]),
        0..8,
    )
    .prop_map(|parts| parts.concat());
    let config = Config { cases: 30_000, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(patterns, texts), |(pattern, text)| {
            check(&pattern, &text);
            Ok(())
        })
        .unwrap();
}

#[test]
fn common_patterns_match() {
    let address = r"^[\w.+-]+@[\w-]+(\.[\w-]+)*\.\w{2,20}$";
    let cases = [
        (address, "ana.maria+x@correo.example.cl", true),
        (address, "ana.maria@correo", false),
        (r"(?i)^[\w.-]+@[\w.-]+\.\w{2,}$", "ANA@EXAMPLE.CL", true),
        (r"(?i)^sí|no$", "SÍ", true),
        (r"^\+?\d{8,15}$", "+56987654321", true),
        (r"^\d{7,8}-[\dkK]$", "12345678-K", true),
        (r"^\p{L}[\p{L} '’-]{1,60}$", "Ñandú O’Higgins", true),
        (r"\bhola\b", "¡hola, Ana!", true),
        (r"\bhola\b", "holanda", false),
        (r"(\d{1,3}\.){3}\d{1,3}", "dirección 10.0.0.255", true),
        ("", "", true),
        ("x*", "", true),
        ("^$", "\n", false),
        ("(?m)^$", "a\n", true),
    ];
    for (source, text, expected) in cases {
        assert_eq!(is_match(source, text), Some(expected), "{source} on {text}");
        check(source, text);
    }
}
