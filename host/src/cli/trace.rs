//! A run as a person follows it.

use super::terminal::Paint;
use flowhost::diagram::Step;
use flowhost::invocation::OutcomeError;
use flowhost::{Outcome, Warning};
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::time::Duration;

/// Characters shown of an entity's value.
const MAX_VALUE: usize = 100;

/// What a step did, some lines.
pub(super) fn step(step: &Step<'_>, paint: Paint) -> String {
    let Outcome { port, entities, cleared, error, warnings, replayed, .. } = step.outcome;
    let name = step.name.map(|name| format!(" {}", paint.bold(&plain(name)))).unwrap_or_default();
    let visit = if step.visit > 1 { format!(", visit {}", step.visit) } else { String::new() };
    let port = if error.is_some() { paint.red(port) } else { paint.green(port) };
    let replayed = if *replayed { paint.dim(" (done before)") } else { String::new() };
    let (number, node, action) = (step.number, plain(step.node), &step.action.manifest.id);
    let time = paint.dim(&time(step.elapsed));
    let mut text = format!("{number:>3}  {node}{name} [{action}{visit}] → {port}{replayed}  {time}\n");
    let mut add = |line: std::fmt::Arguments<'_>| writeln!(text, "       {line}").ok();
    if let Some(OutcomeError { code, message, .. }) = error {
        add(format_args!("{}: {} {}", paint.red("error"), plain(message), paint.dim(&format!("({code})"))));
    }
    for Warning { code, message, .. } in warnings {
        add(format_args!("{}: {} {}", paint.yellow("warning"), plain(message), paint.dim(&format!("({code})"))));
    }
    for (entity, value) in entities {
        add(format_args!("{} = {}", plain(entity), shown(value)));
    }
    if !cleared.is_empty() {
        let names: Vec<_> = cleared.iter().map(|name| plain(name)).collect();
        add(format_args!("cleared: {}", names.join(", ")));
    }
    text
}

/// A duration as a person reads it.
pub(super) fn time(elapsed: Duration) -> String {
    match elapsed.as_secs_f64() * 1e3 {
        milliseconds if milliseconds < 1_000.0 => format!("{milliseconds:.1} ms"),
        milliseconds => format!("{:.1} s", milliseconds / 1e3),
    }
}

fn shown(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// On one line, and without anything that a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
