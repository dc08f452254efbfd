//! Expressions and templates, evaluated over entities of every kind.

use crate::{watch, words};
use chrono::{DateTime, NaiveDateTime, Utc};
use flowhost::expression::bounds::STEPS;
use flowhost::expression::{
    Budget, Expression, ExpressionError, Region, Scope, SessionView, TextExpression, Value, answer,
};
use serde_json::{Map, Value as Json, json};
use std::sync::LazyLock;

/// As little as a host function may have: expressions are evaluated on the stack of an invocation.
const STACK_BYTES: usize = 512 << 10;

/// Where there are no zones, and every number with a plus is one.
pub(crate) struct Utopia;

impl Region for Utopia {
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
        // Operands that cost much: digits, numbers near the least one, long texts and parts of them, long lists.
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
    on_little_stack(|| evaluate(source));
}

/// Opens a template before the text, and closes one behind it. Its lines are the elements of a list, too.
pub(crate) fn template(bytes: &[u8]) {
    let Ok(source) = str::from_utf8(bytes) else { return };
    on_little_stack(|| {
        evaluate(&format!("Hola {{{{ {source}"));
        evaluate(&format!("Hola {{{{ {source} }}}}"));
        evaluate_list(source);
    });
}

/// A list of as many elements as a parameter may have, which share the steps of an invocation.
fn evaluate_list(source: &str) {
    const ELEMENTS: usize = 100;
    watch::quick("the list", || {
        let mut budget = full();
        for element in source.lines().cycle().take(ELEMENTS) {
            told(element, TextExpression::parse(element), |text| {
                told(element, text.evaluate(&scope(), &mut budget), drop);
            });
        }
    });
}

fn on_little_stack(work: impl FnOnce() + Send) {
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

/// The steps of one evaluation.
fn full() -> Budget<'static> {
    Budget::new(STEPS)
}

fn scope() -> Scope<'static> {
    Scope {
        entities: &*ENTITIES,
        session: SessionView { id: "s", channel: "whatsapp", user: "56987654321" },
        now: DateTime::UNIX_EPOCH,
        region: &Utopia,
    }
}

/// As an expression where any value is due, where a boolean is due, and as a text.
fn evaluate(source: &str) {
    let scope = scope();
    told(source, watch::quick("the expression", || Expression::parse(source)), |expression| {
        assert_eq!(expression.source(), source);
        let value = || watch::quick("the value", || expression.evaluate(&scope, &mut full()));
        let first = told(source, value(), |value| value);
        // Through JSON, since no number is equal to none.
        let shown = |value: Option<Value>| value.map(|value| answer(Ok(value)));
        assert_eq!(shown(first), shown(value().ok()));
        let boolean = watch::quick("the boolean", || expression.evaluate_boolean(&scope, &mut full()));
        told(source, boolean, |_| ());
    });
    told(source, watch::quick("the text", || TextExpression::parse(source)), |expression| {
        assert_eq!(expression.source(), source);
        let text = || watch::quick("the text's value", || expression.evaluate(&scope, &mut full()));
        let first = told(source, text(), |text| text);
        assert_eq!(first, text().ok());
    });
}

/// Goes on with what succeeded; of what failed, checks what is told.
fn told<T, R>(source: &str, result: Result<T, ExpressionError>, go_on: impl FnOnce(T) -> R) -> Option<R> {
    let error = match result {
        Ok(value) => return Some(go_on(value)),
        Err(error) => error,
    };
    words::message(&error.message);
    assert!(error.code().starts_with("expression-") || error.code() == "entity-not-set", "{}", error.code());
    if let Some((line, column)) = error.line.zip(error.column) {
        words::place(source, line as usize, column as usize, |line| line.chars().count());
    }
    assert_eq!(error.limit.is_some(), error.code() == "expression-too-large", "{error}");
    None
}
