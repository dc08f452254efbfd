//! Calls of the functions of `flow:action`.

use crate::Answer;
use crate::arguments::{Arguments, value};
use flow_sdk::bindings::flow::action::types::Value;
use flow_sdk::bindings::flow::action::{expressions, formats, log, outcome, parameters, session, tenant};
use serde_json::{Value as Json, json};

/// Calls a function. `None`: `flow:action` does not have it.
pub(crate) fn call(name: &str, arguments: &Arguments<'_>) -> Option<Answer> {
    Some(match name {
        "parameters.get" => get(arguments),
        "parameters.get-json" => get_json(arguments),
        "parameters.set" => set(arguments),
        "parameters.set-json" => set_json(arguments),
        "session.id" => Ok(session::id().into()),
        "session.channel" => Ok(session::channel().into()),
        "session.user" => Ok(session::user().into()),
        "session.node" => Ok(session::node().into()),
        "session.visit" => Ok(session::visit().into()),
        "session.depth" => Ok(session::depth().into()),
        "session.now" => Ok(timestamp_json(session::now())),
        "session.random-bytes" => arguments.count(0).map(|count| session::random_bytes(count).into()),
        "session.entities" => Ok(session::entities().into()),
        "session.get-entity" => arguments.text(0).map(|name| value_json(session::get_entity(name))),
        "session.set-entity" => set_entity(arguments),
        "tenant.time-zone" => Ok(tenant::time_zone().into()),
        "tenant.phone-region" => Ok(tenant::phone_region().into()),
        "tenant.channels" => Ok(tenant::channels().into()),
        "formats.format-date" => format_date(arguments),
        "formats.parse-date" => parse_date(arguments),
        "formats.normalize-phone" => normalize_phone(arguments),
        "expressions.evaluate" => evaluate(arguments),
        "expressions.evaluate-with" => evaluate_with(arguments),
        "log.write" => arguments.text(0).map(|message| {
            log::write(log::Level::Info, message);
            Json::Null
        }),
        "outcome.warn" => warn(arguments),
        _ => return None,
    })
}

/// Returns a value as JSON with its case: `{"integer": 1}`.
fn value_json(value: Option<Value>) -> Json {
    match value {
        None => Json::Null,
        Some(Value::Boolean(boolean)) => json!({ "boolean": boolean }),
        Some(Value::Integer(integer)) => json!({ "integer": integer }),
        Some(Value::Number(number)) => json!({ "number": number }),
        Some(Value::Text(text)) => json!({ "text": text }),
        Some(Value::Json(text)) => json!({ "json": text }),
    }
}

/// Returns a timestamp as JSON.
pub(crate) fn timestamp_json(time: flow_sdk::bindings::flow::action::types::Timestamp) -> Json {
    json!({ "seconds": time.seconds, "nanoseconds": time.nanoseconds })
}

fn get(arguments: &Arguments<'_>) -> Answer {
    parameters::get(arguments.text(0)?).map(value_json)
}

fn get_json(arguments: &Arguments<'_>) -> Answer {
    parameters::get_json(arguments.text(0)?).map(Json::from)
}

fn set(arguments: &Arguments<'_>) -> Answer {
    parameters::set(arguments.text(0)?, arguments.value(1).as_ref()).map(|()| Json::Null)
}

fn set_json(arguments: &Arguments<'_>) -> Answer {
    parameters::set_json(arguments.text(0)?, arguments.optional_text(1)).map(|()| Json::Null)
}

fn set_entity(arguments: &Arguments<'_>) -> Answer {
    session::set_entity(arguments.text(0)?, arguments.value(1).as_ref()).map(|()| Json::Null)
}

fn format_date(arguments: &Arguments<'_>) -> Answer {
    formats::format_date(arguments.timestamp(0)?, arguments.text(1)?).map(Json::from)
}

fn parse_date(arguments: &Arguments<'_>) -> Answer {
    formats::parse_date(arguments.text(0)?, arguments.text(1)?).map(timestamp_json)
}

fn normalize_phone(arguments: &Arguments<'_>) -> Answer {
    formats::normalize_phone(arguments.text(0)?).map(Json::from)
}

fn evaluate(arguments: &Arguments<'_>) -> Answer {
    expressions::evaluate(arguments.text(0)?).map(value_json)
}

fn evaluate_with(arguments: &Arguments<'_>) -> Answer {
    let variables: Vec<_> =
        arguments.pairs(1).into_iter().filter_map(|(name, json)| Some((name, value(&json)?))).collect();
    expressions::evaluate_with(arguments.text(0)?, &variables).map(value_json)
}

fn warn(arguments: &Arguments<'_>) -> Answer {
    outcome::warn(arguments.text(0)?, arguments.text(1)?, arguments.optional_text(2));
    Ok(Json::Null)
}
