//! Attacks that exceed a limit of size or number.

use flow_sdk::log::Level;
use flow_sdk::prelude::*;
use std::hint::black_box;

const MIB: usize = 1 << 20;

fn text(bytes: usize) -> String {
    "x".repeat(bytes)
}

pub(crate) fn grow_memory_in_steps() -> Result<Port, Error> {
    let mut blocks = Vec::new();
    loop {
        blocks.push(black_box(vec![0_u8; 60_000]));
    }
}

pub(crate) fn allocate_at_once() -> Result<Port, Error> {
    black_box(vec![1_u8; 100 * MIB]);
    Ok(NEXT)
}

/// Memory that it does not write to.
pub(crate) fn reserves_memory() -> Result<Port, Error> {
    black_box(Vec::<u8>::with_capacity(4 * MIB));
    Ok(NEXT)
}

pub(crate) fn returns_much() -> Result<Port, Error> {
    Err(Error::new("acme/much", text(20 * MIB)))
}

pub(crate) fn sends_much_at_once() -> Result<Port, Error> {
    log::write(Level::Info, &text(20 * MIB));
    Ok(NEXT)
}

pub(crate) fn sends_much_in_all() -> Result<Port, Error> {
    let much = text(10 * MIB);
    log::write(Level::Info, &much);
    log::write(Level::Info, &much);
    Ok(NEXT)
}

pub(crate) fn calls_often() -> Result<Port, Error> {
    for _ in 0..1_000_000 {
        black_box(session::depth());
    }
    Ok(NEXT)
}

/// One byte more than one call gives.
pub(crate) fn takes_random_bytes_at_once() -> Result<Port, Error> {
    black_box(session::random_bytes(65_537));
    Ok(NEXT)
}

pub(crate) fn takes_random_bytes_often() -> Result<Port, Error> {
    for _ in 0..1_000 {
        black_box(session::random_bytes(65_536));
    }
    Ok(NEXT)
}

/// Reads a text as JSON, in which each character is escaped.
pub(crate) fn reads_escapes_as_json() -> Result<Port, Error> {
    for _ in 0..100 {
        black_box(flow_sdk::bindings::flow::action::parameters::get_json("FIRST")?);
    }
    Ok(NEXT)
}

pub(crate) fn sets_large_json_text() -> Result<Port, Error> {
    let text = ["\"", &text(2 * MIB), "\""].concat();
    flow_sdk::bindings::flow::action::parameters::set_json("STATUS_ENTITY", Some(&text))?;
    Ok(NEXT)
}

/// A list whose text has 1 MB, as a variable of each of 100 expressions.
pub(crate) fn passes_large_variables() -> Result<Port, Error> {
    let list = Json::from_text(["[0", &",0".repeat(MIB / 2 - 2), "]"].concat());
    for _ in 0..100 {
        expressions::evaluate_with::<i64>("size(list)", &[("list", Value::Json(list.as_str().to_owned()))])?;
    }
    Ok(NEXT)
}

pub(crate) fn logs_often() -> Result<Port, Error> {
    for _ in 0..5_000 {
        log::write(Level::Info, "a line of many");
    }
    Ok(NEXT)
}

pub(crate) fn logs_at_length() -> Result<Port, Error> {
    logs_errors(&text(4 << 10))
}

fn logs_errors(line: &str) -> Result<Port, Error> {
    for _ in 0..1_000 {
        log::write(Level::Error, line);
    }
    Ok(NEXT)
}

/// Lines of one byte each: the names on each line take more than the line.
pub(crate) fn logs_short_lines() -> Result<Port, Error> {
    logs_errors("x")
}

/// Characters whose escaped form has six bytes and more.
pub(crate) fn logs_control_characters() -> Result<Port, Error> {
    logs_errors(&"\u{1b}\u{85}".repeat(1_365))
}

/// Breaks of lines, each of which the host marks.
pub(crate) fn logs_line_breaks() -> Result<Port, Error> {
    logs_errors(&("\n".repeat(4_000) + "x"))
}

pub(crate) fn warns_often() -> Result<Port, Error> {
    for _ in 0..1_000 {
        outcome::warn("acme/often", "one of many", None);
    }
    Ok(NEXT)
}

pub(crate) fn warns_at_length() -> Result<Port, Error> {
    let long = text(MIB);
    outcome::warn(&long, &long, Some(&long));
    Ok(NEXT)
}

pub(crate) fn names_parameters_at_length() -> Result<Port, Error> {
    let long = text(12 * MIB);
    for _ in 0..4 {
        outcome::warn("acme/long", "of no parameter", Some(&long));
    }
    Ok(NEXT)
}

pub(crate) fn sets_many_entities() -> Result<Port, Error> {
    for index in 0..2_000_i64 {
        session::set_entity(&format!("entity-{index}"), Some(index))?;
    }
    Ok(NEXT)
}

pub(crate) fn sets_a_large_value() -> Result<Port, Error> {
    crate::STATUS.set(text(2 * MIB))?;
    Ok(NEXT)
}

pub(crate) fn nests_an_expression() -> Result<Port, Error> {
    let source = ["(".repeat(4_000), String::from("1"), ")".repeat(4_000)].concat();
    expressions::evaluate::<i64>(&source)?;
    Ok(NEXT)
}

pub(crate) fn chains_an_expression() -> Result<Port, Error> {
    expressions::evaluate::<i64>(&["1", &"+1".repeat(4_500)].concat())?;
    Ok(NEXT)
}

pub(crate) fn evaluates_often() -> Result<Port, Error> {
    for _ in 0..2_000 {
        expressions::evaluate::<i64>("size(lists.range(10000).map(x, x*x+x*x*x+x))")?;
    }
    Ok(NEXT)
}

pub(crate) fn evaluates_large_texts() -> Result<Port, Error> {
    // Texts of 1,000,000 characters, which the plugin drops at once.
    let doubled = "'x'".to_owned() + &".replace('x', 'xxxxxxxxxx')".repeat(6);
    for _ in 0..1_000 {
        drop(expressions::evaluate::<String>(&doubled)?);
    }
    Ok(NEXT)
}

/// Reads a list parameter whose evaluation fails, almost as often as the limit of host calls permits.
pub(crate) fn repeats_a_failure() -> Result<Port, Error> {
    let mut last = Ok(());
    for _ in 0..9_000 {
        last = crate::TEXTS.get().map(drop);
    }
    last.map(|()| NEXT)
}

pub(crate) fn sets_many_nodes() -> Result<Port, Error> {
    let list = Json::from_text(["[0", &",0".repeat(MIB / 2 - 2), "]"].concat());
    for index in 0..1_000 {
        session::set_entity(&format!("entity-{index}"), Some(list.clone()))?;
    }
    Ok(NEXT)
}
