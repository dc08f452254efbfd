//! Expressions and templates, evaluated over entities of every kind.

use crate::{watch, words};
use chrono::{DateTime, NaiveDateTime, Utc};
use flowhost::expression::{Expression, ExpressionError, Region, Scope, SessionView, TextExpression, Value, answer};
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
    });
    entities.as_object().cloned().unwrap_or_default()
});

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(source) = str::from_utf8(bytes) else { return };
    on_little_stack(|| evaluate(source));
}

/// Opens a template before the text, and closes one behind it.
pub(crate) fn template(bytes: &[u8]) {
    let Ok(source) = str::from_utf8(bytes) else { return };
    on_little_stack(|| {
        evaluate(&format!("Hola {{{{ {source}"));
        evaluate(&format!("Hola {{{{ {source} }}}}"));
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

/// As an expression where any value is due, where a boolean is due, and as a text.
fn evaluate(source: &str) {
    let scope = Scope {
        entities: &*ENTITIES,
        session: SessionView { id: "s", channel: "whatsapp", user: "56987654321" },
        now: DateTime::UNIX_EPOCH,
        region: &Utopia,
    };
    watch::quick("the expression", || {
        told(source, Expression::parse(source), |expression| {
            assert_eq!(expression.source(), source);
            let first = told(source, expression.evaluate(&scope), |value| value);
            let second = expression.evaluate(&scope).ok();
            // Through JSON, since no number is equal to none.
            let shown = |value: Option<Value>| value.map(|value| answer(Ok(value)));
            assert_eq!(shown(first), shown(second));
            told(source, expression.evaluate_boolean(&scope), |_| ());
        });
    });
    watch::quick("the text", || {
        told(source, TextExpression::parse(source), |expression| {
            assert_eq!(expression.source(), source);
            let first = told(source, expression.evaluate(&scope), |text| text);
            assert_eq!(first, expression.evaluate(&scope).ok());
        });
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
