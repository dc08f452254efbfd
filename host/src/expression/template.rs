//! Templates: literal text with expressions between `{{` and `}}`.

use super::bounds::check_source;
use super::error::Outcome;
use super::evaluate::Run;
use super::function::Growing;
use super::parse::parse as parse_tokens;
use super::result;
use super::token::{Budget, tokens};
use super::tree::Node;

/// Whether a source is a template.
pub(super) fn is_template(source: &str) -> bool {
    source.contains("{{")
}

/// A part of a template.
#[derive(Debug)]
pub(super) enum Part {
    Text(String),
    Expression(Node),
}

/// Parses a template; its expressions share one set of bounds.
pub(super) fn parse(source: &str) -> Outcome<Vec<Part>> {
    check_source(source)?;
    let mut budget = Budget::full();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some((literal, expression)) = source.get(at..).and_then(|rest| rest.split_once("{{")) {
        budget.spend_literal(literal.len())?;
        push_text(&mut parts, literal);
        let start = source.len() - expression.len();
        let (tokens, end) = tokens(source, start, true, &mut budget)?;
        parts.push(Part::Expression(parse_tokens(source, &tokens, end)?));
        at = end + 2;
    }
    let rest = source.get(at..).unwrap_or_default();
    budget.spend_literal(rest.len())?;
    push_text(&mut parts, rest);
    Ok(parts)
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
}

/// The text of a template.
pub(super) fn evaluate<'a>(run: &mut Run<'a>, parts: &'a [Part]) -> Outcome<String> {
    let mut text = Growing::default();
    for part in parts {
        match part {
            Part::Text(literal) => text.push(run, literal)?,
            Part::Expression(node) => {
                let inserted = run.evaluate(node).and_then(result::inserted).map_err(|fault| fault.at(node.at))?;
                text.push(run, &inserted)?;
            }
        }
    }
    Ok(text.into_string())
}
