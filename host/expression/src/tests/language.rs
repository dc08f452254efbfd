//! Tests of the semantics of expressions.

use serde_json::json;

use super::super::{Entities, Expression, ExpressionCache, TextExpression, Value};
use super::{boolean, entities, evaluate, full_budget, json_of, text, with_scope};

#[test]
fn entities_are_variables_by_name() {
    assert_eq!(evaluate("contact_name"), Ok(Value::Text("Ana".to_owned())));
    assert_eq!(evaluate("order_id + 1"), Ok(Value::Integer(18)));
    assert_eq!(evaluate("total"), Ok(Value::Number(1250.5)));
    assert_eq!(evaluate("vip"), Ok(Value::Boolean(true)));
    assert_eq!(evaluate("order.lines[0].sku"), Ok(Value::Text("x".to_owned())));
    assert_eq!(json_of("order"), entities()["order"]);
}

#[test]
fn entities_of_any_name_are_reached_through_the_map_of_entities() {
    assert_eq!(json_of("entities['any name']"), json!("spaced"));
    assert_eq!(json_of("entities['session']"), json!("mine"));
    assert_eq!(json_of("entities.?missing.orValue('none')"), json!("none"));
    assert_eq!(json_of("entities.?nothing.orValue('none')"), json!("none"));
    assert_eq!(json_of("[has(entities.vip), has(entities.nothing), 'vip' in entities]"), json!([true, false, true]));
}

#[test]
fn the_session_and_the_time_are_readable() {
    assert_eq!(json_of("session.id + session.channel + session.user"), json!("s-1whatsapp56987654321"));
    assert_eq!(json_of("now"), json!("2027-02-01T12:00:00Z"));
}

#[test]
fn a_comprehensions_variable_hides_an_entity_and_a_leading_point_shows_it() {
    assert_eq!(json_of("[1].map(vip, [vip, .vip])"), json!([[1, true]]));
}

#[test]
fn types_are_not_converted_implicitly() {
    assert_eq!(json_of("[1, 1.0, 1 == 1.0]"), json!([1, 1.0, true]));
    assert!(evaluate("1 + 1.0").is_err());
    assert!(evaluate("'1' + 1").is_err());
}

#[test]
fn a_deciding_operand_absorbs_a_failed_one() {
    assert_eq!(evaluate("1 / 0 == 1 || true"), Ok(Value::Boolean(true)));
    assert_eq!(evaluate("missing && false"), Ok(Value::Boolean(false)));
    assert_eq!(evaluate("[0, 1].exists(x, 1 / x == 1)"), Ok(Value::Boolean(true)));
}

#[test]
fn the_extensions_are_available() {
    assert_eq!(json_of("'a,b'.split(',').join('-')"), json!("a-b"));
    assert_eq!(json_of("math.greatest(order_id, 3)"), json!(17));
    assert_eq!(json_of("codes.sort()"), json!(["a", "b", "c"]));
    assert_eq!(json_of("order.lines.sortBy(line, line.count).map(line, line.sku)"), json!(["y", "x"]));
    assert_eq!(json_of("string(base64.decode(base64.encode(b'hi')))"), json!("hi"));
    assert_eq!(json_of("optional.of(2).optMap(x, x * 2).value()"), json!(4));
    assert_eq!(json_of("size('ñandú')"), json!(5));
}

#[test]
fn numbers_of_both_kinds_sort_together_without_loss() {
    let sorted = json!([1, 2.5, 9_007_199_254_740_993_i64]);
    assert_eq!(json_of("[9007199254740993, 2.5, 1].sort()"), sorted);
    assert!(evaluate("[0.0 / 0.0, 1.0].sort()").is_err());
}

#[test]
fn a_long_text_is_not_a_number() {
    let nines = "9".repeat(65);
    let zeros = |count: usize| format!("{}1", "0".repeat(count - 1));
    for function in ["int", "uint", "double", "duration", "timestamp"] {
        let error = evaluate(&format!("{function}('{nines}')")).unwrap_err();
        assert_eq!(error.code, "expression-failed", "{function}");
    }
    for function in ["int", "double"] {
        assert_eq!(json_of(&format!("{function}('{}') == {function}(1)", zeros(64))), json!(true), "{function}");
        assert!(evaluate(&format!("{function}('{}')", zeros(65))).is_err(), "{function}");
    }
    assert!(evaluate(&format!("duration('{}m')", zeros(64))).is_err());
    assert_eq!(evaluate(&format!("1.{}", "0".repeat(63))).unwrap_err().code, "expression-syntax");
    assert_eq!(evaluate(&format!("now.getHours('{nines}')")).unwrap_err().code, "expression-failed");
}

#[test]
fn regular_expressions_take_any_alphabet() {
    assert_eq!(json_of(r"['mañana'.matches('^a'), 'mañana'.matches(r'^\w+$')]"), json!([false, true]));
    assert!(evaluate("'a'.matches('(')").is_err());
}

#[test]
fn a_boolean_is_true_or_false_and_nothing_else() {
    assert_eq!(boolean("vip"), Ok(Some(true)));
    assert_eq!(boolean("null"), Ok(None));
    assert_eq!(boolean("answer").unwrap_err().code, "expression-type");
    assert_eq!(boolean("1").unwrap_err().code, "expression-type");
}

#[test]
fn a_text_expression_yields_text_or_nothing() {
    assert_eq!(text("contact_name"), Ok(Some("Ana".to_owned())));
    assert_eq!(text("null"), Ok(None));
    for source in ["order_id", "vip", "codes", "order", "now"] {
        assert_eq!(text(source).unwrap_err().code, "expression-type", "{source}");
    }
}

#[test]
fn unsupported_result_types_are_rejected_with_a_hint() {
    let refused = [
        ("1u", "int(…)"),
        ("b'a'", "string(…)"),
        ("duration('1h')", "string(…)"),
        ("{1: 2}", "string(…)"),
        ("[1u]", "int(…)"),
        ("[now]", "formatDate(…"),
        ("optional.of(1)", "orValue(…)"),
        ("int", "type"),
        ("1.0 / 0.0", "finite"),
    ];
    for (source, hint) in refused {
        let error = evaluate(source).unwrap_err();
        assert_eq!(error.code, "expression-type", "{source}");
        assert!(error.message.contains(hint), "{source}: {error}");
    }
}

#[test]
fn null_is_a_value_only_where_the_entities_say_so() {
    struct NullableEntities(serde_json::Map<String, serde_json::Value>);
    impl Entities for NullableEntities {
        fn get(&self, name: &str) -> Option<&serde_json::Value> {
            self.0.get(name)
        }
        fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
            Box::new(self.0.keys().map(String::as_str))
        }
        fn null_is_a_value(&self) -> bool {
            true
        }
    }
    let nullable = NullableEntities(entities());
    let value = with_scope(&entities(), |scope| {
        let scope = super::Scope { entities: &nullable, ..*scope };
        Expression::parse("nothing == null").unwrap().evaluate(&scope, &mut full_budget())
    });
    assert_eq!(value, Ok(Value::Boolean(true)));
    assert_eq!(evaluate("nothing == null").unwrap_err().code, "entity-not-set");
}

#[test]
fn the_cache_returns_the_same_tree() {
    fn is_shared<T: Send + Sync>(_: &T) {}
    let cache = ExpressionCache::default();
    is_shared(&cache);
    let first = cache.expression("1 + 1").unwrap();
    let again = cache.expression("1 + 1").unwrap();
    assert!(std::ptr::eq(first.source(), again.source()));
    assert_eq!(cache.text("1 +").unwrap_err(), TextExpression::parse("1 +").unwrap_err());
    assert_eq!(cache.text("1 +").unwrap_err().code, "expression-syntax");
}
