//! What a designer is told.

use std::time::Duration;

use super::super::Code;
use super::cost::computed;
use super::{boolean, evaluate, text};

#[track_caller]
fn assert_error(source: &str, code: Code, position: Option<(u32, u32)>, words: &str) {
    let error = text(source).unwrap_err();
    assert_eq!(error.code, code, "{source}: {error}");
    assert_eq!(error.line.zip(error.column), position, "{source}: {error}");
    assert!(error.message.contains(words), "{source}: {error}");
    assert!(!error.message.ends_with('.'), "{error}");
}

#[test]
fn a_syntax_error_has_its_place() {
    assert_error("1 +", Code::Syntax, Some((1, 4)), "ends");
    assert_error("1 +\n  * 2", Code::Syntax, Some((2, 3)), "`*`");
    assert_error("'ñ' + )", Code::Syntax, Some((1, 7)), "`)`");
    assert_error("", Code::Syntax, Some((1, 1)), "empty");
    assert_error("'abc", Code::Syntax, Some((1, 1)), "not closed");
    assert_error("a = b", Code::Syntax, Some((1, 3)), "==");
    assert_error("dirección", Code::Syntax, Some((1, 8)), "entities[\"…\"]");
    assert_error("for", Code::Syntax, Some((1, 1)), "entities[\"for\"]");
    assert_error("99999999999999999999", Code::Syntax, Some((1, 1)), "too large");
    assert_error(r"'\q'", Code::Syntax, Some((1, 1)), "escape");
}

#[test]
fn plain_words_are_taken_for_entity_names() {
    assert_error("Hola", Code::EntityNotSet, Some((1, 1)), "plain words without quotes are entity names");
    assert_error("Hola Ana", Code::Syntax, Some((1, 6)), "plain words without quotes are entity names");
}

#[test]
fn an_unset_entity_is_named_with_the_nearest_one() {
    let error = evaluate("1 + contact_nam").unwrap_err();
    assert_eq!(error.entity.as_deref(), Some("contact_nam"));
    assert_eq!(error.nearest.as_deref(), Some("contact_name"));
    assert!(error.message.contains("`contact_nam`") && error.message.contains("`contact_name`"), "{error}");
    assert_eq!(evaluate("entities['contact_nam']").unwrap_err().nearest.as_deref(), Some("contact_name"));
    assert_eq!(evaluate("zzz").unwrap_err().nearest, None);
}

#[test]
fn a_runtime_error_has_its_place_too() {
    assert_error("order_id / 0", Code::Failed, Some((1, 10)), "division by zero");
    assert_error("[1, 2][7]", Code::Failed, Some((1, 7)), "2 elements");
    assert_error("order.idd", Code::Failed, Some((1, 7)), "`idd`");
    assert_error("contact_name + order_id", Code::Failed, Some((1, 14)), "string(…)");
    assert_error("contact_name.sise()", Code::Failed, Some((1, 14)), "`size`");
    assert_error("math.max(1, 2)", Code::EntityNotSet, Some((1, 1)), "no such function");
    assert_error("formatDate(answer, 'dd')", Code::Failed, Some((1, 1)), "timestamp");
    assert_error("contact_name.int()", Code::Failed, Some((1, 14)), "int(value)");
    assert_error("answer ? 'a' : 'b'", Code::Failed, Some((1, 1)), "true or false");
    assert_error("9223372036854775807 + 1", Code::Failed, Some((1, 21)), "too large");
}

#[test]
fn an_error_shows_a_long_source_shortened() {
    let source = format!("'{}' + missing", "x".repeat(1_000));
    let error = evaluate(&source).unwrap_err();
    assert_eq!(error.expression.as_ref().unwrap().chars().count(), 121);
}

#[test]
fn what_goes_wrong_most_is_answered_at_once() {
    let wrong = [
        ("contact_name +", Code::Syntax),
        ("contact_nam", Code::EntityNotSet),
        ("order_id", Code::Type),
        ("\"NO\"", Code::Type),
        ("1 / 0 == 1", Code::Failed),
        (&"x".repeat(20_000), Code::TooLarge),
        (&format!("{}1", "1+".repeat(5_000)), Code::TooLarge),
        ("[1].map(a, [1].map(b, [1].map(c, [1].map(d, [1].map(e, 1)))))", Code::TooLarge),
    ];
    for (source, code) in wrong {
        let begun = computed();
        let error = boolean(source).unwrap_err();
        assert!(computed() - begun < Duration::from_millis(100), "{source:.80}: {:?}", computed() - begun);
        assert_eq!(error.code, code, "{source:.80}: {error}");
        assert!(error.line.is_some(), "{source:.80}: {error}");
    }
}
