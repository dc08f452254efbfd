//! Tests of templates.

use super::text;
use flowhost_error::ErrorCode;

fn evaluate_template(source: &str) -> String {
    text(source).unwrap().unwrap()
}

#[test]
fn texts_and_numbers_are_inserted() {
    assert_eq!(
        evaluate_template("Hola {{ contact_name }}, pedido {{order_id}}: {{ total }}"),
        "Hola Ana, pedido 17: 1250.5"
    );
    assert_eq!(evaluate_template("{{ 0.1 }} {{ 2.0 }} {{ 1e300 }} {{ -7 }}"), "0.1 2 1e300 -7");
}

#[test]
fn braces_and_quotes_inside_an_expression_do_not_close_it() {
    assert_eq!(evaluate_template("{{ {'a': {'b': 'x'}}.a.b }}!"), "x!");
    assert_eq!(evaluate_template("{{ '}}' + \"}}\" }}"), "}}}}");
    assert_eq!(evaluate_template("a }} b {{ 'c' }}"), "a }} b c");
}

#[test]
fn a_template_always_yields_text() {
    assert_eq!(evaluate_template("{{ '' }}"), "");
    for source in ["{{ null }}", "{{ vip }}", "{{ now }}", "{{ codes }}", "{{ order }}", "{{ 1u }}", "{{ 0.0 / 0.0 }}"]
    {
        assert_eq!(text(source).unwrap_err().code, "expression-type", "{source}");
    }
}

#[test]
fn errors_have_their_position_in_the_whole_template() {
    let error = text("Hola ñ,\n{{ 1 / 0 }}").unwrap_err();
    assert_eq!((error.code, error.line, error.column), (ErrorCode::ExpressionFailed, Some(2), Some(6)));
    let error = text("Hola {{ contact_name").unwrap_err();
    assert_eq!((error.code, error.line, error.column), (ErrorCode::ExpressionSyntax, Some(1), Some(6)));
    let error = text("Hola {{ }}").unwrap_err();
    assert_eq!((error.code, error.column), (ErrorCode::ExpressionSyntax, Some(9)));
}
