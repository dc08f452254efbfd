//! A plugin that calls the host functions that the entity of its parameter `CALLS` lists, in order, and writes their
//! answers as one list. `["campaigns.name", "a47b…"]` is a call. An answer is the result as JSON, with null for none.
//! An error is an object with its code, and with its argument or parameter where it has one.

mod action_functions;
mod arguments;
mod outbound_functions;

use arguments::Arguments;
use flow_sdk::bindings::exports::flow::action::handler::Guest;
use flow_sdk::bindings::flow::action::parameters;
use flow_sdk::bindings::flow::action::types::{Error, Value};
use serde_json::{Value as Json, json};

/// The answer to a call: the result as JSON, or an error.
type Answer = Result<Json, Error>;

const MANIFEST: &str = r#"{
  "manifest": 1, "id": "calls-functions", "version": "1.0.0", "category": "Test", "title": {"en": "Calls functions"},
  "description": {"en": "Calls the functions of a list."}, "ports": ["next", "error"], "locales": ["en"],
  "parameters": [
    {"name": "CALLS", "kind": "entity-in", "type": "json", "title": {"en": "Calls"}, "help": {"en": "The calls."},
     "required": true},
    {"name": "ANSWERS", "kind": "entity-out", "required": false, "type": "json", "title": {"en": "Answers"}, "help": {"en": "The answers."}},
    {"name": "OUT_NUMBER", "kind": "entity-out", "required": false, "type": "number", "title": {"en": "Number"}, "help": {"en": "A number."}},
    {"name": "OUT", "kind": "entity-out", "required": false, "title": {"en": "Any"}, "help": {"en": "Any value."}},
    {"name": "IN", "kind": "entity-in", "required": false, "title": {"en": "Any"}, "help": {"en": "Any value."}},
    {"name": "INTEGER", "kind": "integer-expression", "required": false, "title": {"en": "Integer"}, "help": {"en": "An integer."}},
    {"name": "NUMBER", "kind": "number-expression", "required": false, "title": {"en": "Number"}, "help": {"en": "A number."}},
    {"name": "CAMPAIGN_1", "kind": "campaign", "required": false, "title": {"en": "Campaign"}, "help": {"en": "A campaign."}},
    {"name": "CAMPAIGN_2", "kind": "campaign", "required": false, "title": {"en": "Campaign"}, "help": {"en": "A campaign."}},
    {"name": "SCHEDULE", "kind": "text-expression", "required": false, "title": {"en": "Schedule"}, "help": {"en": "A schedule."}},
    {"name": "TEXT_1", "kind": "text-expression", "required": false, "title": {"en": "Text"}, "help": {"en": "A text."}},
    {"name": "TEXT_2", "kind": "text-expression", "required": false, "title": {"en": "Text"}, "help": {"en": "A text."}}
  ],
  "uses": ["flow:action/session", "flow:action/tenant", "flow:action/formats", "flow:action/expressions",
    "flow:outbound/contacts", "flow:outbound/campaigns", "flow:outbound/records", "flow:outbound/dnd"]
}"#;

struct Component;

impl Guest for Component {
    fn describe() -> String {
        MANIFEST.to_owned()
    }

    fn invoke() -> Result<String, Error> {
        let calls = parameters::get_json("CALLS")?.unwrap_or_default();
        let calls: Vec<Vec<Json>> = serde_json::from_str(&calls).map_err(|error| own_error(&error.to_string()))?;
        let answers: Vec<_> = calls.iter().map(|call| answer(call)).collect::<Result<_, _>>()?;
        parameters::set("ANSWERS", Some(&Value::Json(Json::Array(answers).to_string())))?;
        Ok("next".to_owned())
    }
}

#[cfg(target_family = "wasm")]
flow_sdk::bindings::export_handler!(Component);

/// Returns an error of the plugin itself: a case is wrong.
fn own_error(message: &str) -> Error {
    let message = message.to_owned();
    Error { code: "test/call-invalid".to_owned(), message, parameter: None, details: Vec::new() }
}

fn answer(call: &[Json]) -> Result<Json, Error> {
    let (name, arguments) = call.split_first().ok_or_else(|| own_error("a call is empty"))?;
    let (name, arguments) = (name.as_str().unwrap_or_default(), Arguments(arguments));
    let called = action_functions::call(name, &arguments).or_else(|| outbound_functions::call(name, &arguments));
    match called.ok_or_else(|| own_error(&format!("{name} is not a function")))? {
        Ok(result) => Ok(result),
        Err(error) if error.code.starts_with("test/") => Err(error),
        Err(error) => Ok(error_json(&error)),
    }
}

fn error_json(error: &Error) -> Json {
    let mut json = json!({ "error": error.code });
    let argument = error.details.iter().find(|(name, _)| name == "argument").map(|(_, value)| value);
    for (name, value) in [("argument", argument), ("parameter", error.parameter.as_ref())] {
        if let (Some(value), Some(object)) = (value, json.as_object_mut()) {
            object.insert(name.to_owned(), value.as_str().into());
        }
    }
    json
}
