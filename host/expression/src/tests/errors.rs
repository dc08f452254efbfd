//! Tests of error messages.

use std::time::Duration;

use super::cost::thread_cpu_time;
use super::{boolean, evaluate, text};
use flowhost_error::ErrorCode;

#[track_caller]
fn assert_error(source: &str, code: ErrorCode, position: Option<(u32, u32)>, words: &str) {
    let error = text(source).unwrap_err();
    assert_eq!(error.code, code, "{source}: {error}");
    assert_eq!(error.line.zip(error.column), position, "{source}: {error}");
    assert!(error.message.contains(words), "{source}: {error}");
    assert!(!error.message.ends_with('.'), "{error}");
}

#[test]
fn a_syntax_error_has_its_position() {
    assert_error("1 +", ErrorCode::ExpressionSyntax, Some((1, 4)), "ends");
    assert_error("1 +\n  * 2", ErrorCode::ExpressionSyntax, Some((2, 3)), "`*`");
    assert_error("'ñ' + )", ErrorCode::ExpressionSyntax, Some((1, 7)), "`)`");
    assert_error("", ErrorCode::ExpressionSyntax, Some((1, 1)), "empty");
    assert_error("'abc", ErrorCode::ExpressionSyntax, Some((1, 1)), "not closed");
    assert_error("a = b", ErrorCode::ExpressionSyntax, Some((1, 3)), "==");
    assert_error("dirección", ErrorCode::ExpressionSyntax, Some((1, 8)), "entities[\"…\"]");
    assert_error("for", ErrorCode::ExpressionSyntax, Some((1, 1)), "entities[\"for\"]");
    assert_error("99999999999999999999", ErrorCode::ExpressionSyntax, Some((1, 1)), "too large");
    assert_error(r"'\q'", ErrorCode::ExpressionSyntax, Some((1, 1)), "escape");
}

#[test]
fn unquoted_words_are_entity_names() {
    assert_error("Hola", ErrorCode::EntityNotSet, Some((1, 1)), "plain words without quotes are entity names");
    assert_error("Hola Ana", ErrorCode::ExpressionSyntax, Some((1, 6)), "plain words without quotes are entity names");
}

#[test]
fn an_unset_entity_is_reported_with_the_nearest_name() {
    let error = evaluate("1 + contact_nam").unwrap_err();
    assert_eq!(error.entity.as_deref(), Some("contact_nam"));
    assert_eq!(error.nearest.as_deref(), Some("contact_name"));
    assert!(error.message.contains("`contact_nam`") && error.message.contains("`contact_name`"), "{error}");
    assert_eq!(evaluate("entities['contact_nam']").unwrap_err().nearest.as_deref(), Some("contact_name"));
    assert_eq!(evaluate("zzz").unwrap_err().nearest, None);
}

#[test]
fn a_runtime_error_has_its_position() {
    assert_error("order_id / 0", ErrorCode::ExpressionFailed, Some((1, 10)), "division by zero");
    assert_error("[1, 2][7]", ErrorCode::ExpressionFailed, Some((1, 7)), "2 elements");
    assert_error("order.idd", ErrorCode::ExpressionFailed, Some((1, 7)), "`idd`");
    assert_error("contact_name + order_id", ErrorCode::ExpressionFailed, Some((1, 14)), "string(…)");
    assert_error("contact_name.sise()", ErrorCode::ExpressionFailed, Some((1, 14)), "`size`");
    assert_error("math.max(1, 2)", ErrorCode::EntityNotSet, Some((1, 1)), "no such function");
    assert_error("formatDate(answer, 'dd')", ErrorCode::ExpressionFailed, Some((1, 1)), "timestamp");
    assert_error("contact_name.int()", ErrorCode::ExpressionFailed, Some((1, 14)), "int(value)");
    assert_error("answer ? 'a' : 'b'", ErrorCode::ExpressionFailed, Some((1, 1)), "true or false");
    assert_error("9223372036854775807 + 1", ErrorCode::ExpressionFailed, Some((1, 21)), "too large");
}

#[test]
fn an_error_shows_a_truncated_source() {
    let source = format!("'{}' + missing", "x".repeat(1_000));
    let error = evaluate(&source).unwrap_err();
    assert_eq!(error.expression.as_ref().unwrap().chars().count(), 121);
}

#[test]
fn frequent_mistakes_have_a_hint() {
    let wrong = [
        ("contact_name +", ErrorCode::ExpressionSyntax),
        ("contact_nam", ErrorCode::EntityNotSet),
        ("order_id", ErrorCode::ExpressionType),
        ("\"NO\"", ErrorCode::ExpressionType),
        ("1 / 0 == 1", ErrorCode::ExpressionFailed),
        (&"x".repeat(20_000), ErrorCode::ExpressionTooLarge),
        (&format!("{}1", "1+".repeat(5_000)), ErrorCode::ExpressionTooLarge),
        ("[1].map(a, [1].map(b, [1].map(c, [1].map(d, [1].map(e, 1)))))", ErrorCode::ExpressionTooLarge),
    ];
    for (source, code) in wrong {
        let start = thread_cpu_time();
        let error = boolean(source).unwrap_err();
        assert!(
            thread_cpu_time() - start < Duration::from_millis(100),
            "{source:.80}: {:?}",
            thread_cpu_time() - start
        );
        assert_eq!(error.code, code, "{source:.80}: {error}");
        assert!(error.line.is_some(), "{source:.80}: {error}");
    }
}
