//! What the fuzz targets share: the module under test, taken alone so that nothing else is built, and a session to
//! evaluate in.

#[path = "../../src/expression/mod.rs"]
pub mod expression;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Map, Value as Json, json};

use expression::{Expression, Region, Scope, SessionView, TextExpression, answer};

struct Utopia;

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

/// Parses and evaluates a source as an expression and as a text expression: on as little stack as a host function may
/// have, and in bounded time.
pub fn evaluate(source: &str) {
    let source = source.to_owned();
    let on_little_stack = std::thread::Builder::new().stack_size(512 * 1024);
    let thread = on_little_stack.spawn(move || {
        let scope = Scope {
            entities: &*ENTITIES,
            session: SessionView { id: "s", channel: "whatsapp", user: "56987654321" },
            now: DateTime::UNIX_EPOCH,
            region: &Utopia,
        };
        let begun = Instant::now();
        let _ = answer(Expression::parse(&source).and_then(|expression| expression.evaluate(&scope)));
        let _ = TextExpression::parse(&source).and_then(|expression| expression.evaluate(&scope));
        assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
    });
    assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
}
