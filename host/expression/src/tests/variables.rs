//! Tests of variables that the caller passes beside the entities.

use serde_json::json;

use super::super::{Expression, ExpressionError, Scope, Value, is_variable_name};
use super::{entities, full_budget, with_scope};

fn evaluate(source: &str) -> Result<Value, ExpressionError> {
    let variables = json!({ "contact_name": "Eva", "points": [1, 2], "int": 7 });
    with_scope(&entities(), |scope| {
        let scope = Scope { variables: variables.as_object(), ..*scope };
        Expression::parse(source)?.evaluate(&scope, &mut full_budget())
    })
}

#[test]
fn a_variable_hides_the_entity_of_its_name() {
    assert_eq!(evaluate("contact_name"), Ok(Value::Text("Eva".to_owned())));
    assert_eq!(evaluate("entities['contact_name']"), Ok(Value::Text("Ana".to_owned())));
    assert_eq!(evaluate("order_id + points[1] + int"), Ok(Value::Integer(26)));
}

#[test]
fn a_variable_of_a_comprehension_hides_one_of_the_caller() {
    assert_eq!(evaluate("[5].exists(points, points == 5)"), Ok(Value::Boolean(true)));
}

#[test]
fn a_hint_names_a_variable() {
    let error = evaluate("pionts").unwrap_err();
    assert_eq!((error.code.as_str(), error.nearest.as_deref()), ("entity-not-set", Some("points")));
    assert_eq!(evaluate("entities['points']").unwrap_err().code, "entity-not-set");
}

#[test]
fn a_variable_has_the_name_of_an_identifier() {
    for name in ["a", "_", "contact_name", "A1", "int", "size"] {
        assert!(is_variable_name(name), "{name}");
    }
    for name in ["", "1a", "a-b", "a b", "ñ", "now", "session", "entities", "in", "null", "true", "while"] {
        assert!(!is_variable_name(name), "{name}");
    }
}
