//! Tests of canonical JSON.

#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::convert::Infallible;

fn canonical(json: &str) -> String {
    canonicalise::<Infallible>(json, &mut |_| Ok(())).unwrap()
}

#[test]
fn numbers_have_a_fraction_or_an_exponent() {
    let cases = [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.0, "0.0"),
        (0.1, "0.1"),
        (-12.5, "-12.5"),
        (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (123_456_789_012_345_680_000.0, "123456789012345680000.0"),
        (1e21, "1e+21"),
        (1.25e300, "1.25e+300"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (333_333_333.333_333_3, "333333333.3333333"),
    ];
    for (number, text) in cases {
        assert_eq!(number_text(number), text);
    }
}

#[test]
fn integers_keep_all_digits() {
    assert_eq!(
        canonical("[9223372036854775807, -9223372036854775808, 9007199254740993, 0, -0]"),
        "[9223372036854775807,-9223372036854775808,9007199254740993,0,0]"
    );
}

#[test]
fn names_are_in_the_order_of_their_utf_16_units() {
    let json = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
    let expected = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}";
    assert_eq!(canonical(json), expected);
}

#[test]
fn nested_objects_are_sorted_and_white_space_is_removed() {
    let json = "{ \"b\" : [ { \"y\" : { \"d\":1.50,\"c\":\"},{\" } , \"x\" : null } ] ,\n\"a\":\ttrue }";
    assert_eq!(canonical(json), r#"{"a":true,"b":[{"x":null,"y":{"c":"},{","d":1.5}}]}"#);
    assert_eq!(canonical(" \"a\\u0062\\/\" "), "\"ab/\"");
    assert_eq!(canonical("{}"), "{}");
}

#[test]
fn every_byte_is_charged_before_the_end() {
    let list: Vec<String> = (0..3_000).map(|number| "x".repeat(number % 100)).collect();
    let json = json!({ "list": list, "text": "y".repeat(100_000) }).to_string();
    let mut charged = 0;
    let text = canonicalise::<Infallible>(&json, &mut |bytes| {
        charged += bytes;
        Ok(())
    });
    assert_eq!(charged, text.unwrap().len());
    let mut left = 10_000_usize;
    let stopped = canonicalise(&json, &mut |bytes| {
        left = left.checked_sub(bytes).ok_or(())?;
        Ok(())
    });
    assert_eq!(stopped, Err(()));
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        "[\\PC\u{0}\u{1f}\u{1f600}\u{e000}]{0,4}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[ab\"\\\\\u{1f600}\u{e000}]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_canonical_text_parses_to_the_same_value(value in value()) {
        let text = canonical(&value.to_string());
        prop_assert_eq!(&canonical(&text), &text);
        let parsed: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(parsed.to_string(), value.to_string());
    }

    #[test]
    fn a_number_parses_to_the_same_bits(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        let text = number_text(number);
        prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits, "{}", text);
        prop_assert!(text.contains(['.', 'e']));
    }
}
