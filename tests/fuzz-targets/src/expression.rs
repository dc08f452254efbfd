//! Expressions and templates, evaluated with entities of every type.

use crate::{message_checks, time_limit};
use chrono::{DateTime, NaiveDateTime, Utc};
use flowhost::ErrorCode;
use flowhost::expression::limits::MAX_STEPS;
use flowhost::expression::{
    Budget, Expression, ExpressionError, Locale, Scope, SessionView, TextExpression, Value, to_json_result,
};
use serde_json::{Map, Value as Json, json};
use std::sync::LazyLock;

/// The smallest stack that a host function may have: the host evaluates expressions on the stack of an invocation.
const STACK_BYTES: usize = 512 << 10;

/// A locale in UTC that accepts every phone number with a plus sign.
pub(crate) struct StubLocale;

impl Locale for StubLocale {
    fn to_local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.naive_utc()
    }

    fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc> {
        local.and_utc()
    }

    fn phone(&self, text: &str) -> Result<String, String> {
        if text.starts_with('+') { Ok(text.to_owned()) } else { Err("it has no +".to_owned()) }
    }
}

static ENTITIES: LazyLock<Map<String, Json>> = LazyLock::new(|| {
    let deep = (0..120).fold(json!(1), |inner, _| json!([inner]));
    let entities = json!({
        "a": "Ana María Ñandú 😀",
        "b": 17,
        "c": 2.5,
        "d": [1, 2.0, "x", null, [true], {"k": "v"}],
        "e": {"name": "x", "lines": [{"sku": "p", "count": 2}]},
        "f": true,
        "g": "word ".repeat(20_000),
        "h": (0..10_000).collect::<Vec<i32>>(),
        "i": deep,
        "n": null,
        // Operands of expensive operations: digits, a number near the smallest double, long texts, long lists.
        "j": "9".repeat(400),
        "k": format!("{}.{}", "1".repeat(500), "7".repeat(500)),
        "l": "2.470328229206232720882843964341106861825299013071623822127e-324",
        "m": "a".repeat(1 << 20),
        "o": format!("{}b{}", "a".repeat(29), "a".repeat(30)),
        "p": "1h".repeat(30),
        "q": (0..10_000).map(|id| format!("text {}", id * 7_919 % 10_000)).collect::<Vec<String>>(),
        "r": (0..50_000).map(|id| f64::from(id) / 7.0).collect::<Vec<f64>>(),
        "s": (0..2_000).map(|id| json!({"id": id, "tags": ["a", "b"]})).collect::<Vec<Json>>(),
        "t": (0..20_000).map(|id| (format!("key {id}"), json!(id))).collect::<Map<String, Json>>(),
        "u": "é€😀".repeat(20_000),
    });
    entities.as_object().cloned().unwrap_or_default()
});

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(source) = str::from_utf8(bytes) else { return };
    on_small_stack(|| evaluate(source));
}

/// Evaluates the input as a template, with and without the closing braces, and its lines as elements of a list.
pub(crate) fn template(bytes: &[u8]) {
    let Ok(source) = str::from_utf8(bytes) else { return };
    on_small_stack(|| {
        evaluate(&format!("Hola {{{{ {source}"));
        evaluate(&format!("Hola {{{{ {source} }}}}"));
        evaluate_list(source);
    });
}

/// Evaluates a list with the maximum number of elements, which share one budget of steps.
fn evaluate_list(source: &str) {
    const ELEMENTS: usize = 100;
    time_limit::within_time_limit("the list", || {
        let mut budget = full_budget();
        for element in source.lines().cycle().take(ELEMENTS) {
            check_result(element, TextExpression::parse(element), |text| {
                check_result(element, text.evaluate(&scope(), &mut budget), drop);
            });
        }
    });
}

fn on_small_stack(work: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("little-stack".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .unwrap();
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// A budget with the steps of one evaluation.
fn full_budget() -> Budget<'static> {
    Budget::new(MAX_STEPS)
}

fn scope() -> Scope<'static> {
    Scope {
        entities: &*ENTITIES,
        variables: None,
        session: SessionView { id: "s", channel: "whatsapp", user: "56987654321" },
        now: DateTime::UNIX_EPOCH,
        locale: &StubLocale,
    }
}

/// Evaluates the source as an expression of any type, as a boolean expression, and as a text.
fn evaluate(source: &str) {
    let scope = scope();
    check_result(source, time_limit::within_time_limit("the expression", || Expression::parse(source)), |expression| {
        assert_eq!(expression.source(), source);
        let value = || time_limit::within_time_limit("the value", || expression.evaluate(&scope, &mut full_budget()));
        let first = check_result(source, value(), |value| value);
        // The values are compared as JSON, because NaN is not equal to itself.
        let shown = |value: Option<Value>| value.map(|value| to_json_result(Ok(value)));
        assert_eq!(shown(first), shown(value().ok()));
        let boolean =
            time_limit::within_time_limit("the boolean", || expression.evaluate_boolean(&scope, &mut full_budget()));
        check_result(source, boolean, |_| ());
    });
    check_result(source, time_limit::within_time_limit("the text", || TextExpression::parse(source)), |expression| {
        assert_eq!(expression.source(), source);
        let text =
            || time_limit::within_time_limit("the text's value", || expression.evaluate(&scope, &mut full_budget()));
        let first = check_result(source, text(), |text| text);
        assert_eq!(first, text().ok());
    });
}

/// Passes a value on to `go_on`. Checks the message, the code and the position of an error.
fn check_result<T, R>(source: &str, result: Result<T, ExpressionError>, go_on: impl FnOnce(T) -> R) -> Option<R> {
    let error = match result {
        Ok(value) => return Some(go_on(value)),
        Err(error) => error,
    };
    message_checks::check_message(&error.message);
    assert!(error.code.as_str().starts_with("expression-") || error.code == ErrorCode::EntityNotSet, "{}", error.code);
    if let Some((line, column)) = error.line.zip(error.column) {
        message_checks::check_position(source, line as usize, column as usize, |line| line.chars().count());
    }
    assert_eq!(error.limit.is_some(), error.code == ErrorCode::ExpressionTooLarge, "{error}");
    None
}
