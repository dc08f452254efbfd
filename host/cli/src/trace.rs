//! The trace of a run for people.

use super::terminal::Style;
use flowhost::flow::Step;
use flowhost::invocation::OutcomeError;
use flowhost::text::{escape, escape_json};
use flowhost::{Outcome, Warning};
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::time::Duration;

/// Maximum length of an entity's value, characters.
const MAX_VALUE: usize = 100;

/// Returns the lines of a step.
pub(super) fn format_step(step: &Step<'_>, style: Style) -> String {
    let Outcome { port, entities, cleared, error, warnings, replayed, .. } = step.outcome;
    let name = step.name.map(|name| format!(" {}", style.bold(&escape(name)))).unwrap_or_default();
    let visit = if step.visit > 1 { format!(", visit {}", step.visit) } else { String::new() };
    let port = if error.is_some() { style.red(&escape(port)) } else { style.green(&escape(port)) };
    let replayed = if *replayed { style.dim(" (done before)") } else { String::new() };
    let (number, node, action) = (step.number, escape(step.node), escape(&step.action.manifest.id));
    let time = style.dim(&format_duration(step.elapsed));
    let mut text = format!("{number:>3}  {node}{name} [{action}{visit}] → {port}{replayed}  {time}\n");
    let mut add = |line: std::fmt::Arguments<'_>| writeln!(text, "       {line}").ok();
    if let Some(OutcomeError { code, message, .. }) = error {
        let code = style.dim(&format!("({})", escape(code)));
        add(format_args!("{}: {} {code}", style.red("error"), escape(message)));
    }
    for Warning { code, message, .. } in warnings {
        let code = style.dim(&format!("({})", escape(code)));
        add(format_args!("{}: {} {code}", style.yellow("warning"), escape(message)));
    }
    for (entity, value) in entities {
        add(format_args!("{} = {}", escape(entity), preview(value)));
    }
    if !cleared.is_empty() {
        let names: Vec<_> = cleared.iter().map(|name| escape(name)).collect();
        add(format_args!("cleared: {}", names.join(", ")));
    }
    text
}

/// Returns a duration for people.
pub(super) fn format_duration(elapsed: Duration) -> String {
    match elapsed.as_secs_f64() * 1e3 {
        milliseconds if milliseconds < 1_000.0 => format!("{milliseconds:.1} ms"),
        milliseconds => format!("{:.1} s", milliseconds / 1e3),
    }
}

fn preview(value: &Json) -> String {
    let json = value.to_string();
    let text = escape_json(&json);
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}
