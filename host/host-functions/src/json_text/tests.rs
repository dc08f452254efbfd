//! Tests of values as JSON text.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::evaluation::try_inline;
use crate::value::{from_json, to_json};
use proptest::prelude::*;
use serde_json::json;

const LIMIT: usize = 1 << 20;

fn parsed(text: &str, expected: Option<ValueType>) -> Result<Json, String> {
    parse(text, expected, LIMIT, &|| ()).map_err(|error| error.code)
}

/// Returns the value that `get` returns for an entity, and the text that `get-json` returns.
fn read(entity: &Json) -> (Value, String) {
    let value = try_inline(&mut 0, LIMIT, |allowance| from_json(entity, allowance)).unwrap().unwrap();
    let text = try_inline(&mut 0, LIMIT, |allowance| write(&value, allowance)).unwrap().unwrap();
    (value, text)
}

#[test]
fn digits_are_an_integer_unless_a_number_is_declared() {
    let rejected = Err("entity-type".to_owned());
    let number = Some(ValueType::Number);
    for (text, integer, as_number) in [
        ("1", Ok(json!(1)), Ok(json!(1.0))),
        ("-0", Ok(json!(0)), Ok(json!(-0.0))),
        ("9007199254740993", Ok(json!(9_007_199_254_740_993_i64)), rejected.clone()),
        ("9007199254740994", Ok(json!(9_007_199_254_740_994_i64)), Ok(json!(9_007_199_254_740_994.0))),
        ("9223372036854775808", rejected.clone(), Ok(json!(9_223_372_036_854_775_808.0))),
        ("100000000000000000000", rejected.clone(), Ok(json!(1e20))),
        ("1.0", Ok(json!(1.0)), Ok(json!(1.0))),
        ("1e2", Ok(json!(100.0)), Ok(json!(100.0))),
        ("01", rejected.clone(), rejected.clone()),
        ("1e400", rejected.clone(), rejected.clone()),
        ("-", rejected.clone(), rejected.clone()),
    ] {
        assert_eq!(parsed(text, None).map(|value| value.to_string()), integer.map(|value| value.to_string()), "{text}");
        assert_eq!(
            parsed(text, number).map(|value| value.to_string()),
            as_number.map(|value| value.to_string()),
            "{text}"
        );
    }
    assert!(parsed(&"9".repeat(400), number).is_err());
}

#[test]
fn a_text_that_is_not_a_value_is_refused() {
    for text in
        ["", "null", "nul", "NaN", "'a'", "\"a", "\"a\"b", "[1,", "[] []", "{\"a\":18446744073709551616}", "true false"]
    {
        assert_eq!(parsed(text, None), Err("entity-type".to_owned()), "{text}");
    }
}

#[test]
fn limits_concern_the_value() {
    let text = |text: &str| parse(text, None, 10, &|| ()).map_err(|error| error.code);
    assert_eq!(text("\"\\u00f1\\u00f1\\u00f1\\u00f1\\u00f1\""), Ok(json!("ñññññ")));
    assert_eq!(text("\"12345678901\""), Err("limit-value-size".to_owned()));
    assert_eq!(text("[1,2,3,4,5,6]"), Err("limit-value-size".to_owned()));
    assert_eq!(text(&format!("\"{}", "x".repeat(100))), Err("limit-value-size".to_owned()));
}

#[test]
fn nested_digits_are_integers() {
    assert_eq!(parsed("[1, -0, 1e-0, \"-0\", -0.0]", None).unwrap().to_string(), "[1,0,1.0,\"-0\",-0.0]");
    assert_eq!(without_negative_zeros("[\"a\\\"-0\",-0]"), "[\"a\\\"-0\",0]");
}

fn entity() -> impl Strategy<Value = Json> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (any::<u64>().prop_map(f64::from_bits)).prop_filter("finite", |x| x.is_finite()).prop_map(Json::from),
        (-1_000_i32..1_000).prop_map(|integral| Json::from(f64::from(integral))),
        "\\PC{0,8}|[\u{0}-\u{20}\"\\\\]{0,4}".prop_map(Json::from),
    ];
    scalar.prop_recursive(4, 32, 4, |inner| {
        let element = prop_oneof![inner, Just(Json::Null)];
        prop_oneof![
            proptest::collection::vec(element.clone(), 0..4).prop_map(Json::from),
            proptest::collection::btree_map("\\PC{0,3}", element, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn set_json_of_get_json_equals_set_of_get(entity in entity()) {
        let (value, text) = read(&entity);
        let is_number = matches!(value, Value::Number(_));
        let set = to_json(value, &|| ()).map_err(|error| error.code);
        prop_assert_eq!(set.clone().map(|value| value.to_string()), Ok(entity.to_string()));
        for expected in [None, is_number.then_some(ValueType::Number)] {
            let set_json = parsed(&text, expected);
            prop_assert_eq!(set_json.map(|value| value.to_string()), set.clone().map(|value| value.to_string()), "{}", &text);
        }
    }
}
