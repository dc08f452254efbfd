//! Tests of the language: sources and entities as input, values and errors as output.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod arbitrary_input;
mod budget;
mod cost;
mod dates;
mod errors;
mod language;
mod limits;
mod patterns;
mod templates;
mod variables;

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::America::Santiago;
use serde_json::{Map, Value as Json, json};

use super::limits::MAX_STEPS;
use super::{Budget, Expression, ExpressionError, Locale, Scope, SessionView, TextExpression, Value};

/// The locale of a tenant in Chile.
struct StubLocale;

impl Locale for StubLocale {
    fn to_local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&Santiago).naive_local()
    }

    fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let offset = Santiago.offset_from_utc_datetime(&local);
        Santiago
            .from_local_datetime(&local)
            .earliest()
            .map_or_else(|| (local - offset.fix()).and_utc(), |instant| instant.to_utc())
    }

    fn phone(&self, text: &str) -> Result<String, String> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if digits.len() == 11 { Ok(format!("+{digits}")) } else { Err("it has not eleven digits".to_owned()) }
    }
}

/// Returns an entity of each type.
fn entities() -> Map<String, Json> {
    let entities = json!({
        "contact_name": "Ana",
        "order_id": 17,
        "total": 1250.5,
        "vip": true,
        "answer": "NO",
        "order": {"id": "A-1", "lines": [{"sku": "x", "count": 2}, {"sku": "y", "count": 0}]},
        "codes": ["b", "a", "c"],
        "any name": "spaced",
        "session": "mine",
        "nothing": null,
    });
    entities.as_object().unwrap().clone()
}

fn with_scope<T>(entities: &Map<String, Json>, run: impl FnOnce(&Scope<'_>) -> T) -> T {
    run(&Scope {
        entities,
        variables: None,
        session: SessionView { id: "s-1", channel: "whatsapp", user: "56987654321" },
        now: Utc.with_ymd_and_hms(2027, 2, 1, 12, 0, 0).unwrap(),
        locale: &StubLocale,
    })
}

fn evaluate(source: &str) -> Result<Value, ExpressionError> {
    let expression = Expression::parse(source)?;
    with_scope(&entities(), |scope| expression.evaluate(scope, &mut full_budget()))
}

fn text(source: &str) -> Result<Option<String>, ExpressionError> {
    let expression = TextExpression::parse(source)?;
    with_scope(&entities(), |scope| expression.evaluate(scope, &mut full_budget()))
}

fn boolean(source: &str) -> Result<Option<bool>, ExpressionError> {
    let expression = Expression::parse(source)?;
    with_scope(&entities(), |scope| expression.evaluate_boolean(scope, &mut full_budget()))
}

/// Returns a value as JSON, and panics with the message of an error.
fn json_of(source: &str) -> Json {
    match evaluate(source) {
        Ok(value) => value.into_json(),
        Err(error) => panic!("{source}: {error}"),
    }
}

/// Returns a budget for one evaluation.
fn full_budget() -> Budget<'static> {
    Budget::new(MAX_STEPS)
}

/// Runs a test on 512 KiB of stack, the minimum of a host function.
fn with_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(512 * 1024).spawn(test).unwrap().join().unwrap();
}
