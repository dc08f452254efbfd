//! Attacks that violate the contract.

use flow_sdk::bindings::flow::action::parameters;
use flow_sdk::prelude::*;

#[expect(clippy::panic, reason = "the attack")]
pub(crate) fn panics() -> Result<Port, Error> {
    panic!("words of the panic")
}

pub(crate) fn forge_log_line() -> Result<Port, Error> {
    flow_sdk::log::write(flow_sdk::log::Level::Info, "harmless\nERROR flowhost: the host is on fire\u{1b}[2J");
    Ok(NEXT)
}

pub(crate) fn exit_through_unknown_port() -> Result<Port, Error> {
    Ok(Port::new("nowhere"))
}

pub(crate) fn exit_through_error() -> Result<Port, Error> {
    Ok(Port::new("error"))
}

pub(crate) fn refuses_without_slash() -> Result<Port, Error> {
    Err(Error::new("credit-too-low", "a code of its own that looks like the host's"))
}

pub(crate) fn refuses_with_a_fault() -> Result<Port, Error> {
    Err(Error::new("limit-cpu", "a code that plugins must not return"))
}

/// C0 and C1 control characters, bidirectional controls and line separators.
const HIDDEN: &str = "a\u{1b}]0;title\u{7}\u{9b}2J\u{202e}b\u{2066}\u{200f}\u{61c}c\u{2028}\u{2029}d";

pub(crate) fn refuses_with_an_escape() -> Result<Port, Error> {
    Err(Error::new("acme/\u{1b}]0;title\u{7}", "a code that a terminal obeys"))
}

pub(crate) fn warns_with_an_escape() -> Result<Port, Error> {
    outcome::warn("acme/\u{202e}wol", "a code that reads otherwise", None);
    Ok(NEXT)
}

pub(crate) fn hides_characters() -> Result<Port, Error> {
    log::write(log::Level::Error, HIDDEN);
    outcome::warn("acme/hidden", HIDDEN, Some(HIDDEN));
    session::set_entity(HIDDEN, Some(HIDDEN.to_owned()))?;
    Ok(NEXT)
}

pub(crate) fn reads_undeclared_parameter() -> Result<Port, Error> {
    parameters::get("CAMPAIGN_ID")?;
    Ok(NEXT)
}

pub(crate) fn sets_an_input() -> Result<Port, Error> {
    parameters::set("ATTACK", Some(&Value::Boolean(true)))?;
    Ok(NEXT)
}

pub(crate) fn calls_undeclared_function() -> Result<Port, Error> {
    std::hint::black_box(session::user());
    Ok(NEXT)
}

pub(crate) fn sets_nan() -> Result<Port, Error> {
    session::set_entity("a number", Some(f64::NAN))?;
    Ok(NEXT)
}

pub(crate) fn sets_broken_json() -> Result<Port, Error> {
    session::set_entity("a list", Some(Json::from_text("[1,".to_owned())))?;
    Ok(NEXT)
}

pub(crate) fn sets_nested_json() -> Result<Port, Error> {
    session::set_entity("a list", Some(Json::from_text("[".repeat(500_000))))?;
    Ok(NEXT)
}

pub(crate) fn sets_a_large_integer() -> Result<Port, Error> {
    session::set_entity("a list", Some(Json::from_text("[{\"a\":18446744073709551616}]".to_owned())))?;
    Ok(NEXT)
}

pub(crate) fn sets_another_type() -> Result<Port, Error> {
    parameters::set("RESULT_ENTITY", Some(&Value::Integer(1)))?;
    Ok(NEXT)
}
