//! Tests of the JSON checks: findings, sizes, and parsing in chunks.

#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;
use std::cell::Cell;

#[test]
fn nodes_are_counted_and_texts_are_not() {
    assert_eq!(tree_bytes(r#""{[,:\\\"{[""#), 0);
    assert_eq!(tree_bytes("[0,0]"), 128 + 64);
    assert_eq!(tree_bytes(r#"{"a":{"b":1}}"#), 2 * (640 + 64));
}

fn duplicate(text: &str) -> Option<(String, String, usize, usize)> {
    let Finding { defect, path, line, column } = inspect(text, IntegerCheck::Everywhere).duplicate?;
    let Defect::DuplicateMember(name) = defect else { return None };
    Some((name, path, line, column))
}

fn large_integer(text: &str, integers: IntegerCheck<'_>) -> Option<String> {
    inspect(text, integers).large_integer.map(|finding| finding.path)
}

#[test]
fn a_repeated_name_is_found_at_every_depth() {
    let found = |name: &str, path: &str, line, column| Some((name.to_owned(), path.to_owned(), line, column));
    for (text, expected) in [
        (r#"{"a":1,"a":2}"#, found("a", "", 1, 8)),
        ("{\"a\":1,\n \"\\u0061\":2}", found("a", "", 2, 2)),
        (r#"{"x":{"b":[0,{"c":1,"c":1}]}}"#, found("c", "x.b[1]", 1, 21)),
        (r#"[{},{"é f":{"":1,"":{"d":1}}}]"#, found("", "[1][\"é f\"]", 1, 19)),
        (r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}],"c":"a"}"#, None),
        (r#"{"a":"\",\"a\":1","b":"\\","c":1}"#, None),
        ("[]", None),
        ("\"a\"", None),
    ] {
        assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        assert_eq!(duplicate(text), expected, "{text}");
    }
}

#[test]
fn an_integer_beyond_64_bits_is_found_and_a_number_is_not() {
    for (text, expected) in [
        ("9223372036854775807", None),
        ("-9223372036854775808", None),
        ("9223372036854775808", Some("")),
        ("-9223372036854775809", Some("")),
        (r#"{"a":[1,{"b":18446744073709551616}]}"#, Some("a[1].b")),
        (r#"{"a":18446744073709551616.0,"b":1e30,"c":"18446744073709551616","d":1E+25}"#, None),
    ] {
        assert_eq!(large_integer(text, IntegerCheck::Everywhere).as_deref(), expected, "{text}");
        assert_eq!(large_integer(text, IntegerCheck::Nowhere), None, "{text}");
    }
}

#[test]
fn integers_are_inspected_in_one_member() {
    let within = IntegerCheck::InMember("entities");
    let large = u64::MAX;
    assert_eq!(large_integer(&format!("{{\"seed\":{large},\"entities\":{{}},\"x\":{large}}}"), within), None);
    let inside = format!("{{\"seed\":{large},\"entities\":{{\"a\":{{\"entities\":0}},\"b\":[{large}]}}}}");
    assert_eq!(large_integer(&inside, within).as_deref(), Some("entities.b[0]"));
    assert_eq!(large_integer(&format!("[{large}]"), within), None);
}

#[test]
fn a_message_is_short_and_single_line() {
    let name = "\\n".repeat(100_000);
    let text = format!("{}{{\"{name}\":1,\"{name}\":2}}{}", "{\"\\u001b\":".repeat(100), "}".repeat(100));
    let message = inspect(&text, IntegerCheck::Nowhere).into_first().unwrap().to_string();
    assert!(message.chars().count() <= 501 && !message.contains(char::is_control), "{message}");
}

#[test]
fn parsing_with_pauses_gives_the_same_value() {
    let list = format!("[{}]", "{\"é\":[0.1,null]},".repeat(2_000).trim_end_matches(','));
    let pauses = Cell::new(0);
    let pause = || pauses.set(pauses.get() + 1);
    assert_eq!(parse_with_pauses(&list, &pause).unwrap(), serde_json::from_str::<Value>(&list).unwrap());
    assert!(pauses.get() >= list.len() / CHUNK_BYTES);
    pauses.set(0);
    assert_eq!(find_large_integer(&list, &pause), None);
    assert!(pauses.get() >= list.len() / CHUNK_BYTES - 1);
    let (whole, pieces) = (serde_json::from_str::<Value>(&list[1..]), parse_with_pauses(&list[1..], &pause));
    assert_eq!(pieces.unwrap_err().to_string(), whole.unwrap_err().to_string());
}

proptest! {
    #[test]
    fn a_large_integer_is_found_with_or_without_pauses(
        elements in proptest::collection::vec(
            prop::sample::select(vec![
                "1", "[-9223372036854775809]", "9223372036854775808", "\"12345678901234567890\"", "1e30",
                "{\"a\":99999999999999999999,\"a\":[1.5]}", "{\"b\":{\"12345678901234567890\":null}}",
            ]),
            0..6,
        ),
    ) {
        let text = format!("[{}]", elements.join(","));
        prop_assert_eq!(find_large_integer(&text, &|| ()), inspect(&text, IntegerCheck::Everywhere).large_integer);
    }

    #[test]
    fn any_text_is_scanned_to_its_end(text in "[\\[\\]{}:,\"\\\\a1.e\\- é\n]{0,60}") {
        inspect(&text, IntegerCheck::Everywhere);
    }

    #[test]
    fn a_name_that_the_parser_drops_is_a_duplicate(names in proptest::collection::vec("[ab\u{e9}]{0,2}", 0..6)) {
        let members: Vec<_> = names.iter().map(|name| format!("{}:0", serde_json::Value::from(name.as_str()))).collect();
        let text = format!("{{{}}}", members.join(","));
        let parsed: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(duplicate(&text).is_some(), parsed.len() < names.len());
    }
}
